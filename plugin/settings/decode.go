package settings

import (
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

// place is where a value came from, for its errors.
type place struct {
	// file is the settings file; name the variable, for one of those.
	file, name string
	// path of keys below.
	path   string
	secret bool
}

// of is the place in words: packages.yml:3:5: test.skip, or PLUGIN_TEST.
func (p place) of(n *yaml.Node) string {
	if p.file != "" {
		return strings.TrimSuffix(fmt.Sprintf("%s:%d:%d: %s", p.file, n.Line, n.Column, p.path), ": ")
	}
	if p.path != "" {
		return p.name + ": " + p.path
	}
	return p.name
}

func (p place) below(key string) place {
	p.path = strings.TrimPrefix(p.path+"."+key, ".")
	return p
}

// wrong is the one form of a decoding error.
func (p place) wrong(n *yaml.Node, wanted string) []error {
	found := strconv.Quote(n.Value)
	if n.Kind != yaml.ScalarNode {
		found = kindWords[n.Kind]
	}
	if p.secret {
		found = "something else (not shown, it is a secret)"
	}
	return []error{fmt.Errorf("%s: found %s, wanted %s", p.of(n), found, wanted)}
}

var kindWords = map[yaml.Kind]string{
	yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.AliasNode: "an alias",
}

// decodeText decodes what a CI host made of a YAML value: a string.
func decodeText(v reflect.Value, text string, at place) []error {
	switch v.Interface().(type) {
	case List:
		v.Set(reflect.ValueOf(splitList(text)))
		return nil
	case Map, map[string]Package, Test:
		var doc yaml.Node
		if err := yaml.Load([]byte(text), &doc); err != nil || len(doc.Content) != 1 {
			return []error{fmt.Errorf("%s: found something that is neither JSON nor YAML, wanted a mapping", at.name)}
		}
		return decodeNode(v, doc.Content[0], at)
	}
	return decodeNode(v, &yaml.Node{Kind: yaml.ScalarNode, Value: strings.TrimSpace(text)}, at)
}

// splitList takes a list as CI hosts write them: a JSON array, else one item
// a line, else comma-separated. Items are trimmed, empty ones dropped.
func splitList(text string) List {
	var items []string
	trimmed := strings.TrimSpace(text)
	var array []string
	if strings.HasPrefix(trimmed, "[") && yaml.Load([]byte(trimmed), &array) == nil {
		items = array
	} else if strings.Contains(trimmed, "\n") {
		items = strings.Split(trimmed, "\n")
	} else {
		items = strings.Split(trimmed, ",")
	}
	list := List{}
	for _, item := range items {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// decodeNode decodes a YAML node into a value of one of our types.
func decodeNode(v reflect.Value, n *yaml.Node, at place) []error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil // a key without a value is not set
	}
	switch target := v.Addr().Interface().(type) {
	case *List:
		return decodeList(target, n, at)
	case *Map:
		return decodeMap(target, n, at)
	case *map[string]Package:
		return decodePackages(target, n, at)
	case *Settings, *Package, *Test:
		return decodeStruct(v, n, at)
	}
	if n.Kind != yaml.ScalarNode {
		return at.wrong(n, "a single value")
	}
	return decodeScalar(v, n, at)
}

func decodeList(list *List, n *yaml.Node, at place) []error {
	if n.Kind == yaml.ScalarNode {
		*list = splitList(n.Value)
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return at.wrong(n, "a list")
	}
	var errs []error
	*list = List{}
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode {
			errs = append(errs, at.wrong(item, "a list of strings")...)
			continue
		}
		*list = append(*list, item.Value)
	}
	return errs
}

func decodeMap(m *Map, n *yaml.Node, at place) []error {
	if n.Kind == yaml.ScalarNode {
		*m = Map{"*": n.Value}
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return at.wrong(n, "a mapping")
	}
	*m = Map{}
	return eachPair(n, at, func(key, value *yaml.Node) []error {
		if value.Kind != yaml.ScalarNode {
			return at.below(key.Value).wrong(value, "a single value")
		}
		(*m)[key.Value] = value.Value
		return nil
	})
}

func decodePackages(m *map[string]Package, n *yaml.Node, at place) []error {
	if n.Kind != yaml.MappingNode {
		return at.wrong(n, "a mapping of package names: {NAME: {deb: DIR}}")
	}
	*m = map[string]Package{}
	return eachPair(n, at, func(key, value *yaml.Node) []error {
		var p Package
		errs := decodeNode(reflect.ValueOf(&p).Elem(), value, at.below(key.Value))
		(*m)[key.Value] = p
		return errs
	})
}

// decodeStruct decodes a mapping with known keys.
func decodeStruct(v reflect.Value, n *yaml.Node, at place) []error {
	if n.Kind != yaml.MappingNode {
		return at.wrong(n, "a mapping")
	}
	known := map[string]int{}
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("yaml"); key != "-" {
			known[key] = i
		}
	}
	return eachPair(n, at, func(key, value *yaml.Node) []error {
		i, ok := known[key.Value]
		if !ok {
			return []error{fmt.Errorf("%s: unknown key %q%s", at.of(key), key.Value, didYouMean(key.Value, sortedKeys(known)))}
		}
		below := at.below(key.Value)
		below.secret = v.Type().Field(i).Tag.Get("secret") == "true"
		return decodeNode(v.Field(i), value, below)
	})
}

// eachPair visits the pairs of a mapping; a key that comes twice is an error.
func eachPair(n *yaml.Node, at place, visit func(key, value *yaml.Node) []error) []error {
	var errs []error
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
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
