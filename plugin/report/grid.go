package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// columns are the phases in the order of a lifecycle. Others come after them.
var columns = []string{"build", "boot", "install", "service", "check", "restart", "reinstall", "remove", "return", "purge"}

// firstColumn is where a job without a column of its own shows its end: an
// image that is not there keeps the build from starting.
var firstColumn = map[string]string{"image": "build", "environment": "build", "machine": "boot"}

// cell is what a distro did in a phase.
type cell struct {
	outcome  result.Outcome
	reached  bool
	checks   int
	warnings int
}

// row is one distro, or one package of a distro that builds several.
type row struct {
	name  string
	cells map[string]cell
	took  result.Seconds
}

// grid makes a row per distro of the jobs.
func grid(run result.Run) (header []string, rows []row) {
	var used []string
	for _, j := range run.Jobs {
		r := rowOf(&rows, j.Distro)
		r.took = max(r.took, j.Started+j.Duration)
		for phase, c := range cellsOf(j) {
			r.cells[phase] = merge(r.cells[phase], c)
			if !slices.Contains(used, phase) {
				used = append(used, phase)
			}
		}
	}
	slices.SortStableFunc(used, func(a, b string) int { return place(a) - place(b) })
	return used, rows
}

func place(phase string) int {
	if i := slices.Index(columns, phase); i >= 0 {
		return i
	}
	return len(columns)
}

func rowOf(rows *[]row, name string) *row {
	i := slices.IndexFunc(*rows, func(r row) bool { return r.name == name })
	if i < 0 {
		*rows = append(*rows, row{name: name, cells: map[string]cell{}})
		i = len(*rows) - 1
	}
	return &(*rows)[i]
}

// cellsOf are a job's phases; for a job without a column, its end if it is a
// bad one; for a job that was not reached, that.
func cellsOf(j result.Job) map[string]cell {
	cells := map[string]cell{}
	if column, helper := firstColumn[j.Kind]; helper {
		if j.Outcome != result.Passed && j.Outcome != result.Skipped {
			cells[column] = cell{outcome: j.Outcome, reached: true}
		}
		return cells
	}
	for _, p := range j.Phases {
		cells[p.Name] = cellOf(p)
	}
	if len(j.Phases) == 0 && j.Kind == "build" {
		cells["build"] = cell{outcome: j.Outcome, reached: j.Outcome != result.Skipped}
	}
	if len(j.Phases) == 0 && j.Kind == "test" {
		for _, phase := range columns[1:] {
			cells[phase] = cell{outcome: j.Outcome}
		}
	}
	return cells
}

func cellOf(p result.Phase) cell {
	c := cell{outcome: p.Outcome, checks: len(p.Checks)}
	c.reached = p.Outcome != result.Skipped || !strings.HasPrefix(p.Reason, "not reached")
	for _, check := range p.Checks {
		if check.Warning {
			c.warnings++
		}
	}
	return c
}

// merge is the worse of two.
func merge(a, b cell) cell {
	if a.outcome == "" {
		return b
	}
	a.checks += b.checks
	a.warnings += b.warnings
	worst := result.Worst(a.outcome, b.outcome)
	if worst == b.outcome {
		a.outcome, a.reached = b.outcome, b.reached
	}
	return a
}

// legend is how a cell looks.
type legend struct {
	marks               map[result.Outcome]string
	warning, not, empty string
}

var (
	symbols = legend{
		marks: map[result.Outcome]string{
			result.Passed: "✓", result.Failed: "✗", result.Fault: "⚡", result.Skipped: "○", result.Cancelled: "–",
		},
		warning: "!", not: "–", empty: "·",
	}
	words = legend{
		marks: map[result.Outcome]string{
			result.Passed: "ok", result.Failed: "FAIL", result.Fault: "fault", result.Skipped: "skip", result.Cancelled: "-",
		},
		warning: "warn", not: "-", empty: ".",
	}
)

func (l legend) cell(c cell) string {
	switch {
	case c.outcome == "":
		return l.empty
	case !c.reached:
		return l.not
	case c.outcome == result.Passed && c.warnings > 0:
		return fmt.Sprintf("%s%d", l.warning, c.warnings)
	}
	return l.marks[c.outcome]
}

// table aligns the grid: names left, cells centred.
func (l legend) table(header []string, rows []row) string {
	width := 4
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r.name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s", width, "")
	for _, h := range header {
		fmt.Fprintf(&b, "  %s", h)
	}
	b.WriteString("   time\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%-*s", width, r.name)
		for _, h := range header {
			b.WriteString("  " + centre(l.cell(r.cells[h]), len(h)))
		}
		fmt.Fprintf(&b, "  %5s\n", clock(r.took))
	}
	return b.String()
}

func centre(s string, width int) string {
	space := max(0, width-utf8.RuneCountInString(s))
	return strings.Repeat(" ", space/2) + s + strings.Repeat(" ", space-space/2)
}

// clock is a span as M:SS.
func clock(s result.Seconds) string {
	seconds := int(s + 0.5)
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
