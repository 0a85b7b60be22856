package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// mostChecks and mostTroubles are how many of a list a page shows.
const (
	mostChecks   = 400
	mostTroubles = 60
)

// jobView is a job and its phases.
type jobView struct {
	result.Job
	At     int
	Where  string
	What   string
	Phases []phaseView
}

// phaseView is a phase, or a job that ended outside of its phases.
type phaseView struct {
	result.Phase
	At    int
	Part  string
	Where string
	// Log is where in the job's log it is: a line, 0 if nobody knows.
	Log int
	// Bad, Worth and Good are the checks: that failed and are not the problem
	// itself, that are warnings or were not done, and the rest; Lost is how many
	// are not shown.
	Bad, Worth, Good []result.Check
	Lost             int
	// Also are the later phases of its job that tell of the same.
	Also []phaseView
}

func viewJob(at int, j result.Job) jobView {
	v := jobView{Job: j, At: at, Where: printable(j.Place()), What: printable(j.Kind)}
	for i, p := range j.Phases {
		v.Phases = append(v.Phases, viewPhase(at, i, j, p))
	}
	return v
}

func viewPhase(at, i int, j result.Job, p result.Phase) phaseView {
	v := phaseView{Phase: p, At: at, Part: partsOf([]origin{{at, i}}), Where: printable(j.Place())}
	if p.Log != "" {
		v.Log = lineOf(p.Log, j.Log)
	}
	if p.Problem != nil && p.Problem.Log != "" {
		v.Log = lineOf(p.Problem.Log, j.Log)
	}
	for _, c := range p.Checks {
		if p.Problem == nil || c.Outcome == result.Passed || titleOf(c) != printable(p.Problem.Title) {
			v.sort(c)
		}
	}
	return v
}

// sort puts a check into its list.
func (v *phaseView) sort(c result.Check) {
	list := &v.Good
	switch {
	case c.Warning || c.Outcome == result.Skipped:
		list = &v.Worth
	case c.Outcome != result.Passed:
		list = &v.Bad
	}
	if len(*list) == mostChecks {
		v.Lost++
		return
	}
	*list = append(*list, c)
}

// lineOf is the line of FILE:LINE, where the file is the one meant.
func lineOf(place, file string) int {
	name, line, ok := strings.Cut(strings.TrimPrefix(place, file), ":")
	n, err := strconv.Atoi(line)
	if name != "" || !ok || err != nil {
		return 0
	}
	return n
}

// skipView is what was not done for one reason.
type skipView struct{ Where, What, Reason string }

// leftView is what a package left behind.
type leftView struct {
	Where, Phase, Part string
	result.Check
}

// lists gathers what the page tells of all jobs, by kinds.
func (v *view) lists() {
	for _, j := range v.Jobs {
		v.troubles(j)
		warned := len(v.Warned)
		for _, p := range j.Phases {
			if isWorthALook(p) && !foldInto(v.Warned[warned:], p, warnsTheSame) {
				v.Warned = append(v.Warned, p)
			}
			for _, c := range p.Checks {
				if c.Kind == "leftover" && c.Outcome == result.Failed {
					v.Left = append(v.Left, leftView{p.Where, printable(p.Name), p.Part, c})
				}
			}
		}
		v.skips(j)
	}
	v.Troubles = v.most("troubles", v.Troubles)
	v.Warned = v.most("warnings", v.Warned)
	if n := len(v.Left); n > mostChecks {
		v.More["left"], v.Left = n-mostChecks, v.Left[:mostChecks]
	}
}

func (v *view) most(name string, list []phaseView) []phaseView {
	if n := len(list); n > mostTroubles {
		v.More[name] = n - mostTroubles
		return list[:mostTroubles]
	}
	return list
}

// troubles are the phases that did not pass, or the job if none of them tells.
func (v *view) troubles(j jobView) {
	before := len(v.Troubles)
	for _, p := range j.Phases {
		if (p.Problem != nil || p.Outcome == result.Cancelled) && !foldInto(v.Troubles[before:], p, failsTheSame) {
			v.Troubles = append(v.Troubles, p)
		}
	}
	if len(v.Troubles) == before && (j.Outcome == result.Failed || j.Outcome == result.Fault) {
		v.Troubles = append(v.Troubles, phaseView{
			Phase: result.Phase{Name: j.Kind, Outcome: j.Outcome, Reason: j.Reason},
			At:    j.At, Part: partsOf(whole(j.At)), Where: j.Where,
		})
	}
}

// foldInto adds a phase to the first of a list that tells the same, and says
// whether there is one.
func foldInto(list []phaseView, p phaseView, same func(a, b phaseView) bool) bool {
	i := slices.IndexFunc(list, func(first phaseView) bool { return same(first, p) })
	if i >= 0 {
		list[i].Also = append(list[i].Also, p)
	}
	return i >= 0
}

func failsTheSame(a, b phaseView) bool {
	return a.Problem != nil && b.Problem != nil && a.Problem.Title == b.Problem.Title
}

func warnsTheSame(a, b phaseView) bool {
	return slices.EqualFunc(a.Worth, b.Worth, func(a, b result.Check) bool { return titleOf(a) == titleOf(b) })
}

// isWorthALook says whether a phase has warnings that no other list has.
func isWorthALook(p phaseView) bool {
	return slices.ContainsFunc(p.Worth, func(c result.Check) bool { return c.Warning && c.Kind != "leftover" })
}

// skips are what was not asked for a reason of its own.
func (v *view) skips(j jobView) {
	if j.Outcome == result.Skipped && !notReached(j.Reason) {
		v.Skips = append(v.Skips, skipView{j.Where, j.What, printable(j.Reason)})
		return
	}
	for _, p := range j.Phases {
		if p.Outcome != result.Skipped || notReached(p.Reason) {
			continue
		}
		v.skip(skipView{j.Where, printable(p.Name), printable(p.Reason)})
	}
}

// skip adds a phase to those of one reason.
func (v *view) skip(s skipView) {
	if n := len(v.Skips) - 1; n >= 0 && v.Skips[n].Where == s.Where && v.Skips[n].Reason == s.Reason {
		v.Skips[n].What += ", " + s.What
		return
	}
	v.Skips = append(v.Skips, s)
}

// packagesView is what was handed over for a distro.
type packagesView struct {
	Distro string
	Files  []result.Package
}

func packagesOf(run result.Run) []packagesView {
	var all []packagesView
	for _, p := range run.Packages {
		i := slices.IndexFunc(all, func(v packagesView) bool { return v.Distro == p.Distro })
		if i < 0 {
			all = append(all, packagesView{Distro: p.Distro})
			i = len(all) - 1
		}
		all[i].Files = append(all[i].Files, p)
	}
	return all
}
