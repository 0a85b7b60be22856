package report

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// teller tells what is wrong, in the words of a legend.
type teller struct {
	io.Writer
	legend
	output string
}

// told is one thing that a reader is told of a job: a line, and what of a
// problem stands below it.
type told struct {
	outcome           result.Outcome
	who, phase, title string
	problem           result.Problem
	// same are later phases that ended by the same.
	same []string
}

// faultsOf is what did not pass in a job: what several phases ended by, once.
// What was not reached is in the grid, and its cause is told elsewhere.
func faultsOf(j result.Job) []told {
	var all []told
	explained := false
	for _, p := range j.Phases {
		if p.Problem != nil {
			all = tellOnce(all, told{outcome: p.Outcome, who: j.Place(), phase: p.Name, title: p.Problem.Title, problem: *p.Problem})
			explained = true
		}
		if p.Outcome == result.Cancelled {
			all = append(all, told{outcome: p.Outcome, who: j.Place(), phase: p.Name, title: p.Reason})
		}
	}
	if !explained && (j.Outcome == result.Failed || j.Outcome == result.Fault) {
		all = append(all, told{outcome: j.Outcome, who: j.Place(), phase: j.Kind, title: j.Reason, problem: result.Problem{Log: j.Log}})
	}
	for i, one := range all {
		if len(one.same) > 0 {
			all[i].problem.Facts = append(slices.Clone(one.problem.Facts), result.Fact{Label: "also", Text: "the same in " + strings.Join(one.same, ", ")})
		}
	}
	return all
}

// tellOnce adds what a phase ended by, unless an earlier one did.
func tellOnce(all []told, one told) []told {
	i := slices.IndexFunc(all, func(t told) bool { return t.outcome == one.outcome && t.title == one.title })
	if i < 0 {
		return append(all, one)
	}
	all[i].same = append(all[i].same, one.phase)
	// The way into the machine leads to its last state.
	all[i].problem.Shell = cmp.Or(all[i].problem.Shell, one.problem.Shell)
	return all
}

// skipsOf is what of a job was not asked for a reason of its own, those of one
// reason together.
func skipsOf(j result.Job) []told {
	if j.Outcome == result.Skipped && !notReached(j.Reason) {
		return []told{{outcome: j.Outcome, who: j.Place(), phase: j.Kind, title: j.Reason}}
	}
	var all []told
	for _, p := range j.Phases {
		if p.Outcome != result.Skipped || notReached(p.Reason) {
			continue
		}
		if i := slices.IndexFunc(all, func(t told) bool { return t.title == p.Reason }); i >= 0 {
			all[i].phase += ", " + p.Name
			continue
		}
		all = append(all, told{outcome: result.Skipped, who: j.Place(), phase: p.Name, title: p.Reason})
	}
	return all
}

// headline begins what is told of a phase.
func (t teller) headline(mark, who, phase, text string) {
	fmt.Fprintf(t, "\n%s %s %s: %s\n", mark, printable(who), printable(phase), printable(text))
}

// tell tells all of that.
func (t teller) tell(all []told) {
	for _, one := range all {
		t.headline(t.marks[one.outcome], one.who, one.phase, one.title)
		t.problem(one.problem)
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

// located is where a file is, seen from where the user is.
func located(output, name string) string {
	if name == "" {
		return ""
	}
	return path.Join(output, name)
}

func (t teller) file(name string) string { return located(t.output, name) }

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
			t.headline(t.warning, j.Place(), p.Name, warningOf(all[0]))
			t.lines(split(all[0].Lines[:min(len(all[0].Lines), evidence)]))
		}
		if len(all) < 2 {
			continue
		}
		t.headline(t.warning, j.Place(), p.Name, plural(len(all), "warning"))
		for _, c := range all {
			fmt.Fprintf(t, "    %s\n", printable(warningOf(c)))
			t.lines(split(c.Lines[:min(len(c.Lines), evidence)]))
		}
	}
}

// warningOf is a check that warns, and why, in one line.
func warningOf(c result.Check) string {
	text := c.Title()
	for _, more := range []string{c.Found, c.Reason} {
		if more != "" {
			text += ": " + more
		}
	}
	return text
}
