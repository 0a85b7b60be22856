package report

import (
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// colours of a badge by the run's outcome; others are grey.
var colours = map[result.Outcome]string{
	result.Passed: "#2c7a3f", result.Failed: "#b3261e", result.Fault: "#8a5a00", result.Cancelled: "#555",
}

// glyph is about how wide a letter of a badge is, and margin what is left free
// on each side of a text; textLength makes a font of another width fit.
const (
	glyph  = 7
	margin = 6
	label  = "packages"
)

// badge is a run as a picture for a README: how many distros passed.
func badge(w io.Writer, run result.Run) error {
	colour, ok := colours[run.Outcome]
	if !ok {
		colour = "#555"
	}
	text := badgeText(run)
	left, right := len(label)*glyph, utf8.RuneCountInString(text)*glyph
	edge := left + 2*margin
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" role="img" aria-label="%[2]s: %[3]s">
  <title>%[2]s: %[3]s</title>
  <rect width="%[1]d" height="20" rx="3" fill="%[4]s"/>
  <path d="M3 0h%[5]dv20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#333"/>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="%[6]d" y="14" textLength="%[7]d">%[2]s</text>
    <text x="%[8]d" y="14" textLength="%[9]d">%[3]s</text>
  </g>
</svg>
`, edge+right+2*margin, label, text, colour, edge-3, margin, left, edge+margin, right)
	return err
}

// badgeText is of numbers and words of ours alone: nothing in it needs to be
// escaped.
func badgeText(run result.Run) string {
	count, _, _ := ends(run)
	all := 0
	for _, n := range count {
		all += n
	}
	switch n := count[run.Outcome]; {
	case all == 0:
		return "nothing was done"
	case run.Outcome == result.Passed && n == all:
		return fmt.Sprintf("%d passed", n)
	case run.Outcome == result.Passed:
		return fmt.Sprintf("%d of %d passed", n, all)
	case run.Outcome == result.Failed:
		return fmt.Sprintf("%d of %d failed", n, all)
	case run.Outcome == result.Fault:
		return fmt.Sprintf("%d of %d with a fault", n, all)
	}
	return "cancelled"
}
