package report

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// teller tells what is wrong, in the words of a legend.
type teller struct {
	io.Writer
	legend
	output string
}

// headline begins what is told of a phase.
func (t teller) headline(mark string, j result.Job, phase, text string) {
	who := j.Distro
	if j.BuiltFor != "" {
		who = j.BuiltFor + " on " + j.Distro
	}
	if j.Package != "" {
		who += " " + j.Package
	}
	fmt.Fprintf(t, "\n%s %s %s: %s\n", mark, printable(who), printable(phase), printable(text))
}

// faults tells what did not pass in a job. What was not reached is in the
// grid, and its cause is told elsewhere.
func (t teller) faults(j result.Job) {
	told := false
	for _, p := range j.Phases {
		if p.Problem != nil {
			t.headline(t.marks[p.Outcome], j, p.Name, p.Problem.Title)
			t.problem(*p.Problem)
			told = true
		}
		if p.Outcome == result.Cancelled {
			t.headline(t.marks[p.Outcome], j, p.Name, p.Reason)
		}
	}
	if !told && (j.Outcome == result.Failed || j.Outcome == result.Fault) {
		t.headline(t.marks[j.Outcome], j, j.Kind, j.Reason)
		t.facts(fact("log", t.file(j.Log)))
	}
}

// skips tells what of a job was not asked for a reason of its own, those of
// one reason together.
func (t teller) skips(j result.Job) {
	if j.Outcome == result.Skipped && !notReached(j.Reason) {
		t.headline(t.marks[j.Outcome], j, j.Kind, j.Reason)
		return
	}
	var reasons []string
	phases := map[string][]string{}
	for _, p := range j.Phases {
		if p.Outcome != result.Skipped || notReached(p.Reason) {
			continue
		}
		if phases[p.Reason] == nil {
			reasons = append(reasons, p.Reason)
		}
		phases[p.Reason] = append(phases[p.Reason], p.Name)
	}
	for _, reason := range reasons {
		t.headline(t.marks[result.Skipped], j, strings.Join(phases[reason], ", "), reason)
	}
}

func (t teller) problem(p result.Problem) {
	before := p.Facts
	after := fact("hint", p.Hint)
	after = append(after, fact("log", t.file(p.Log))...)
	after = append(after, fact("again", p.Again)...)
	after = append(after, fact("shell", p.Shell)...)
	t.facts(before)
	t.lines(split(p.Lines))
	t.facts(after)
}

// fact is a labelled line, unless it says nothing.
func fact(label, text string) []result.Fact {
	if text == "" {
		return nil
	}
	return []result.Fact{{Label: label, Text: text}}
}

// labels is how wide a label is, so that the texts of a problem are below each
// other.
const labels = 8

func (t teller) facts(facts []result.Fact) {
	for _, f := range facts {
		fmt.Fprintf(t, "    %s %s\n", pad(printable(f.Label), labels), printable(f.Text))
	}
}

func (t teller) lines(lines []string) {
	for _, line := range lines {
		fmt.Fprintf(t, "      %s\n", strings.Replace(line, "…", t.more, 1))
	}
}

// file is where a log is, seen from where the user is.
func (t teller) file(name string) string {
	if name == "" {
		return ""
	}
	return path.Join(t.output, name)
}

// evidence is how many lines a warning shows.
const evidence = 5

// warnings tells what is worth a look in a job.
func (t teller) warnings(j result.Job) {
	for _, p := range j.Phases {
		var all []result.Check
		for _, c := range p.Checks {
			if c.Warning {
				all = append(all, c)
			}
		}
		if len(all) == 1 {
			t.headline(t.warning, j, p.Name, warningOf(all[0]))
			t.lines(split(all[0].Lines[:min(len(all[0].Lines), evidence)]))
		}
		if len(all) < 2 {
			continue
		}
		t.headline(t.warning, j, p.Name, plural(len(all), "warning"))
		for _, c := range all {
			fmt.Fprintf(t, "    %s\n", printable(warningOf(c)))
			t.lines(split(c.Lines[:min(len(c.Lines), evidence)]))
		}
	}
}

// warningOf is a check in one line.
func warningOf(c result.Check) string {
	text := c.Kind + " " + c.Subject
	for _, more := range []string{c.Attribute, c.Found, c.Reason} {
		if more != "" {
			text += ": " + more
		}
	}
	return text
}
