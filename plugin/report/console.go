package report

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

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
	if header, rows := grid(run); len(rows) > 0 {
		b.WriteString(l.table(header, rows))
	}
	t := teller{Writer: &b, legend: l, output: run.Output}
	for _, j := range run.Jobs {
		t.tell(faultsOf(j))
	}
	for _, j := range run.Jobs {
		t.tell(skipsOf(j))
	}
	for _, j := range run.Jobs {
		t.warnings(j)
	}
	b.WriteString("\n" + l.verdict(run) + "\n")
	t.places(run)
	_, err := io.WriteString(w, strings.Map(visible, b.String()))
	return err
}

// verdict is the last word: distros by how they ended, and where time went.
func (l legend) verdict(run result.Run) string {
	parts := []string{counts(run) + " in " + clock(run.Duration)}
	if run.Saved >= 1 {
		parts = append(parts, "cache saved about "+clock(run.Saved))
	}
	if waits := waits(run); waits != "" {
		parts = append(parts, waits)
	}
	if run.Reason != "" {
		parts = append(parts, printable(run.Reason))
	}
	for _, e := range run.Earlier {
		parts = append(parts, keptWords(e))
	}
	return strings.Join(parts, l.between)
}

// keptWords says what is of an earlier run.
func keptWords(e result.Earlier) string {
	words := fmt.Sprintf("kept from run %s", printable(e.ID))
	if e.Source.Revision != "" {
		words += " of " + printable(e.Source.Revision)
	}
	return words + ": " + printable(strings.Join(e.Distros, ", "))
}

// counts is how many distros, and pairs of them, ended how.
func counts(run result.Run) string {
	count, untested, warnings := ends(run)
	if len(count) == 0 {
		return "nothing was done"
	}
	return strings.Join(slices.Concat(
		some(count[result.Passed], "%d passed"), some(untested, "%d not tested"), some(count[result.Failed], "%d failed"),
		some(count[result.Fault], "%d with a fault"), some(count[result.Skipped], "%d skipped"),
		some(count[result.Cancelled], "%d cancelled"), some(min(warnings, 1), plural(warnings, "warning")),
	), ", ")
}

// ends is how many distros, and pairs of them, ended how, how many of them were
// not tested, and how many warnings there are.
func ends(run result.Run) (count map[result.Outcome]int, untested, warnings int) {
	ends := map[string][]result.Outcome{}
	rows := distros(run)
	for _, j := range run.Jobs {
		if j.Distro == servicesRow {
			continue
		}
		where := j.BuiltFor + ">" + j.Distro
		if j.Outcome == result.Passed && j.BuiltFor == "" && !slices.Contains(rows, j.Distro) {
			continue // a machine for the packages of others
		}
		end := j.Outcome
		if service, ok := endOfService(j.Reason); ok {
			end = service
		}
		ends[where] = append(ends[where], end)
		if j.Outcome == result.Skipped && !notReached(j.Reason) {
			untested++
		}
		for _, p := range j.Phases {
			warnings += cellOf(p).warnings
		}
	}
	count = map[result.Outcome]int{}
	for _, outcomes := range ends {
		count[result.Worst(outcomes...)]++
	}
	return count, untested, warnings
}

// some is a number in words, unless it is none.
func some(n int, words string) []string {
	switch {
	case n == 0:
		return nil
	case strings.Contains(words, "%d"):
		words = fmt.Sprintf(words, n)
	}
	return []string{words}
}

// waits is what jobs spent on something else than their work, summed up.
func waits(run result.Run) string {
	var slots, images result.Seconds
	for _, j := range run.Jobs {
		slots += j.Waited
		if j.Kind == "image" && !j.Cached {
			images += j.Duration
		}
	}
	var parts []string
	if slots >= 1 {
		parts = append(parts, "for slots "+clock(slots))
	}
	if images >= 1 {
		parts = append(parts, "for base images "+clock(images))
	}
	if len(parts) == 0 {
		return ""
	}
	return "waited " + strings.Join(parts, ", ")
}

// places is where things are.
func (t teller) places(run result.Run) {
	var kept, places []string
	for _, j := range run.Jobs {
		if j.Kept != "" {
			kept = append(kept, printable(j.Name))
		}
	}
	if len(kept) > 0 {
		fmt.Fprintf(t, "kept for a shell, 24 h: %s\n", strings.Join(kept, ", "))
	}
	if len(run.Packages) > 0 {
		places = append(places, "packages "+path.Join(t.output, "*")+"/", "sums "+t.file(sumsFile))
	}
	places = append(places, "report "+t.file(htmlFile), "results "+t.file(ResultsFile), "junit "+t.file(junitFile))
	fmt.Fprintln(t, strings.Join(places, "   "))
}
