package check

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How much of a value a message shows, in runes.
const (
	shownText  = 120
	shownItem  = 40
	shownTotal = 240
)

// show says what a value is, in few words and on one line.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return showText(v)
	case float64:
		return showNumber(v)
	case []any:
		return "[" + showItems(v) + "]"
	case map[string]any:
		return "{" + showPairs(v) + "}"
	}
	return clip(fmt.Sprint(v), shownText)
}

// showText quotes the first line and counts the rest.
func showText(s string) string {
	all := lines(s)
	if len(all) < 2 {
		return quote(s)
	}
	return fmt.Sprintf("%s and %s more", quote(all[0]), plural(len(all)-1, "line"))
}

// quote quotes the beginning of text. What cannot be printed is escaped.
func quote(s string) string { return strconv.Quote(clip(s, shownText)) }

// showNumber writes 1000000 and not 1e+06.
func showNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func showItems(items []any) string {
	var shown []string
	total := 0
	for i, item := range items {
		s := show(item)
		if text, ok := item.(string); ok {
			s = strconv.Quote(clip(text, shownItem))
		}
		if total += utf8.RuneCountInString(s); total > shownTotal {
			return fmt.Sprintf("%s and %d more", strings.Join(shown, ", "), len(items)-i)
		}
		shown = append(shown, s)
	}
	return strings.Join(shown, ", ")
}

func showPairs(m map[string]any) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, clip(key, shownItem)+": "+clip(show(m[key]), shownItem))
	}
	return clip(strings.Join(pairs, ", "), shownTotal)
}

// clip shortens text to so many runes.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	runes := 0
	for i := range s {
		if runes == most {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}

// lines are those of a text, without their ends; the newline that ends the
// last one begins no other.
func lines(s string) []string {
	if s == "" {
		return nil
	}
	all := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i, line := range all {
		all[i] = strings.TrimSuffix(line, "\r")
	}
	return all
}

// String says what is expected, in few words.
func (m Matcher) String() string {
	switch m.Is {
	case isText, isNumber, isTrue:
		return show(m.Want)
	case equal:
		return "equal to " + show(m.Want)
	case havePrefix:
		return "prefix " + show(m.Want)
	case haveSuffix:
		return "suffix " + show(m.Want)
	case containSubstring:
		return "text with " + show(m.Want)
	case matchRegexp:
		return "matching /" + clip(fmt.Sprint(m.Want), shownText) + "/"
	case havePatterns:
		return patternsString(m.Want)
	case greater, greaterOrEqual, less, lessOrEqual:
		return comparators[m.Is] + " " + show(m.Want)
	case beNumerically:
		return numericallyString(m.Want)
	case semverConstraint:
		return fmt.Sprintf("version %v", m.Want)
	case haveLen:
		return "length " + show(m.Want)
	}
	return m.compound()
}

// compound describes matchers that are made of others.
func (m Matcher) compound() string {
	if len(m.Of) == 0 {
		return map[string]string{
			allOf: "anything", anyOf: "one of no matchers", containElements: "any list", consistOf: "an empty list",
			haveKeyWithValue: "any mapping", gjsonPath: "any JSON",
		}[m.Is]
	}
	switch m.Is {
	case not:
		return "not " + m.Of[0].inner()
	case allOf:
		return joinMatchers(m.Of, " and ")
	case anyOf:
		return joinMatchers(m.Of, " or ")
	case haveKey:
		return "a key " + m.Of[0].inner()
	case containElement:
		return "an element " + m.Of[0].inner()
	case containElements:
		return "elements " + joinMatchers(m.Of, ", ")
	case consistOf:
		return "exactly the elements " + joinMatchers(m.Of, ", ")
	}
	var pairs []string
	for i, key := range m.Keys {
		pairs = append(pairs, key+": "+m.Of[i].String())
	}
	return clip(strings.Join(pairs, ", "), shownTotal)
}

func joinMatchers(of []Matcher, by string) string {
	var all []string
	for _, m := range of {
		all = append(all, m.inner())
	}
	return clip(strings.Join(all, by), shownTotal)
}

// inner is a matcher as part of another.
func (m Matcher) inner() string {
	if (m.Is == allOf || m.Is == anyOf) && len(m.Of) > 1 {
		return "(" + m.String() + ")"
	}
	return m.String()
}
