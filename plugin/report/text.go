package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// longest is how many bytes of a line are shown, most how many lines of a
// problem.
const (
	longest = 400
	most    = 40
)

// escapes are what moves the cursor, changes colours or names the window.
var escapes = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])`)

// printable makes one line of text that was written by untrusted code: no
// control bytes, nothing invisible, nothing that turns the direction of
// writing, and no more than a reader wants.
func printable(s string) string {
	s = escapes.ReplaceAllString(s, "")
	s = strings.ReplaceAll(strings.TrimSpace(s), "\n", "; ")
	s = strings.Map(visible, s)
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

// visible drops runes that are not.
func visible(r rune) rune {
	if r == '\t' || r == '\n' || !unicode.IsControl(r) && r != utf8.RuneError && !unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
		return r
	}
	return -1
}

// split makes lines of evidence: some of it may hold several, or none.
func split(lines []string) []string {
	var all []string
	for _, line := range lines {
		for part := range strings.SplitSeq(strings.TrimRight(line, "\n"), "\n") {
			if text := printable("|" + part); len(text) > 1 {
				all = append(all, text[1:]) // with its indentation
			}
		}
	}
	if len(all) <= most {
		return all
	}
	return append(all[:most:most], fmt.Sprintf("… %d more lines", len(all)-most))
}

// columnsOf is how many columns a text takes on a terminal.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case k == width.EastAsianWide, k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// pad fills a text up to a number of columns.
func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-columnsOf(s)))
}

func centre(s string, columns int) string {
	space := max(0, columns-columnsOf(s))
	return strings.Repeat(" ", space/2) + s + strings.Repeat(" ", space-space/2)
}

// clock is a span as M:SS, or H:MM:SS.
func clock(s result.Seconds) string {
	seconds := int(s + 0.5)
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// plural is a number of things.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
