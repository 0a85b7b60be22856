package check

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/blang/semver/v4"
	"go.yaml.in/yaml/v4"
)

// matcher reads what must hold of an attribute that has a value of kind v.
func (p *parser) matcher(n *yaml.Node, at string, v valueKind, depth int) Matcher {
	n = resolve(n)
	if isNull(n) {
		p.nothing(n, at, "a value or a matcher")
		return Matcher{}
	}
	if !p.spend(n) {
		return Matcher{}
	}
	if depth > maxDepth {
		p.fail(n, at, "matchers in more than %d others", maxDepth)
		return Matcher{}
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return p.literal(n, at, v)
	case yaml.SequenceNode:
		return p.literalList(n, at, v, depth)
	case yaml.MappingNode:
		return p.named(n, at, v, depth)
	}
	p.found(n, at, "a value or a matcher")
	return Matcher{}
}

// nothing notes that a value is missing, if it is known where.
func (p *parser) nothing(n *yaml.Node, at, wanted string) {
	if n == nil {
		n = &yaml.Node{}
	}
	p.fail(n, at, "found nothing, wanted %s", wanted)
}

// literal reads a single value, which is compared.
func (p *parser) literal(n *yaml.Node, at string, v valueKind) Matcher {
	f, numeric := numberOf(n)
	_, isTruth := truthOf(n)
	plainTruth := n.ShortTag() == "!!bool"
	switch {
	case v == truthValue && !isTruth:
		p.found(n, at, "true or false")
	case v == truthValue && plainTruth, v == anyValue && plainTruth:
		on, _ := truthOf(n)
		return Matcher{Is: isTrue, Want: on}
	case v == numberValue && !numeric:
		p.found(n, at, "a number")
	case v == numberValue:
		return Matcher{Is: isNumber, Want: f}
	case v == modeValue:
		return Matcher{Is: isText, Want: p.octal(n, at)}
	case numeric && v != textValue && n.ShortTag() != "!!str":
		return Matcher{Is: isNumber, Want: f}
	}
	return Matcher{Is: isText, Want: n.Value}
}

// octal reads permissions as chmod does: 644, 0644, 0o644.
func (p *parser) octal(n *yaml.Node, at string) string {
	bits, err := strconv.ParseUint(strings.TrimPrefix(n.Value, "0o"), 8, 32)
	if err != nil || bits > 0o7777 {
		p.found(n, at, "octal digits, such as 0644")
	}
	return fmt.Sprintf("%04o", bits)
}

