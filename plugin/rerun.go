package plugin

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// rerun is what of an earlier run is done again, and what is kept of it.
type rerun struct {
	// file is that run's results.json, as the user calls it.
	file string
	old  result.Run
	// red distros are done again, kept ones are not.
	red, kept []string
	// order is the names of all jobs, as if everything were done.
	order []string
}

// planAgain is the part of a plan that was not green the last time.
func (s *session) planAgain(req *request, whole plan.Plan) (plan.Plan, error) {
	if err := s.narrow(req, whole); err != nil {
		return whole, err
	}
	if len(s.rerun.red) == 0 {
		return plan.Plan{Input: req.in}, nil
	}
	return plan.New(req.in)
}

// narrow takes the distros that were green the last time out of what is asked
// for.
func (s *session) narrow(req *request, whole plan.Plan) error {
	file := filepath.Join(s.settings.Output, report.ResultsFile)
	old, err := readResults(filepath.Join(s.world.Dir, file))
	if err != nil {
		return fmt.Errorf("rerun: failed, and nothing tells what failed: run without it first, or bring back the %s of the run that is to be done again: %w", file, err)
	}
	r := rerun{file: file, old: old}
	for _, j := range plannedOf(whole) {
		r.order = append(r.order, j.Name)
	}
	red := notGreen(whole, old)
	lost, err := s.lost(old.Packages)
	if err != nil {
		return err
	}
	for _, p := range lost {
		if !red[p.Distro] {
			red[p.Distro] = true
			req.notes = append(req.notes, fmt.Sprintf("rerun: %s is not in %s as it was, so that %s is done again", p.Path, s.settings.Output, p.Distro))
		}
	}
	req.in.Distros = slices.DeleteFunc(slices.Clone(req.in.Distros), func(d distros.Distro) bool {
		names := &r.kept
		if red[d.Name] {
			names = &r.red
		}
		*names = append(*names, d.Name)
		return !red[d.Name]
	})
	s.rerun = &r
	req.notes = append(req.notes, r.String())
	if len(r.red) > 0 {
		return nil
	}
	if err := r.mayStay(sourceOf(req.in)); err != nil {
		return fmt.Errorf("rerun: failed, and nothing was red in %s; but %w: run without rerun", file, err)
	}
	return nil
}

// mayStay says why all of the earlier run cannot stand for a source, if it
// cannot.
func (r rerun) mayStay(now result.Source) error {
	switch before := r.old.Source.Words(); {
	case r.old.Outcome != result.Passed && !slices.ContainsFunc(r.old.Jobs, func(j result.Job) bool { return !j.Green() }):
		return fmt.Errorf("that run ended as %s: %s", r.old.Outcome, r.old.Reason)
	case before != now.Words():
		return fmt.Errorf("that is of %s, and this is %s", before, now.Words())
	case now.Revision == "" || strings.HasSuffix(now.Revision, "-dirty"):
		return fmt.Errorf("whether that is of these files nothing tells, both being %s", before)
	}
	return nil
}

// lost are the packages that are not in the output directory as they were.
func (s *session) lost(all []result.Package) ([]result.Package, error) {
	dir, err := os.OpenRoot(filepath.Join(s.world.Dir, s.settings.Output))
	if err != nil {
		return nil, err
	}
	defer dir.Close() //nolint:errcheck // read only
	return slices.DeleteFunc(slices.Clone(all), func(p result.Package) bool {
		sum, err := sumOf(dir, p.Path)
		return err == nil && sum == p.SHA256
	}), nil
}

// notGreen are the distros of which something that is to be done was not done,
// or did not pass.
func notGreen(whole plan.Plan, old result.Run) map[string]bool {
	red := map[string]bool{}
	for _, j := range whole.Jobs {
		i := slices.IndexFunc(old.Jobs, func(done result.Job) bool { return done.Name == j.Name })
		if i >= 0 && old.Jobs[i].Green() && wentThrough(j, old.Jobs[i]) {
			continue
		}
		red[cmp.Or(j.BuiltFor, j.Distro)] = true
	}
	return red
}

// wentThrough says whether a test had all the phases it is to have.
func wentThrough(j plan.Job, done result.Job) bool {
	if j.Kind != plan.Test {
		return true
	}
	return !slices.ContainsFunc(j.Phases, func(p plan.Phase) bool {
		return !slices.ContainsFunc(done.Phases, func(d result.Phase) bool { return d.Name == p.Name })
	})
}

// String says what is done again, and what is kept.
func (r rerun) String() string {
	of := fmt.Sprintf("run %s of %s (%s)", r.old.ID, r.old.Source.Words(), r.file)
	if len(r.red) == 0 {
		return fmt.Sprintf("rerun: failed, and nothing was red in %s: nothing is done; %s kept", of, areWords(r.kept))
	}
	words := fmt.Sprintf("rerun: failed: %s not green in %s", wasWords(r.red), of)
	if len(r.kept) > 0 {
		words += fmt.Sprintf("; %s kept from it", areWords(r.kept))
	}
	return words
}

func areWords(names []string) string { return agree(names, "is", "are") }
func wasWords(names []string) string { return agree(names, "was", "were") }

func agree(names []string, one, several string) string {
	if len(names) == 1 {
		return names[0] + " " + one
	}
	return strings.Join(names, ", ") + " " + several
}

// whole is a rerun with what is kept of the earlier run; any other as it is.
func (s *session) whole(happened result.Run) result.Run {
	if s.rerun == nil {
		return happened
	}
	return happened.Keep(s.rerun.old, s.rerun.kept, s.rerun.order)
}
