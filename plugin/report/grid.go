package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// columns are the phases in the order of a lifecycle. Others come after them.
var columns = []string{"fetch", "build", "lint", "boot", "services", "install", "configure", "service", "check", "restart", "reboot", "reinstall", "remove", "return", "purge", "upgrade", "downgrade"}

// firstColumn is where a job without a column of its own shows its end: an
// image that is not there keeps the build from starting.
var firstColumn = map[string]string{"image": "build", "environment": "build", "machine": "boot", "build": "build", "fetch": "fetch", "linter": "lint", "lint": "lint", "test": "boot"}

// cell is what a distro did in a phase.
type cell struct {
	outcome  result.Outcome
	reached  bool
	warnings int
	// of how many things that are worth a number, and how many of them failed.
	of, bad int
	// from is what it tells of.
	from []origin
}

// origin is a phase of a job, by their places in the run; the job itself where
// phase is less than 0.
type origin struct{ job, phase int }

// row is one distro, or one package of a distro that builds several.
type row struct {
	name  string
	cells map[string]cell
	// rest is what the phases of its test are that no cell tells of.
	rest cell
	took result.Seconds
}

func newRow(name string) *row { return &row{name: name, cells: map[string]cell{}} }

// add puts a job's phases into a row. It is the job at a place in the run.
func (r *row) add(at int, j result.Job) {
	r.took = max(r.took, j.Started+j.Duration)
	for phase, c := range cellsOf(at, j) {
		r.cells[phase] = merge(r.cells[phase], c)
	}
	if j.Kind == "test" && len(j.Phases) == 0 {
		r.rest = restOf(at, j)
	}
}

// restOf is each phase of a test that had none.
func restOf(at int, j result.Job) cell {
	return cell{outcome: result.Skipped, reached: j.Outcome == result.Skipped && !notReached(j.Reason), from: whole(at)}
}

// whole is a job itself, as what a cell tells of.
func whole(at int) []origin { return []origin{{at, -1}} }

// cell is what became of a phase.
func (r *row) cell(phase string) cell {
	if c, ok := r.cells[phase]; ok || phase == "build" || phase == "fetch" || phase == "lint" {
		return c
	}
	return r.rest
}

// grid makes a row per distro of the jobs, and below it one per package that
// did not pass where a distro builds several, and one per other distro that
// its packages are tested on.
func grid(run result.Run) (header []string, rows []*row) {
	for _, name := range distros(run) {
		top := newRow(printable(name))
		var packages, targets []*row
		for at, j := range run.Jobs {
			switch {
			case j.BuiltFor == name:
				addTarget(&targets, at, run)
			case j.BuiltFor != "" || j.Distro != name:
			default:
				top.add(at, j)
				if j.Package != "" {
					rowOf(&packages, "  "+printable(j.Package)).add(at, j)
				}
			}
		}
		rows = append(rows, top)
		if len(packages) > 1 {
			rows = append(rows, notPassed(packages)...)
		}
		rows = append(rows, targets...)
	}
	return used(rows), rows
}

// addTarget adds a row for what is tested on another distro, with what kept
// its machine from being made where that has no row of its own.
func addTarget(rows *[]*row, at int, run result.Run) {
	test := run.Jobs[at]
	r := rowOf(rows, "  "+printable(test.Distro))
	r.add(at, test)
	for i, j := range run.Jobs {
		if j.Distro == test.Distro && j.BuiltFor == "" && (j.Kind == "machine" || j.Kind == "image") && j.Outcome != result.Passed {
			r.cells["boot"] = merge(r.cells["boot"], cell{outcome: j.Outcome, reached: !notReached(j.Reason), from: whole(i)})
		}
	}
}

// distros are those of a run that have a row, in its order: the ones that
// something is built for or tested on for itself.
func distros(run result.Run) []string {
	var names, targets []string
	for _, j := range run.Jobs {
		if j.BuiltFor != "" {
			targets = append(targets, j.Distro)
		}
	}
	for _, j := range run.Jobs {
		// Services are no distro: what became of them shows in those that need
		// them. A machine may be there for the packages of others alone.
		alone := slices.Contains(targets, j.Distro) && (j.Kind == "image" || j.Kind == "machine")
		if !slices.Contains(names, j.Distro) && j.Distro != servicesRow && j.BuiltFor == "" && !alone {
			names = append(names, j.Distro)
		}
	}
	return names
}

func rowOf(rows *[]*row, name string) *row {
	i := slices.IndexFunc(*rows, func(r *row) bool { return r.name == name })
	if i < 0 {
		*rows = append(*rows, newRow(name))
		i = len(*rows) - 1
	}
	return (*rows)[i]
}

func notPassed(rows []*row) []*row {
	return slices.DeleteFunc(rows, func(r *row) bool { return r.cells["build"].outcome == result.Passed })
}

