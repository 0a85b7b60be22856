package settings

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	"go.yaml.in/yaml/v4"
)

// decodeText decodes what a CI host made of a YAML value: a string.
func decodeText(v reflect.Value, text string, at place) []error {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: strings.TrimSpace(text)}
	held, err := parse(n.Value)
	if err == nil && isFromSecret(held) {
		return at.wrong(held, "")
	}
	switch v.Interface().(type) {
	case Services:
		if err == nil && held.Kind == yaml.MappingNode {
			n = held
		}
	case map[string]Package:
		if err == nil && (held.Kind == yaml.MappingNode || isNull(held)) {
			n = held
		}
		if err != nil && strings.HasPrefix(n.Value, "{") {
			return noMapping(at)
		}
	case Map, Variables, Test, map[string]Definition:
		if err != nil {
			return noMapping(at)
		}
		n = held
	}
	return decodeNode(v, n, at)
}

func noMapping(at place) []error {
	return []error{fmt.Errorf("%s: found something that is neither JSON nor YAML, wanted a mapping", at.name)}
}

// parse reads a text that is one YAML document, as JSON is.
func parse(text string) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Load([]byte(text), &doc); err != nil {
		return nil, err
	}
	return doc.Content[0], nil
}

// decodeNode decodes a YAML node into a value of one of our types.
func decodeNode(v reflect.Value, n *yaml.Node, at place) []error {
	n = follow(n)
	if isNull(n) {
		return nil // a key without a value is not set
	}
	switch target := v.Addr().Interface().(type) {
	case *List:
		return decodeList((*[]string)(target), n, at, listOf)
	case *Commands:
		return decodeList((*[]string)(target), n, at, commandsOf)
	case *Map:
		return decodeMap(target, n, at)
	case *Variables:
		return decodeVariables(target, n, at)
	case *Origins:
		return decodeList((*[]string)(target), n, at, originsOf)
	case *map[string]map[string]Expected:
		return decodeNamed(target, n, at, "phases: {upgrade: {greeter.service: {restarted: false}}}")
	case *map[string]Expected:
		return decodeNamed(target, n, at, "units: {greeter.service: {restarted: false}}")
	case *map[string]Package:
		return decodePackages(target, n, at)
	case *map[string]Definition:
		return decodeDefinitions(target, n, at)
	case *map[string]File:
		return decodeFiles(target, n, at)
	case *Checks:
		return decodeChecks(target, n, at)
	case *map[string]Checks:
		return decodeNamed(target, n, at, "distros: {debian-12: {command: {…}}}")
	case *map[string]List:
		return decodeNamed(target, n, at, "distros to lists of distros: {debian-12: [debian-12, debian-13]}")
	case *Services:
		return decodeServices(target, n, at)
	case *Words:
		return decodeWords(target, n, at)
	case *Script:
		return decodeScript(target, n, at)
	case *Settings, *Package, *File, *Service, *Ready, *Test, *Expected, *Definition:
		return decodeStruct(v, n, at)
	}
	if n.Kind != yaml.ScalarNode {
		return at.wrong(n, "a single value")
	}
	return decodeScalar(v, n, at)
}

// follow is what an alias stands for. Our types are finite, so an alias to
// what it is in comes to an end.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// decodeList decodes a sequence, or a text by its parts. Items are trimmed,
// empty ones dropped.
func decodeList(list *[]string, n *yaml.Node, at place, parts func(text string) *yaml.Node) []error {
	if text := n; text.Kind == yaml.ScalarNode {
		n = parts(text.Value)
		for _, item := range n.Content {
			item.Line, item.Column = text.Line, text.Column
		}
	}
	if n.Kind != yaml.SequenceNode {
		return at.wrong(n, "a list")
	}
	var errs []error
	*list = []string{}
	for _, item := range n.Content {
		item = follow(item)
		if item.Kind != yaml.ScalarNode {
			errs = append(errs, at.wrong(item, "a list of strings")...)
			continue
		}
		text := strings.TrimSpace(item.Value)
		if text == "" || isNull(item) {
			continue
		}
		if wanted := at.misshapen(text); wanted != "" {
			errs = append(errs, at.wrong(item, wanted)...)
		}
		*list = append(*list, text)
	}
	return errs
}

// listOf takes a list as CI hosts write them: JSON or YAML, else one item a
// line, else comma-separated.
func listOf(text string) *yaml.Node {
	if n, err := parse(text); err == nil && n.Kind == yaml.SequenceNode {
		return n
	}
	if text = strings.TrimSpace(text); strings.Contains(text, "\n") {
		return sequence(strings.Split(text, "\n"))
	}
	return sequence(strings.Split(text, ","))
}

// commandsOf takes JSON, else one command a line: "[ -f x ]" is a command,
// and so is what has a comma in it.
func commandsOf(text string) *yaml.Node {
	if n, err := parse(text); err == nil && n.Kind == yaml.SequenceNode && json.Valid([]byte(text)) {
		return n
	}
	return sequence(strings.Split(text, "\n"))
}

func sequence(items []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, item := range items {
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: item})
	}
	return n
}

