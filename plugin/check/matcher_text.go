package check

import (
	"fmt"
	"regexp"
	"strings"
)

// toText is a value as text: a list is its items, one a line.
func toText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return showNumber(v)
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, toText(item))
		}
		return strings.Join(items, "\n")
	}
	return fmt.Sprint(v)
}

// wanted is a matcher's argument as text.
func (m Matcher) wanted() string { return toText(m.Want) }

// matchText wants exactly the text.
func matchText(m Matcher, v any) (verdict, error) {
	have := toText(v)
	if have == m.wanted() {
		return verdict{ok: true}, nil
	}
	expected, found := firstDifference(m.wanted(), have)
	return verdict{expected: expected, found: found}, nil
}

// firstDifference tells of the first line that differs, if there are several.
func firstDifference(want, have string) (expected, found string) {
	if have == want+"\n" {
		return "", "the same and a newline"
	}
	if want == "" || !strings.Contains(want+have, "\n") {
		return "", show(have)
	}
	a, b := strings.Split(want, "\n"), strings.Split(have, "\n")
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return lineOf(a, n), lineOf(b, n)
}

// lineOf is a line with its number, or that the text ends before it.
func lineOf(all []string, n int) string {
	if n >= len(all) || n == len(all)-1 && all[n] == "" {
		return "the end after " + plural(min(n, len(all)), "line")
	}
	return fmt.Sprintf("line %d: %s", n+1, quote(all[n]))
}

func matchTextBy(holds func(have, want string) bool) matchFunc {
	return func(m Matcher, v any) (verdict, error) {
		return verdict{ok: holds(toText(v), m.wanted())}, nil
	}
}

// matchSubstring tells the line that has it.
func matchSubstring(m Matcher, v any) (verdict, error) {
	have := toText(v)
	at := strings.Index(have, m.wanted())
	if at < 0 {
		return verdict{}, nil
	}
	return verdict{ok: true, found: lineAt(have, at)}, nil
}

func matchExpression(m Matcher, v any) (verdict, error) {
	re, err := regexp.Compile(m.wanted())
	if err != nil {
		return verdict{}, err
	}
	have := toText(v)
	at := re.FindStringIndex(have)
	if at == nil {
		return verdict{}, nil
	}
	return verdict{ok: true, found: lineAt(have, at[0])}, nil
}

// lineAt is the line at an offset, with its number if there are several.
func lineAt(s string, at int) string {
	if len(lines(s)) < 2 {
		return show(s)
	}
	n := strings.Count(s[:at], "\n")
	return lineOf(strings.Split(s, "\n"), n)
}
