package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/docker/go-units"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// summaryLimit is what GitHub takes of a step's summary, in bytes; some of it
// is kept for saying what was cut.
const (
	summaryLimit = 1 << 20
	summaryRest  = 4 << 10
)

// section is a part of a summary: its head, and blocks below that, of which as
// many are shown as there is room for.
type section struct {
	// noun is what a block is, for saying how many were cut.
	noun, head string
	blocks     []string
	// share of the whole in percent; what one leaves the next has.
	share int
}

// summary is the end of a run in Markdown: the grid, what is wrong, what to
// look at, and the packages.
func summary(w io.Writer, run result.Run) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s drone-packages: %s\n", symbols.marks[run.Outcome], inline(symbols.verdict(run)))
	room := -b.Len()
	var cut []string
	for _, s := range []section{gridSection(run), problemSection(run), skipSection(run), warningSection(run), packageSection(run)} {
		room += (summaryLimit - summaryRest) * s.share / 100
		text, left := s.fit(room)
		b.WriteString(text)
		room -= len(text)
		if left > 0 {
			cut = append(cut, fmt.Sprintf("%d of %s", left, plural(len(s.blocks), s.noun)))
		}
	}
	results := code(located(run.Output, ResultsFile))
	if len(cut) > 0 {
		fmt.Fprintf(&b, "\nCut, since a summary holds 1 MiB: %s. All of it is in %s.\n", strings.Join(cut, ", "), results)
	} else {
		fmt.Fprintf(&b, "\nAll of it is in %s.\n", results)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fit is as much of a section as there is room for, in bytes, and how many of
// its blocks that leaves out.
func (s section) fit(room int) (text string, left int) {
	if len(s.blocks) == 0 {
		return "", 0
	}
	var b strings.Builder
	b.WriteString("\n" + s.head)
	for i, block := range s.blocks {
		if b.Len()+len(block) > room {
			if i == 0 {
				return "", len(s.blocks)
			}
			return b.String(), len(s.blocks) - i
		}
		b.WriteString(block)
	}
	return b.String(), 0
}

func gridSection(run result.Run) section {
	header, rows := grid(run)
	s := section{noun: "row", share: 30, head: tableRow(append(append([]string{""}, header...), "time")...)}
	s.head += "|---" + strings.Repeat("|:-:", len(header)) + "|--:|\n"
	for _, r := range rows {
		cells := []string{r.name}
		for _, phase := range header {
			cells = append(cells, symbols.cell(phase, r.cell(phase)))
		}
		s.blocks = append(s.blocks, tableRow(append(cells, clock(r.took))...))
	}
	return s
}

// tableRow is a row of a table. Spaces before a name, which say below what it
// stands, would be lost.
func tableRow(cells ...string) string {
	var b strings.Builder
	for _, cell := range cells {
		below := strings.Repeat("&nbsp;", len(cell)-len(strings.TrimLeft(cell, " ")))
		b.WriteString("| " + below + inline(cell) + " ")
	}
	return b.String() + "|\n"
}

func problemSection(run result.Run) section {
	s := section{noun: "problem", share: 45}
	for _, j := range run.Jobs {
		for _, t := range faultsOf(j) {
			s.blocks = append(s.blocks, problemBlock(t, run.Output))
		}
	}
	return s
}

func problemBlock(t told, output string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s %s %s: %s\n", symbols.marks[t.outcome], inline(t.who), inline(t.phase), inline(t.title))
	if len(t.problem.Facts) > 0 {
		b.WriteString("\n")
	}
	for i, f := range t.problem.Facts {
		if i == most {
			fmt.Fprintf(&b, "- … %d more\n", len(t.problem.Facts)-most)
			break
		}
		fmt.Fprintf(&b, "- **%s** %s\n", inline(f.Label), inline(f.Text))
	}
	b.WriteString(fenced(split(t.problem.Lines)))
	if todo := list(t.problem, output); todo != "" {
		b.WriteString("\n" + todo)
	}
	return b.String() + "\n"
}

// list is what to do about a problem, as a list; empty when that is nothing.
func list(p result.Problem, output string) string {
	var b strings.Builder
	if p.Hint != "" {
		fmt.Fprintf(&b, "- **hint** %s\n", inline(p.Hint))
	}
	for _, c := range []result.Fact{{Label: "log", Text: located(output, p.Log)}, {Label: "again", Text: p.Again}, {Label: "shell", Text: p.Shell}} {
		if c.Text != "" {
			fmt.Fprintf(&b, "- **%s** %s\n", c.Label, code(c.Text))
		}
	}
	return b.String()
}

func skipSection(run result.Run) section {
	s := section{noun: "reason", share: 5, head: "### Not done\n\n"}
	for _, j := range run.Jobs {
		for _, t := range skipsOf(j) {
			s.blocks = append(s.blocks, fmt.Sprintf("- %s **%s %s** %s\n", symbols.marks[t.outcome], inline(t.who), inline(t.phase), inline(t.title)))
		}
	}
	return s
}

func warningSection(run result.Run) section {
	s := section{noun: "warning", share: 10, head: "### Warnings\n\n"}
	for _, j := range run.Jobs {
		for _, p := range j.Phases {
			for _, c := range p.Checks {
				if c.Warning {
					s.blocks = append(s.blocks, fmt.Sprintf("- %s **%s %s** %s\n", symbols.warning, inline(j.Place()), inline(p.Name), inline(warningOf(c))))
				}
			}
		}
	}
	return s
}

// packageSection is the packages; files beside them (.changes, .buildinfo)
// have no name.
func packageSection(run result.Run) section {
	s := section{noun: "package", share: 10, head: "### Packages\n\n" + tableRow("distro", "package", "version", "architecture", "size", "file") + "|---|---|---|---|--:|---|\n"}
	for _, p := range run.Packages {
		if p.Name != "" {
			s.blocks = append(s.blocks, tableRow(p.Distro, p.Name, p.Version, p.Arch, units.HumanSize(float64(p.Size)), p.Path))
		}
	}
	return s
}
