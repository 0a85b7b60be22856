package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// Style is what the reader's terminal can show.
type Style struct {
	// ASCII: words in place of symbols.
	ASCII bool
}

// Console shows the end of a run: the grid first, then only what is wrong,
// then where things are.
func Console(w io.Writer, run result.Run, s Style) error {
	l := symbols
	if s.ASCII {
		l = words
	}
	var b strings.Builder
	b.WriteString("\n")
	header, rows := grid(run)
	b.WriteString(l.table(header, rows))
	for _, j := range run.Jobs {
		writeFaults(&b, l, j)
	}
	for _, j := range run.Jobs {
		writeWarnings(&b, l, j)
	}
	b.WriteString("\n" + verdict(run, rows) + "\n")
	if len(run.Packages) > 0 {
		b.WriteString("packages dist/*/ · sums SHA256SUMS · results results.json, in the output directory\n")
	}
	_, err := io.WriteString(w, printable(b.String()))
	return err
}

// writeFaults tells what did not pass in a job.
func writeFaults(b *strings.Builder, l legend, j result.Job) {
	told := false
	for _, p := range j.Phases {
		if p.Problem == nil {
			continue
		}
		told = true
		fmt.Fprintf(b, "\n%s %s %s: %s\n", l.marks[p.Outcome], who(j), p.Name, p.Problem.Title)
		writeProblem(b, *p.Problem)
	}
	bad := j.Outcome == result.Failed || j.Outcome == result.Fault
	if !told && bad {
		fmt.Fprintf(b, "\n%s %s %s: %s\n", l.marks[j.Outcome], who(j), j.Kind, j.Reason)
		if j.Log != "" {
			fmt.Fprintf(b, "    log      %s\n", j.Log)
		}
	}
	// What was not reached is in the grid, and its reason is told above.
	if j.Outcome == result.Skipped && !strings.HasPrefix(j.Reason, "not reached") {
		fmt.Fprintf(b, "\n%s %s %s: %s\n", l.marks[j.Outcome], who(j), j.Kind, j.Reason)
	}
}

func who(j result.Job) string {
	if j.Package != "" {
		return j.Distro + " " + j.Package
	}
	return j.Distro
}

func writeProblem(b *strings.Builder, p result.Problem) {
	facts := slices.Clone(p.Facts)
	for _, f := range []result.Fact{{Label: "hint", Text: p.Hint}, {Label: "log", Text: p.Log}, {Label: "again", Text: p.Again}, {Label: "shell", Text: p.Shell}} {
		if f.Text != "" {
			facts = append(facts, f)
		}
	}
	width := 8
	for _, f := range facts {
		width = max(width, len(f.Label))
	}
	shown := false
	for i, f := range facts {
		if !shown && i >= len(p.Facts) {
			writeLines(b, p.Lines)
			shown = true
		}
		fmt.Fprintf(b, "    %-*s %s\n", width, f.Label, f.Text)
	}
	if !shown {
		writeLines(b, p.Lines)
	}
}

func writeLines(b *strings.Builder, lines []string) {
	for _, line := range lines {
		fmt.Fprintf(b, "      %s\n", line)
	}
}

// writeWarnings tells what is worth a look.
func writeWarnings(b *strings.Builder, l legend, j result.Job) {
	for _, p := range j.Phases {
		for _, c := range p.Checks {
			if !c.Warning {
				continue
			}
			fmt.Fprintf(b, "\n%s %s %s: %s %s: %s\n", l.warning, who(j), p.Name, c.Kind, c.Subject, c.Found)
			writeLines(b, c.Lines[:min(len(c.Lines), 5)])
		}
	}
}

// verdict is the last line: distros by how they ended, and where time went.
func verdict(run result.Run, rows []row) string {
	count := map[result.Outcome]int{}
	warnings := 0
	for _, r := range rows {
		var outcomes []result.Outcome
		for _, c := range r.cells {
			outcomes = append(outcomes, c.outcome)
			warnings += c.warnings
		}
		count[result.Worst(outcomes...)]++
	}
	var parts []string
	for _, o := range []result.Outcome{result.Passed, result.Failed, result.Fault, result.Skipped, result.Cancelled} {
		if count[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[o], o))
		}
	}
	if warnings > 0 {
		parts = append(parts, fmt.Sprintf("%d warnings", warnings))
	}
	if len(parts) == 0 {
		parts = []string{"nothing was done"}
	}
	line := strings.Join(parts, ", ") + " in " + clock(run.Duration)
	if run.Saved > 0 {
		line += " · cache saved about " + clock(run.Saved)
	}
	if run.Reason != "" {
		line += " · " + run.Reason
	}
	return line
}

// printable drops control characters other than newlines: what is shown was
// written by untrusted code.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) {
			return r
		}
		return -1
	}, s)
}
