package check

import (
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/google/go-cmp/cmp"
)

// parseYAML reads a node of a test's own text.
func parseYAML(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Load([]byte(text), &doc); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return &doc
}

// parse reads a spec that must be right, and takes it over JSON as an agent
// gets it.
func parse(t *testing.T, text string) Spec {
	t.Helper()
	s, errs := ParseSpec("x.yaml", parseYAML(t, text))
	if len(errs) > 0 {
		t.Fatalf("%v\n%s", errs, text)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var again Spec
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, again); d != "" {
		t.Fatalf("JSON makes another spec of it:\n%s", d)
	}
	return again
}

// matching judges content with a matcher, both written in YAML, and says what
// the reader would see.
func matching(t *testing.T, content, matches string) string {
	t.Helper()
	a, said := asking(t, Request{}, files(t, nil), nil)
	s := parse(t, "matching: {m: {content: "+content+", matches: "+matches+"}}")
	a.Spec = &s
	if err := a.checks(t.Context()); err != nil {
		t.Fatal(err)
	}
	line := strings.TrimPrefix(strings.Join(*said, "\n"), "passed matching m matches")
	return strings.TrimSuffix(strings.TrimPrefix(line, "failed matching m matches"), " | why asked for in x.yaml:1:12")
}

// Each line: a matcher, a content that it takes, and one that it refuses with
// what it says.
func TestMatchers(t *testing.T) {
	const long = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
	met := map[string]bool{}
	for _, c := range []struct{ name, matches, takes, refuses, says string }{
		{isText, `abc`, `abc`, `abd`, `"abc" | found "abd"`},
		{isText, `"42"`, `42`, `43`, `"42" | found "43"`},
		{isText, `"a\nb"`, `[a, b]`, `[a, c]`, `line 2: "b" | found line 2: "c"`},
		{isText, `"a\nb\n"`, `"a\nb\n"`, `"a\n"`, `line 2: "b" | found the end after 1 line`},
		{isText, `"a"`, `a`, `"a\nb"`, `the end after 1 line | found line 2: "b"`},
		{isText, `abc`, `abc`, `"abc\n"`, `"abc" | found the same and a newline`},
		{isText, `""`, `""`, `"abc\ndef"`, `"" | found "abc" and 1 line more`},
		{isText, `x`, `x`, long, `"x" | found "` + long[:120] + `…"`},
		{isText, `"\u001b[31m"`, `"\u001b[31m"`, `"\u0007"`, `"\x1b[31m" | found "\a"`},
		{isNumber, `42`, `"42.0"`, `41`, `42 | found 41`},
		{isNumber, `42`, `[" 42\n"]`, `abc`, `42 | found "abc" is no number`},
		{isNumber, `1000000`, `1000000`, `2000000`, `1000000 | found 2000000`},
		{isNumber, `0`, `0`, `true`, `0 | found true is no number`},
		{isTrue, `true`, `true`, `false`, `true | found false`},
		{isTrue, `true`, `true`, `"true"`, `true | found "true"`},
		{equal, `{equal: abc}`, `abc`, `abd`, `equal to "abc" | found "abd"`},
		{equal, `{equal: 42}`, `42`, `"42"`, `equal to 42 | found "42"`},
		{equal, `{equal: [a, [1]]}`, `[a, [1]]`, `[[1], a]`, `equal to ["a", [1]] | found [[1], "a"]`},
		{equal, `{equal: {a: 1, b: ~}}`, `{b: ~, a: 1}`, `{a: 1}`, `equal to {a: 1, b: nothing} | found {a: 1}`},
		{havePrefix, `{have-prefix: ab}`, `abc`, `bc`, `prefix "ab" | found "bc"`},
		{havePrefix, `{not: {have-prefix: ab}}`, `bc`, `abc`, `not prefix "ab" | found "abc"`},
		{haveSuffix, `{have-suffix: bc}`, `abc`, `ab`, `suffix "bc" | found "ab"`},
		{containSubstring, `{contain-substring: b}`, `abc`, `"ac\nd"`, `text with "b" | found "ac" and 1 line more`},
		{containSubstring, `{not: {contain-substring: b}}`, `ac`, `"a\nbc\nd"`, `not text with "b" | found line 2: "bc"`},
		{matchRegexp, `{match-regexp: "^a.c$"}`, `abc`, `abcd`, `matching /^a.c$/ | found "abcd"`},
		{matchRegexp, `{not: {match-regexp: "(?m)^b"}}`, `abc`, `"a\nbc"`, `not matching /(?m)^b/ | found line 2: "bc"`},
		{havePatterns, `{have-patterns: [a, "!x", "/^b$/"]}`, `"a\nb"`, `"a\nbc"`, `a line with /^b$/ | found 2 lines without it, from "a" to "bc"`},
		{havePatterns, `{have-patterns: [a, "!x"]}`, `a`, `"a\nab\nax"`, `no line with "x" | found line 3: "ax"`},
		{havePatterns, `{have-patterns: ["!/^x/i"]}`, `a`, `Xa`, `no line with /^x/i | found line 1: "Xa"`},
		{havePatterns, `{have-patterns: ['\!x']}`, `a!x`, `ax`, `a line with "!x" | found "ax"`},
		{havePatterns, `{have-patterns: ['\/x/']}`, `a/x/`, `x`, `a line with "/x/" | found "x"`},
		{havePatterns, `{have-patterns: [/usr/bin]}`, `/usr/bin/x`, `usr/bin`, `a line with "/usr/bin" | found "usr/bin"`},
		{havePatterns, `{have-patterns: ["", x]}`, `x`, `""`, `a line with "x" | found nothing`},
		{havePatterns, `{not: {have-patterns: [a, b]}}`, `a`, `"a\nb"`, `not a line with "a", a line with "b" | found 2 lines`},
		{havePatterns, `{have-patterns: [/^b$/]}`, `"a\r\nb\r\n"`, `bb`, `a line with /^b$/ | found "bb"`},
		{greater, `{gt: 4}`, `5`, `4`, `> 4 | found 4`},
		{greater, `{gt: "4"}`, `"5"`, `five`, `> 4 | found "five" is no number`},
		{greaterOrEqual, `{ge: 5}`, `5`, `4.5`, `>= 5 | found 4.5`},
		{less, `{lt: 5}`, `4`, `5`, `< 5 | found 5`},
		{lessOrEqual, `{le: 5}`, `5`, `6`, `<= 5 | found 6`},
		{beNumerically, `{be-numerically: ["==", 5]}`, `"5"`, `6`, `== 5 | found 6`},
		{beNumerically, `{be-numerically: ["!=", 5]}`, `6`, `5`, `!= 5 | found 5`},
		{beNumerically, `{be-numerically: [">", 5]}`, `6`, `5`, `> 5 | found 5`},
		{beNumerically, `{be-numerically: [">=", 5]}`, `5`, `4`, `>= 5 | found 4`},
		{beNumerically, `{be-numerically: ["<", 5]}`, `4`, `5`, `< 5 | found 5`},
		{beNumerically, `{be-numerically: ["<=", 5]}`, `5`, `x`, `<= 5 | found "x" is no number`},
		{beNumerically, `{be-numerically: ["~", 5, 0.5]}`, `5.4`, `5.6`, `~ 5 ± 0.5 | found 5.6`},
		{semverConstraint, `{semver-constraint: ">=1.2.0 <2.0.0"}`, `1.9.0`, `2.0.0`, `version >=1.2.0 <2.0.0 | found "2.0.0"`},
		{semverConstraint, `{semver-constraint: ">=1.2.0"}`, `[1.9.0, 1.2.0]`, `[1.9.0, 1.1.9]`, `version >=1.2.0 | found "1.1.9"`},
		{semverConstraint, `{semver-constraint: ">=1.2.0"}`, `1.2.0`, `1.2`, `version >=1.2.0 | found 1.2 is no version of the form 1.2.3`},
		{semverConstraint, `{semver-constraint: ">=1.2.0"}`, `1.2.0`, `[]`, `version >=1.2.0 | found there is no version`},
		{haveLen, `{have-len: 2}`, `[a, b]`, `[a]`, `length 2 | found length 1: ["a"]`},
		{haveLen, `{have-len: 2}`, `ab`, `ż!`, `length 2 | found length 3: "ż!"`},
		{haveLen, `{have-len: 1}`, `{a: 1}`, `5`, `length 1 | found 5 has no length`},
		{haveKey, `{have-key: a}`, `{a: 1}`, `{b: 1}`, `a key "a" | found {b: 1}`},
		{haveKey, `{have-key: {have-prefix: a}}`, `{ab: 1}`, `[ab]`, `a key prefix "a" | found it is no mapping`},
		{haveKeyWithValue, `{have-key-with-value: {a: 1, b: {gt: 1}}}`, `{a: 1, b: 2, c: 3}`, `{a: 1, b: 1}`, `b: > 1 | found b: 1`},
		{haveKeyWithValue, `{have-key-with-value: {a: 1}}`, `{a: 1}`, `{b: 1}`, `a key "a" | found {b: 1}`},
		{haveKeyWithValue, `{have-key-with-value: {a: 1}}`, `{a: 1}`, `[a]`, `a: 1 | found it is no mapping`},
		{containElement, `{contain-element: b}`, `[a, b]`, `[a, c]`, `an element "b" | found ["a", "c"]`},
		{containElement, `{contain-element: {gt: 5}}`, `[x, "7"]`, `[x, "y"]`, `an element > 5 | found "y" is no number`},
		{containElement, `{contain-element: b}`, `{k: b}`, `{b: k}`, `an element "b" | found {b: "k"}`},
		{containElement, `{contain-element: b}`, `"a\nb\n"`, `5`, `an element "b" | found 5 is no list`},
		{containElements, `[a, {have-prefix: a}]`, `[ab, a]`, `[a, b]`, `elements "a", prefix "a" | found ["a", "b"], without prefix "a"`},
		{containElements, `{contain-elements: [a, a]}`, `[a, b, a]`, `[a, b]`, `elements "a", "a" | found ["a", "b"], without "a"`},
		{containElements, `{contain-elements: [a]}`, `"b\na"`, `[]`, `elements "a" | found an empty list, without "a"`},
		{containElements, `[]`, `[]`, `5`, `any list | found 5 is no list`},
		{consistOf, `{consist-of: [b, {have-prefix: a}]}`, `[ab, b]`, `[ab, b, c]`, `exactly the elements "b", prefix "a" | found ["ab", "b", "c"], with "c"`},
		{consistOf, `{consist-of: [a, b]}`, `"b\na\n"`, `[a, c]`, `exactly the elements "a", "b" | found ["a", "c"], without "b", with "c"`},
		{consistOf, `{consist-of: []}`, `[]`, `[a]`, `an empty list | found ["a"], with "a"`},
		{gjsonPath, `{gjson: {a.b: c, "n.#": {ge: 2}}}`, `'{"a": {"b": "c"}, "n": [1, 2]}'`, `'{"a": {"b": "c"}, "n": [1]}'`, `n.#: >= 2 | found n.#: 1`},
		{gjsonPath, `{gjson: {b: 1}}`, `'{"b": 1}'`, `'{"a": 1}'`, `b: 1 | found there is nothing at "b"`},
		{gjsonPath, `{gjson: {b: 1}}`, `'{"b": 1}'`, `"{"`, `b: 1 | found it is no JSON`},
		{not, `{not: a}`, `b`, `a`, `not "a" | found "a"`},
		{not, `{not: {or: [a, b]}}`, `c`, `a`, `not ("a" or "b") | found "a"`},
		{not, `{not: {gt: 5}}`, `5`, `five`, `not > 5 | found "five" is no number`},
		{allOf, `{and: [{gt: 1}, {lt: 5}]}`, `2`, `5`, `< 5 | found 5`},
		{allOf, `{not: {and: [{gt: 1}, {lt: 5}]}}`, `5`, `2`, `not (> 1 and < 5) | found 2`},
		{anyOf, `{or: [a, {have-prefix: b}]}`, `bc`, `c`, `"a" or prefix "b" | found "c"`},
		{anyOf, `{or: [{gt: 5}, five]}`, `6`, `five`, `> 5 or "five" | found "five" is no number`},
	} {
		if got := matching(t, c.takes, c.matches); !strings.HasPrefix(got, " | want ") || strings.Contains(got, "why") {
			t.Errorf("%s does not take %s: %s", c.matches, c.takes, got)
		}
		if got := matching(t, c.refuses, c.matches); got != " | want "+c.says {
			t.Errorf("%s on %s\ngot   | want %s\nwant  | want %s", c.matches, c.refuses, strings.TrimPrefix(got, " | want "), c.says)
		}
		met[c.name] = true
	}
	for name := range matchFuncs() {
		if !met[name] {
			t.Errorf("%s: no case", name)
		}
	}
	for _, k := range matcherKinds {
		if matchFuncs()[k.name] == nil {
			t.Errorf("%s is in the table and nothing judges it", k.name)
		}
	}
}

func TestMessagesAreShort(t *testing.T) {
	big := `"` + strings.Repeat(strings.Repeat("long ", 1000)+`\n`, 20) + `"`
	list := "[" + strings.Repeat("item-of-a-long-list, ", 500) + "x]"
	for _, matches := range []string{"x", "{have-prefix: x}", "{have-patterns: [x]}", "{contain-elements: [x, y]}", "{consist-of: [x]}", "{equal: [1]}", "{gt: 5}", "{have-len: 1}"} {
		for _, content := range []string{big, list} {
			if got := matching(t, content, matches); len(got) > 1000 {
				t.Errorf("%s: a message of %d bytes: %.200s…", matches, len(got), got)
			}
		}
	}
}

func TestAnUnknownMatcherPassesNothing(t *testing.T) {
	got, err := Matcher{Is: "of another age"}.match("a")
	if got.ok || err == nil || err.Error() != "not a matcher this agent knows: of another age" {
		t.Errorf("got %v, %v", got, err)
	}
}
