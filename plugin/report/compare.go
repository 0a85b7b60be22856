package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/docker/go-units"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// What of a run is told against an older one: a phase that takes a quarter
// longer, and at least so many seconds; a package that is a twentieth bigger,
// and at least by so many bytes, with so many of the files that grew most.
const (
	slowerBy    = 5
	biggerBy    = 1000
	filesThatGo = 3
)

// change is one thing that is not as it was.
type change struct{ what, text string }

// The changes there are, in the order in which they are told.
var changes = []string{"became red", "still red", "became green", "not done now", "slower", "bigger"}

// Compare shows what became of a run since an older one: red, green, slower,
// bigger. What is done for the first time counts as green before.
func Compare(w io.Writer, old, run result.Run, s Style) error {
	l := symbols
	if s.ASCII {
		l = words
	}
	c := comparison{old: endsOf(old), run: endsOf(run), legend: l}
	all := slices.Concat(c.outcomes(), c.undone(), c.slower(), c.bigger(old, run))
	var b strings.Builder
	fmt.Fprintf(&b, "against run %s\n\n", printable(whichRun(old)))
	var counts []string
	for _, what := range changes {
		n := 0
		for _, one := range all {
			if one.what == what {
				fmt.Fprintf(&b, "%s  %s\n", pad(what, 12), one.text)
				n++
			}
		}
		counts = append(counts, some(n, "%d "+what)...)
	}
	if len(counts) == 0 {
		fmt.Fprintln(&b, "nothing became red, green, slower or bigger")
	} else {
		fmt.Fprintf(&b, "\n%s\n", strings.Join(counts, ", "))
	}
	_, err := io.WriteString(w, strings.Map(visible, b.String()))
	return err
}

// whichRun is a run in words: its id, what it built, when.
func whichRun(run result.Run) string {
	text := run.ID
	for _, more := range []string{run.Source.Revision, run.Source.Version} {
		if more != "" {
			text += " of " + more
			break
		}
	}
	if !run.Started.IsZero() {
		text += run.Started.UTC().Format(" (2006-01-02 15:04 UTC)")
	}
	return text
}

// end is how a phase ended, or a job that had none.
type end struct {
	// where it is: "debian-12 greeter build"; of a job that had no phases, what
	// job it is: "debian-12 test".
	where, job, distro, reason string
	outcome                    result.Outcome
	took                       result.Seconds
	// timed: how long it takes is its own doing, not that of caches.
	timed bool
}

func (e end) red() bool {
	return e.outcome == result.Failed || e.outcome == result.Fault || e.outcome == result.Cancelled
}

// ended is what a phase is compared by.
type ended struct {
	all []end
	at  map[string]end
}

// endsOf are how the phases of a run ended, in its order.
func endsOf(run result.Run) ended {
	e := ended{at: map[string]end{}}
	for _, j := range run.Jobs {
		job := j.Place() + " " + j.Kind
		place := end{where: job, job: job, distro: j.Row(), outcome: j.Outcome, reason: j.Reason, took: j.Duration}
		if len(j.Phases) == 0 {
			e.add(place)
		}
		for _, p := range j.Phases {
			phase := place
			phase.where = j.Place() + " " + p.Name
			phase.outcome, phase.reason, phase.took = p.Outcome, p.Reason, p.Duration
			phase.timed = firstColumn[j.Kind] == j.Kind || j.Kind == "test"
			e.add(phase)
		}
	}
	return e
}

func (e *ended) add(one end) {
	e.all = append(e.all, one)
	e.at[one.where] = one
}

func (e ended) has(distro string) bool {
	return slices.ContainsFunc(e.all, func(one end) bool { return one.distro == distro })
}

type comparison struct {
	old, run ended
	legend   legend
}

// outcomes are what became red or green, and what stayed red.
func (c comparison) outcomes() []change {
	var all []change
	for _, now := range c.run.all {
		before, there := c.old.at[now.where]
		text := printable(now.where)
		if now.red() && now.reason != "" {
			text += ": " + printable(now.reason)
		}
		switch {
		case now.red() && there && before.red():
			all = append(all, change{"still red", text})
		case now.red():
			all = append(all, change{"became red", text})
		case now.outcome == result.Passed && there && before.red():
			all = append(all, change{"became green", text})
		}
	}
	return all
}

// undone is what was done before and is not now, but for what was not reached:
// its cause is red.
func (c comparison) undone() []change {
	var all []change
	told := map[string]bool{}
	for _, before := range c.old.all {
		now, there := c.run.at[before.where]
		if job, without := c.run.at[before.job]; !there && without {
			now, there = job, true
		}
		switch {
		case before.outcome == result.Skipped || told[before.distro]:
		case !c.run.has(before.distro):
			told[before.distro] = true
			all = append(all, change{"not done now", printable(before.distro)})
		case !there && before.timed:
			all = append(all, change{"not done now", printable(before.where)})
		case now.outcome == result.Skipped && !notReached(now.reason):
			all = append(all, change{"not done now", printable(before.where) + ": " + printable(now.reason)})
		}
	}
	return all
}

func (c comparison) slower() []change {
	var all []change
	for _, now := range c.run.all {
		before := c.old.at[now.where]
		more := now.took - before.took
		if now.timed && now.outcome == result.Passed && before.outcome == result.Passed && more >= slowerBy && more >= before.took/4 {
			all = append(all, change{"slower", fmt.Sprintf("%s: %s %s %s", printable(now.where), clock(before.took), c.legend.to, clock(now.took))})
		}
	}
	return all
}

func (c comparison) bigger(old, run result.Run) []change {
	var all []change
	for _, now := range run.Packages {
		i := slices.IndexFunc(old.Packages, func(p result.Package) bool {
			return p.Name != "" && p.Name == now.Name && p.Distro == now.Distro && p.Arch == now.Arch
		})
		if i < 0 {
			continue
		}
		before := old.Packages[i]
		if more := now.Size - before.Size; more >= biggerBy && more >= before.Size/20 {
			all = append(all, change{"bigger", fmt.Sprintf("%s %s: %s%s", printable(now.Distro), printable(now.Name), c.sizes(before.Size, now.Size), c.grown(before, now))})
		}
	}
	return all
}

func (c comparison) sizes(before, now int64) string {
	return fmt.Sprintf("%s %s %s", units.HumanSize(float64(before)), c.legend.to, units.HumanSize(float64(now)))
}

// grown are the files that a package is bigger for, those that grew most; it
// lists none where what it had before is not known.
func (c comparison) grown(before, now result.Package) string {
	if len(before.Files) == 0 || before.FileCount > len(before.Files) {
		return ""
	}
	sizes := map[string]int64{}
	for _, f := range before.Files {
		sizes[f.Path] = f.Size
	}
	files := slices.DeleteFunc(slices.Clone(now.Files), func(f result.File) bool { return f.Size <= sizes[f.Path] })
	slices.SortStableFunc(files, func(a, b result.File) int {
		return int((b.Size - sizes[b.Path]) - (a.Size - sizes[a.Path]))
	})
	var parts []string
	for _, f := range files[:min(len(files), filesThatGo)] {
		size, there := sizes[f.Path]
		text := printable(f.Path) + " " + c.sizes(size, f.Size)
		if !there {
			text = printable(f.Path) + " is new, " + units.HumanSize(float64(f.Size))
		}
		parts = append(parts, text)
	}
	if more := len(files) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}
