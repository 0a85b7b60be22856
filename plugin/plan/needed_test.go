package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// Whatever there is to build, a plan comes by the same images.
func TestImagesAreThoseOfThePlan(t *testing.T) {
	in := input()
	in.Catalogue = append(slices.Clone(in.Distros), distros.Distro{Name: "debian-sid", Family: "debian", Image: "debian:sid"})
	in.Settings.Test.Distros = map[string]settings.List{"debian-12": {"debian-12", "debian-sid"}}
	in.Settings.Services.Named = map[string]settings.Service{"redis": {}}
	names := func(jobs []plan.Job) []string {
		var all []string
		for _, j := range jobs {
			if j.Base != nil {
				all = append(all, j.Name+" "+j.Base.String())
			}
		}
		slices.Sort(all)
		return all
	}
	want := names(newPlan(t, in).Jobs)
	in.Source.Packages = nil
	got, err := plan.Images(in)
	if err != nil || len(want) != 4 {
		t.Errorf("%v, %q", err, want)
	}
	if d := cmp.Diff(want, names(got)); d != "" {
		t.Error(d)
	}
}

func TestImagesOfWhatIsNotKnown(t *testing.T) {
	in := input()
	in.Settings.Test.Distros = map[string]settings.List{"debian-12": {"debian-99"}}
	in.Settings.Services.Named = map[string]settings.Service{"strange": {}}
	all, err := plan.Images(in)
	if err == nil || !strings.Contains(err.Error(), "strange") || !strings.Contains(err.Error(), "debian-99") {
		t.Errorf("got %v", err)
	}
	if len(all) != 2 {
		t.Errorf("the others: %v", all)
	}
}

func TestWhatCannotBoot(t *testing.T) {
	in := input()
	in.Host.Cgroup = "2"
	for d, want := range map[*distros.Distro]string{
		{Name: "new", Family: "debian", Systemd: 252}:     "",
		{Name: "old", Family: "debian", Systemd: 215}:     "its systemd 215 knows no cgroup v2",
		{Name: "el6", Family: "debian", Boots: "upstart"}: "it boots upstart",
	} {
		got := plan.Unbootable(in, *d)
		if (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", d.Name, got)
		}
	}
}

func TestHowManyAtATime(t *testing.T) {
	for _, tt := range []struct{ parallel, cpus, builds, machines int }{{0, 2, 2, 3}, {5, 2, 5, 6}, {0, 0, 1, 2}} {
		builds, machines := plan.AtATime(settings.Settings{Parallel: settings.Int(tt.parallel)}, plan.Host{CPUs: tt.cpus})
		if builds != tt.builds || machines != tt.machines {
			t.Errorf("%+v: %d, %d", tt, builds, machines)
		}
	}
}
