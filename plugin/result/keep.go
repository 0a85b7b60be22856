package result

import (
	"slices"
	"strings"
)

// Green says that a job needs not be done again: it passed, or was left out as
// somebody asked.
func (j Job) Green() bool {
	_, unreached := WasNotReached(j.Reason)
	return j.Outcome == Passed || j.Outcome == Skipped && !unreached
}

// notReached begins the reason of what was skipped because of another's end.
const notReached = "not reached: "

// NotReached is the reason of what was skipped because of another's end:
// "install failed".
func NotReached(end string) string { return notReached + end }

// WasNotReached says whether a reason is one of NotReached, and because of
// which end.
func WasNotReached(reason string) (end string, ok bool) { return strings.CutPrefix(reason, notReached) }

// Keep is a run that did again a part of an earlier one, with the rest of that:
// the jobs named in order, of this run where it has them, and the packages of
// the distros that are kept. Times of what is kept count from its own run's
// start.
func (r Run) Keep(old Run, kept, order []string) Run {
	var jobs []Job
	for _, name := range order {
		for _, from := range [][]Job{r.Jobs, old.Jobs} {
			if i := slices.IndexFunc(from, func(j Job) bool { return j.Name == name }); i >= 0 {
				jobs = append(jobs, from[i])
				break
			}
		}
	}
	for _, j := range r.Jobs {
		if !slices.Contains(order, j.Name) {
			jobs = append(jobs, j)
		}
	}
	r.Jobs = jobs
	packages := slices.Clone(r.Packages)
	for _, p := range old.Packages {
		if slices.Contains(kept, p.Distro) {
			packages = append(packages, p)
		}
	}
	slices.SortStableFunc(packages, func(a, b Package) int { return beginsAt(jobs, a.Distro) - beginsAt(jobs, b.Distro) })
	r.Packages = packages
	r.Earlier = old.earlier(kept)
	for _, j := range jobs {
		if j.Outcome == Passed {
			r.Outcome = Worst(r.Outcome, Passed) // nothing was red: nothing to do is no fault
		}
	}
	return r
}

// beginsAt is where the jobs of a distro begin.
func beginsAt(jobs []Job, distro string) int {
	return slices.IndexFunc(jobs, func(j Job) bool { return j.Row() == distro })
}

// earlier says of which runs some distros of this one are.
func (r Run) earlier(distros []string) []Earlier {
	var all []Earlier
	own := slices.Clone(distros)
	for _, e := range r.Earlier {
		var still []string
		for _, distro := range e.Distros {
			if i := slices.Index(own, distro); i >= 0 {
				still, own = append(still, distro), slices.Delete(own, i, i+1)
			}
		}
		if len(still) > 0 {
			e.Distros = still
			all = append(all, e)
		}
	}
	if len(own) > 0 {
		all = append(all, Earlier{ID: r.ID, Started: r.Started, Source: r.Source, Distros: own})
	}
	return all
}