// numberOf reads a number as YAML writes it, quoted or not.
func numberOf(n *yaml.Node) (float64, bool) {
	if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
		return float64(i), true
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// literalList reads a list: patterns for content, else elements.
func (p *parser) literalList(n *yaml.Node, at string, v valueKind, depth int) Matcher {
	switch v {
	case contentValue:
		return Matcher{Is: havePatterns, Want: p.patternList(n, at)}
	case truthValue, numberValue:
		p.found(n, at, map[valueKind]string{truthValue: "true or false", numberValue: "a number"}[v])
		return Matcher{}
	case listValue:
		v = anyValue
	}
	return Matcher{Is: containElements, Of: p.matchers(n, at, v, depth)}
}

func (p *parser) patternList(n *yaml.Node, at string) []any {
	if n.Kind != yaml.SequenceNode {
		p.found(n, at, "a list of patterns")
		return nil
	}
	list := []any{}
	for _, item := range n.Content {
		if item = resolve(item); isNull(item) || item.Kind != yaml.ScalarNode {
			p.fail(n, at, "found %s among the patterns, wanted text; matchers go into and: […]", describeNode(item))
			continue
		}
		if _, err := parsePattern(item.Value); err != nil {
			p.fail(item, at, "%w", err)
		}
		list = append(list, item.Value)
	}
	return list
}

// named reads a mapping: the one matcher that it names.
func (p *parser) named(n *yaml.Node, at string, v valueKind, depth int) Matcher {
	pairs := p.pairs(n, at)
	if len(pairs) != 1 {
		p.fail(n, at, "found %s here, wanted one; and: [{…}, {…}] joins several", plural(len(pairs), "matcher"))
		return Matcher{}
	}
	name, value := pairs[0].key.Value, pairs[0].value
	k := matcherKindOf(name)
	if k == nil {
		p.fail(pairs[0].key, at, "%s", unknownMatcher(name))
		return Matcher{}
	}
	at += ": " + name
	if isNull(value) {
		p.fail(pairs[0].key, at, "found nothing, wanted a %s", k.argument)
		return Matcher{}
	}
	if name != not && name != allOf && name != anyOf {
		v = anyValue
	}
	return p.argument(k, value, at, v, depth+1)
}

func unknownMatcher(name string) string {
	if name == "xml" {
		return "the matcher xml is not supported: match-regexp or contain-substring may do"
	}
	var names []string
	for _, k := range matcherKinds {
		names = append(names, k.name)
	}
	return fmt.Sprintf("unknown matcher %s%s", quote(name), didYouMean(name, names))
}

// argument reads what a matcher takes.
func (p *parser) argument(k *matcherKind, n *yaml.Node, at string, v valueKind, depth int) Matcher {
	m := Matcher{Is: k.name}
	switch k.argument {
	case matcherArgument:
		m.Of = []Matcher{p.matcher(n, at, v, depth)}
	case matchersArgument:
		m.Of = p.matchers(n, at, v, depth)
	case keyedArgument:
		for _, e := range p.pairs(n, at) {
			m.Keys = append(m.Keys, e.key.Value)
			m.Of = append(m.Of, p.matcher(e.value, at+": "+e.key.Value, v, depth))
		}
	case patternsArgument:
		m.Want = p.patternList(n, at)
	case valueArgument:
		m.Want = p.value(n, at, depth)
	case compareArgument:
		m.Want = p.value(n, at, depth)
		if _, _, _, err := comparison(m.Want); err != nil {
			p.fail(n, at, "%w", err)
		}
	case numberArgument, wholeArgument:
		m.Want = p.number(n, at, k.argument)
	default:
		m.Want = p.textArgument(n, at, k.argument)
	}
	return m
}

func (p *parser) matchers(n *yaml.Node, at string, v valueKind, depth int) []Matcher {
	if n.Kind != yaml.SequenceNode {
		p.found(n, at, "a list of matchers")
		return nil
	}
	var of []Matcher
	for _, item := range n.Content {
		of = append(of, p.matcher(item, at, v, depth+1))
	}
	return of
}

func (p *parser) number(n *yaml.Node, at string, a argument) float64 {
	f, ok := numberOf(n)
	if n.Kind != yaml.ScalarNode || !ok || a == wholeArgument && (f < 0 || f != math.Trunc(f)) {
		p.found(n, at, "a "+string(a))
		return 0
	}
	return f
}

// textArgument reads text, and sees that it can be used.
func (p *parser) textArgument(n *yaml.Node, at string, a argument) string {
	s := p.text(n, at)
	var err error
	switch a {
	case regexpArgument:
		_, err = regexp.Compile(s)
	case rangeArgument:
		if _, err = semver.ParseRange(s); err != nil {
			err = fmt.Errorf("found %s, wanted a range of versions such as >=1.2.0 <2.0.0", quote(s))
		}
	}
	if err != nil {
		p.fail(n, at, "%w", err)
	}
	return s
}

// value reads any value into the types that JSON has.
func (p *parser) value(n *yaml.Node, at string, depth int) any {
	n = resolve(n)
	if isNull(n) || !p.spend(n) {
		return nil
	}
	if depth > maxDepth {
		p.fail(n, at, "values in more than %d others", maxDepth)
		return nil
	}
	switch n.Kind {
	case yaml.SequenceNode:
		items := []any{}
		for _, item := range n.Content {
			items = append(items, p.value(item, at, depth+1))
		}
		return items
	case yaml.MappingNode:
		mapping := map[string]any{}
		for _, e := range p.pairs(n, at) {
			mapping[e.key.Value] = p.value(e.value, at, depth+1)
		}
		return mapping
	}
	return scalarValue(n)
}

func scalarValue(n *yaml.Node) any {
	if on, ok := truthOf(n); ok && n.ShortTag() == "!!bool" {
		return on
	}
	if f, ok := numberOf(n); ok && n.ShortTag() != "!!str" {
		return f
	}
	return n.Value
}
