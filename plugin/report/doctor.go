package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Grade is how a finding is to be taken.
type Grade string

// The grades, from the best.
const (
	Fine    Grade = "ok"
	Warning Grade = "warning"
	Wrong   Grade = "wrong"
)

// Finding is one thing that was looked at before anything is run.
type Finding struct {
	// About is what it belongs to: engine, disk, images. Those of one stand
	// together.
	About string
	Grade Grade
	// Text is what was found, in a line; Next, of what is not Fine, what to do,
	// in a line or several.
	Text, Next string
}

// Doctor shows findings below each other, and in the end how many of them are
// not fine.
func Doctor(w io.Writer, all []Finding) error {
	about, grade := 0, len(Warning)
	for _, f := range all {
		about = max(about, columnsOf(f.About))
	}
	var b strings.Builder
	last := ""
	for _, f := range all {
		name := f.About
		if name == last {
			name = ""
		}
		last = f.About
		fmt.Fprintf(&b, "%s  %s  %s\n", pad(name, about), pad(string(f.Grade), grade), printable(f.Text))
		for i, line := range split(nextOf(f)) {
			label := "next: "
			if i > 0 {
				label = "      "
			}
			fmt.Fprintf(&b, "%s  %s  %s%s\n", pad("", about), pad("", grade), label, line)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", verdictOf(all))
	_, err := io.WriteString(w, b.String())
	return err
}

func nextOf(f Finding) []string {
	if f.Next == "" {
		return nil
	}
	return []string{f.Next}
}

// verdictOf is how many findings are not fine.
func verdictOf(all []Finding) string {
	count := func(g Grade) int {
		return len(slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { return f.Grade != g }))
	}
	parts := some(count(Wrong), "%d wrong")
	if n := count(Warning); n > 0 {
		parts = append(parts, plural(n, "warning"))
	}
	if len(parts) == 0 {
		return "nothing is wrong"
	}
	return strings.Join(parts, ", ")
}
