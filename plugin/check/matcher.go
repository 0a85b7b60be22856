package check

import (
	"fmt"
	"slices"
	"strings"
)

// Matcher is what must hold of a value: a literal, or one of the matchers of
// docs/checks.md. ParseSpec makes them; a literal becomes one of isText,
// isNumber, isTrue, a list havePatterns or containElements.
type Matcher struct {
	// Is names the matcher.
	Is string `json:"is"`
	// Want is its argument, if that is a value: text, a float64, a bool, a
	// []any or a map[string]any of these.
	Want any `json:"want,omitempty"`
	// Of are the matchers that it is made of, and Keys what each is for, in
	// haveKeyWithValue and gjson.
	Of   []Matcher `json:"of,omitempty"`
	Keys []string  `json:"keys,omitempty"`
}

// Names of matchers. The first three are those of literals, which nobody
// writes.
const (
	isText           = "is-text"
	isNumber         = "is-number"
	isTrue           = "is-true"
	equal            = "equal"
	havePrefix       = "have-prefix"
	haveSuffix       = "have-suffix"
	containSubstring = "contain-substring"
	matchRegexp      = "match-regexp"
	havePatterns     = "have-patterns"
	greater          = "gt"
	greaterOrEqual   = "ge"
	less             = "lt"
	lessOrEqual      = "le"
	beNumerically    = "be-numerically"
	semverConstraint = "semver-constraint"
	haveLen          = "have-len"
	haveKey          = "have-key"
	haveKeyWithValue = "have-key-with-value"
	containElement   = "contain-element"
	containElements  = "contain-elements"
	consistOf        = "consist-of"
	gjsonPath        = "gjson"
	not              = "not"
	allOf            = "and"
	anyOf            = "or"
)

// argument is what a matcher takes.
type argument string

// The closed set of arguments.
const (
	textArgument     argument = "text"
	regexpArgument   argument = "regular expression"
	patternsArgument argument = "list of patterns"
	numberArgument   argument = "number"
	wholeArgument    argument = "whole number"
	compareArgument  argument = "[comparator, number]"
	rangeArgument    argument = "range of versions"
	valueArgument    argument = "value"
	matcherArgument  argument = "matcher"
	matchersArgument argument = "list of matchers"
	keyedArgument    argument = "mapping of matchers"
)

// matcherKind is one line of the table of matchers.
type matcherKind struct {
	name     string
	argument argument
	doc      string
	differ   string
}

// matcherKinds are the matchers that can be written.
var matcherKinds = []matcherKind{
	{equal, valueArgument, "exactly the value, and its kind", "a list equals a list of the machine's too, and 42 equals 42.0"},
	{havePrefix, textArgument, "text that begins so", ""},
	{haveSuffix, textArgument, "text that ends so", ""},
	{containSubstring, textArgument, "text with this in it", ""},
	{matchRegexp, regexpArgument, "text in which the expression is found", ""},
	{havePatterns, patternsArgument, "text, line by line, as content is judged", ""},
	{greater, numberArgument, "a greater number", ""},
	{greaterOrEqual, numberArgument, "this number or a greater one", ""},
	{less, numberArgument, "a smaller number", ""},
	{lessOrEqual, numberArgument, "this number or a smaller one", ""},
	{beNumerically, compareArgument, "a number that compares so: `==`, `!=`, `>`, `>=`, `<`, `<=`, or `~` with a third item, how far off it may be", "not in goss"},
	{semverConstraint, rangeArgument, "a version, or a list of which each is in the range: `>=1.2.0 <2.0.0 || >=3.0.0`; `1.2.3-1` comes before `1.2.3`, as a pre-release does", ""},
	{haveLen, wholeArgument, "a list, mapping or text of that many items or bytes", ""},
	{haveKey, matcherArgument, "a mapping with such a key", ""},
	{haveKeyWithValue, keyedArgument, "a mapping with these keys, and such values", "of goss 0.3"},
	{containElement, matcherArgument, "a list with such an element; of text, such a line", ""},
	{containElements, matchersArgument, "a list with an element for each, no element twice; a plain list means the same", "text is taken as its lines, as goss documents it; its program refuses text here"},
	{consistOf, matchersArgument, "the same, with nothing else in it; order does not matter", "text is taken as its lines, as goss documents it; its program refuses text here"},
	{gjsonPath, keyedArgument, "JSON in which the values at these paths match", ""},
	{not, matcherArgument, "what the matcher refuses; what it cannot judge fails here too", ""},
	{allOf, matchersArgument, "all of them", ""},
	{anyOf, matchersArgument, "one of them", ""},
}

func matcherKindOf(name string) *matcherKind {
	i := slices.IndexFunc(matcherKinds, func(k matcherKind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &matcherKinds[i]
}

// verdict is how a value does by a matcher.
type verdict struct {
	ok bool
	// expected and found say what decided it, in few words.
	expected, found string
}

// matchFunc judges a value. An error says that it cannot be judged, which is
// no better when a "not" is around it.
type matchFunc func(m Matcher, v any) (verdict, error)

// matchFuncs has a function for each name.
func matchFuncs() map[string]matchFunc {
	return map[string]matchFunc{
		isText: matchText, isNumber: matchNumber, isTrue: matchTrue, equal: matchEqual,
		havePrefix: matchTextBy(strings.HasPrefix), haveSuffix: matchTextBy(strings.HasSuffix),
		containSubstring: matchSubstring, matchRegexp: matchExpression, havePatterns: matchPatterns,
		greater: matchNumber, greaterOrEqual: matchNumber, less: matchNumber, lessOrEqual: matchNumber,
		beNumerically: matchNumerically, semverConstraint: matchVersions,
		haveLen: matchLen, haveKey: matchKey, haveKeyWithValue: matchKeys, gjsonPath: matchJSON,
		containElement: matchElement, containElements: matchElements, consistOf: matchElements,
		not: matchNot, allOf: matchAll, anyOf: matchAny,
	}
}

// match judges a value as facts give it, or as JSON has it.
func (m Matcher) match(v any) (verdict, error) {
	f := matchFuncs()[m.Is]
	if f == nil {
		return verdict{}, fmt.Errorf("not a matcher this agent knows: %s", m.Is)
	}
	got, err := f(m, plain(v))
	if got.expected == "" {
		got.expected = m.String()
	}
	if got.found == "" {
		got.found = show(plain(v))
	}
	return got, err
}

// plain gives a value the types that JSON has.
func plain(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case []string:
		items := make([]any, len(v))
		for i, s := range v {
			items[i] = s
		}
		return items
	}
	return v
}

func matchNot(m Matcher, v any) (verdict, error) {
	got, err := m.Of[0].match(v)
	return verdict{ok: !got.ok, expected: m.String(), found: got.found}, err
}

// matchAll tells of the first that fails.
func matchAll(m Matcher, v any) (verdict, error) {
	for _, one := range m.Of {
		got, err := one.match(v)
		if err != nil || !got.ok {
			return verdict{expected: got.expected, found: got.found}, err
		}
	}
	return verdict{ok: true}, nil
}

func matchAny(m Matcher, v any) (verdict, error) {
	for _, one := range m.Of {
		got, err := one.match(v)
		if err != nil || got.ok {
			return got, err
		}
	}
	return verdict{}, nil
}

// matchTrue takes true and false only: text that says so is text.
func matchTrue(m Matcher, v any) (verdict, error) { return verdict{ok: v == m.Want}, nil }