// used are the phases that some row has, in order.
func used(rows []*row) []string {
	var names []string
	for _, r := range rows {
		for phase := range r.cells {
			if !slices.Contains(names, phase) {
				names = append(names, phase)
			}
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return names
}

func place(phase string) int {
	if i := slices.Index(columns, phase); i >= 0 {
		return i
	}
	return len(columns)
}

// producing are the kinds of jobs whose phases are columns; the others prepare
// for them.
var producing = []string{"build", "fetch", "lint", "test"}

// cellsOf are a job's phases. A job that ended outside of them shows that where
// the first one would have been: what a fault kept from starting is not the
// same as what was not reached.
func cellsOf(at int, j result.Job) map[string]cell {
	cells := map[string]cell{}
	own := slices.Contains(producing, j.Kind)
	if !own && (j.Outcome == result.Passed || j.Outcome == result.Skipped) {
		return cells
	}
	for i, p := range j.Phases {
		if own {
			c := cellOf(p)
			c.from = []origin{{at, i}}
			cells[p.Name] = c
		}
	}
	if end, ok := endOfService(j.Reason); ok {
		cells["services"] = cell{outcome: end, reached: true, from: whole(at)}
	}
	first := firstColumn[j.Kind]
	if !own || endedAround(j) {
		cells[first] = merge(cells[first], cell{outcome: j.Outcome, reached: !notReached(j.Reason), from: whole(at)})
	}
	if j.Kind == "build" {
		cells[first] = counted(cells[first])
	}
	return cells
}

// counted is a cell that stands for one of several builds.
func counted(c cell) cell {
	c.of, c.bad = 1, 0
	if c.outcome != result.Passed {
		c.bad = 1
	}
	return c
}

// endedAround says whether a job's end is none of its phases'.
func endedAround(j result.Job) bool {
	return !slices.ContainsFunc(j.Phases, func(p result.Phase) bool { return p.Outcome == j.Outcome })
}

func notReached(reason string) bool {
	_, ok := result.WasNotReached(reason)
	return ok
}

// servicesRow is the Distro of jobs that belong to none: those that come by
// the images of services.
const servicesRow = "services"

// endOfService is how the image of a service ended for which a test was not
// reached. Services have no row: the distros that need them show it.
func endOfService(reason string) (result.Outcome, bool) {
	end, ok := result.WasNotReached(reason)
	if !ok || !strings.HasPrefix(end, servicesRow+"/") {
		return "", false
	}
	return result.Outcome(end[strings.LastIndex(end, " ")+1:]), true
}

func cellOf(p result.Phase) cell {
	c := cell{outcome: p.Outcome, reached: p.Outcome != result.Skipped || !notReached(p.Reason)}
	for _, check := range p.Checks {
		if check.Warning {
			c.warnings++
			continue
		}
		if p.Name != "check" {
			continue
		}
		c.of++
		if check.Outcome != result.Passed {
			c.bad++
		}
	}
	return c
}

// merge is the worse of two, and what both have to count.
func merge(a, b cell) cell {
	if a.outcome == "" {
		return b
	}
	worse := a
	if result.Worst(a.outcome, b.outcome) == b.outcome {
		worse = b
	}
	worse.warnings, worse.of, worse.bad = a.warnings+b.warnings, a.of+b.of, a.bad+b.bad
	worse.from = slices.Concat(a.from, b.from)
	return worse
}

// legend is how things look.
type legend struct {
	marks               map[result.Outcome]string
	warning, not, empty string
	// between parts of a line, more where something was left out.
	between, more string
	// to is between what was and what is.
	to string
}

var (
	symbols = legend{
		marks: map[result.Outcome]string{
			result.Passed: "✓", result.Failed: "✗", result.Fault: "⚡", result.Skipped: "○", result.Cancelled: "–",
		},
		warning: "!", not: "–", empty: "·", between: " · ", more: "…", to: "→",
	}
	words = legend{
		marks: map[result.Outcome]string{
			result.Passed: "ok", result.Failed: "FAIL", result.Fault: "fault", result.Skipped: "skip", result.Cancelled: "-",
		},
		warning: "warn", not: "-", empty: ".", between: "; ", more: "...", to: "->",
	}
)

func (l legend) cell(phase string, c cell) string {
	mark := l.marks[c.outcome]
	many := c.of > 1 || c.of == 1 && phase == "check"
	switch {
	case c.outcome == "":
		return l.empty
	case !c.reached:
		return l.not
	case c.outcome == result.Passed && c.warnings > 0:
		return fmt.Sprintf("%s%d", l.warning, c.warnings)
	case many && c.outcome == result.Passed:
		return fmt.Sprintf("%s %d", mark, c.of)
	case many && c.outcome == result.Failed:
		return fmt.Sprintf("%s %d/%d", mark, c.bad, c.of)
	}
	return mark
}

// table aligns the grid: names left, cells centred.
func (l legend) table(header []string, rows []*row) string {
	widths := make([]int, len(header))
	names := 4
	for _, r := range rows {
		names = max(names, columnsOf(r.name))
		for i, phase := range header {
			widths[i] = max(widths[i], columnsOf(printable(phase)), columnsOf(l.cell(phase, r.cell(phase))))
		}
	}
	var b strings.Builder
	b.WriteString(pad("", names))
	for i, phase := range header {
		b.WriteString("  " + centre(printable(phase), widths[i]))
	}
	b.WriteString("   time\n")
	for _, r := range rows {
		b.WriteString(pad(r.name, names))
		for i, phase := range header {
			b.WriteString("  " + centre(l.cell(phase, r.cell(phase)), widths[i]))
		}
		fmt.Fprintf(&b, "  %5s\n", clock(r.took))
	}
	return b.String()
}
