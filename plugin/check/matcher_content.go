package check

import (
	"fmt"
	"regexp"
	"strings"
)

// pattern is what a line of some text must, or must not, be like.
type pattern struct {
	written string
	// absent: no line may be so.
	absent bool
	// re is the expression; nil: a line has literal in it.
	re      *regexp.Regexp
	literal string
}

// regexpPattern is /expression/ or !/expression/, with flags after it.
var regexpPattern = regexp.MustCompile(`(?s)^!?/(.*)/([ims]*)$`)

// parsePattern reads "text", "!text", "/expression/" and "!/expression/". A
// backslash before the first ! or / makes it a part of the text.
func parsePattern(written string) (pattern, error) {
	p := pattern{written: written, absent: strings.HasPrefix(written, "!")}
	p.literal = strings.TrimPrefix(written, "!")
	if part := regexpPattern.FindStringSubmatch(written); part != nil {
		return p.compile(part[1], part[2])
	}
	if strings.HasPrefix(p.literal, `\!`) || strings.HasPrefix(p.literal, `\/`) {
		p.literal = p.literal[1:]
	}
	return p, nil
}

func (p pattern) compile(expression, flags string) (pattern, error) {
	if flags != "" {
		expression = "(?" + flags + ")" + expression
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		return p, err
	}
	p.re = re
	return p, nil
}

// is says whether a line is like the pattern, wanted or not.
func (p pattern) is(line string) bool {
	if p.re != nil {
		return p.re.MatchString(line)
	}
	return strings.Contains(line, p.literal)
}

func (p pattern) String() string {
	s := "a line with "
	if p.absent {
		s = "no line with "
	}
	if p.re != nil {
		return s + clip(strings.TrimPrefix(p.written, "!"), shownText)
	}
	return s + quote(p.literal)
}

// patterns are those of a matcher.
func (m Matcher) patterns() ([]pattern, error) {
	items, _ := m.Want.([]any)
	var all []pattern
	for _, item := range items {
		p, err := parsePattern(toText(item))
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// matchPatterns tells of the first pattern that fails.
func matchPatterns(m Matcher, v any) (verdict, error) {
	patterns, err := m.patterns()
	if err != nil {
		return verdict{}, err
	}
	all := lines(toText(v))
	for _, p := range patterns {
		n := p.firstLine(all)
		if p.absent && n >= 0 {
			return verdict{expected: p.String(), found: lineOf(all, n)}, nil
		}
		if !p.absent && n < 0 && p.written != "" {
			return verdict{expected: p.String(), found: showLines(all)}, nil
		}
	}
	return verdict{ok: true, found: plural(len(all), "line")}, nil
}

// firstLine is the index of the first line that is like it; -1 if none is.
func (p pattern) firstLine(all []string) int {
	for n, line := range all {
		if p.is(line) {
			return n
		}
	}
	return -1
}

// showLines says what lines there are.
func showLines(all []string) string {
	switch len(all) {
	case 0:
		return "nothing"
	case 1:
		return quote(all[0])
	}
	return fmt.Sprintf("%d lines without it, from %s to %s", len(all), quote(all[0]), quote(all[len(all)-1]))
}

func patternsString(want any) string {
	patterns, err := Matcher{Want: want}.patterns()
	if err != nil || len(patterns) == 0 {
		return "anything"
	}
	var all []string
	for _, p := range patterns {
		all = append(all, p.String())
	}
	return clip(strings.Join(all, ", "), shownTotal)
}
