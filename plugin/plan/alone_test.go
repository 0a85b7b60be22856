package plan_test

import (
	"slices"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// A run is split over machines by its distros: what each takes by itself is what
// it takes beside the others.
func TestADistroAloneIsPlannedAsBesideOthers(t *testing.T) {
	in := input()
	in.Catalogue = in.Distros
	in.Settings.Test.Distros = map[string]settings.List{"debian-12": {"debian-12", "debian-13"}}
	in.Settings.Test.Skip = settings.List{"debian-13"}
	whole := named(newPlan(t, in))
	var parts []string
	for _, d := range in.Distros {
		alone := in
		alone.Distros = []distros.Distro{d}
		parts = append(parts, named(newPlan(t, alone))...)
	}
	for _, name := range parts {
		if !slices.Contains(whole, name) {
			t.Errorf("%s is not in the whole: %q", name, whole)
		}
	}
	for _, name := range whole {
		if !slices.Contains(parts, name) {
			t.Errorf("%s is in no part: %q", name, parts)
		}
	}
}

// named are the jobs of a plan, those that are left out too.
func named(p plan.Plan) []string {
	var all []string
	for _, j := range p.Jobs {
		all = append(all, j.Name)
	}
	for _, s := range p.Skips {
		all = append(all, s.Job.Name)
	}
	return all
}