func decodeMap(m *Map, n *yaml.Node, at place) []error {
	*m = Map{}
	if at.form != "" {
		return decodeValues(*m, n, at, "a mapping: {/etc/app.conf: content}")
	}
	if n.Kind == yaml.ScalarNode {
		(*m)["*"] = n.Value
		return nil
	}
	return decodeValues(*m, n, at, "a mapping")
}

func decodeVariables(m *Variables, n *yaml.Node, at place) []error {
	*m = Variables{}
	at.secret = true
	return decodeValues(*m, n, at, "a mapping: {NAME: value}")
}

// decodeValues decodes a mapping of names to single values.
func decodeValues(m map[string]string, n *yaml.Node, at place, wanted string) []error {
	if n.Kind != yaml.MappingNode {
		return at.wrong(n, wanted)
	}
	return eachPair(n, at, func(key, value *yaml.Node) []error {
		value = follow(value)
		if wanted := at.misshapen(key.Value); wanted != "" {
			return at.wrong(key, wanted)
		}
		if value.Kind != yaml.ScalarNode {
			return at.below(key.Value).wrong(value, "a single value")
		}
		if !isNull(value) {
			m[key.Value] = value.Value
		}
		return nil
	})
}

// decodeNamed decodes a mapping of names to structures.
func decodeNamed[T any](m *map[string]T, n *yaml.Node, at place, of string) []error {
	if n.Kind != yaml.MappingNode {
		return at.wrong(n, "a mapping of "+of)
	}
	*m = map[string]T{}
	return eachPair(n, at, func(key, value *yaml.Node) []error {
		var one T
		errs := decodeNode(reflect.ValueOf(&one).Elem(), value, at.below(key.Value))
		(*m)[key.Value] = one
		return errs
	})
}

// decodeStruct decodes a mapping with known keys.
func decodeStruct(v reflect.Value, n *yaml.Node, at place) []error {
	if n.Kind != yaml.MappingNode {
		return at.wrong(n, "a mapping")
	}
	known := map[string]field{}
	for _, f := range fieldsOf(v.Type()) {
		known[f.key] = f
	}
	return eachPair(n, at, func(key, value *yaml.Node) []error {
		f, ok := known[key.Value]
		if !ok {
			return []error{fmt.Errorf("%s: unknown key %q%s", at.of(key), key.Value, didYouMean(key.Value, sortedKeys(known)))}
		}
		if f.notInFile {
			return []error{fmt.Errorf("%s: found the key %q, which is a variable alone: leave it out here, and set %s", at.of(key), f.key, f.variable)}
		}
		return decodeNode(v.Field(f.index), value, at.below(f.key).with(f))
	})
}

// eachPair visits the pairs of a mapping; a key that comes twice is an error.
func eachPair(n *yaml.Node, at place, visit func(key, value *yaml.Node) []error) []error {
	var errs []error
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := follow(n.Content[i]), n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			errs = append(errs, at.wrong(key, "a name")...)
			continue
		}
		if line, twice := seen[key.Value]; twice {
			errs = append(errs, fmt.Errorf("%s: the key %q is here a second time, first in line %d", at.of(key), key.Value, line))
			continue
		}
		seen[key.Value] = key.Line
		errs = append(errs, visit(key, value)...)
	}
	return errs
}

var (
	trueWords  = []string{"true", "yes", "on", "1", "t", "y"}
	falseWords = []string{"false", "no", "off", "0", "f", "n"}
)

// decodeScalar decodes a single value.
func decodeScalar(v reflect.Value, n *yaml.Node, at place) []error {
	text := strings.TrimSpace(n.Value)
	var wanted string
	ok := true
	switch v.Interface().(type) {
	case string:
		v.SetString(n.Value)
		ok, wanted = at.choice(n.Value)
	case Bool:
		word := strings.ToLower(text)
		v.SetBool(slices.Contains(trueWords, word))
		ok, wanted = v.Bool() || slices.Contains(falseWords, word), "true or false"
	case Int:
		i, err := strconv.Atoi(text)
		v.SetInt(int64(i))
		ok, wanted = err == nil && i >= 0, "a whole number, such as 4"
	case Float:
		f, err := strconv.ParseFloat(text, 64)
		v.SetFloat(f)
		ok, wanted = err == nil && f >= 0 && !math.IsInf(f, 0), "a number, such as 1.5"
	case Size:
		size, err := units.RAMInBytes(text)
		v.SetInt(size)
		ok, wanted = err == nil && size >= 0, "a size, such as 512m or 2g"
	case Duration:
		d, good := parseDuration(text)
		v.SetInt(int64(d))
		ok, wanted = good, "a duration above zero, such as 90s or 10m"
	}
	if other := at.misshapen(text); ok && other != "" {
		ok, wanted = false, other
	}
	if !ok {
		return at.wrong(n, wanted)
	}
	return nil
}

// parseDuration takes Go's form and bare seconds.
func parseDuration(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	if seconds, err2 := strconv.ParseFloat(text, 64); err2 == nil && seconds < 1e9 {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	return d, err == nil && d > 0
}
