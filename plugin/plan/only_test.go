package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// names are the jobs of a plan.
func names(p plan.Plan) string {
	var all []string
	for _, j := range p.Jobs {
		all = append(all, j.Name)
	}
	return strings.Join(all, " ")
}

// phases are those of a job.
func phases(p plan.Plan, job string) string {
	var all []string
	for _, j := range p.Jobs {
		for _, phase := range j.Phases {
			if j.Name == job {
				all = append(all, phase.Name)
			}
		}
	}
	return strings.Join(all, " ")
}

func TestOnlyBuildBootsNoMachine(t *testing.T) {
	in := input()
	in.Settings.Only = settings.List{"build", "debian-12"}
	p := newPlan(t, in)
	if d := cmp.Diff("debian-12/image debian-12/environment/greeter debian-12/build/greeter", names(p)); d != "" {
		t.Error(d)
	}
	const why = "debian-12 is built and not tested: only: build"
	if len(p.Skips) != 1 || p.Skips[0].Why != why || !strings.Contains(p.String(), "note: "+why) {
		t.Errorf("it is not told: %+v\n%s", p.Skips, p)
	}
}

func TestOnlyTestBuildsNothing(t *testing.T) {
	in := finished()
	in.Settings.Only = settings.List{"test", "trixie"}
	if d := cmp.Diff("debian-13/image debian-13/fetch/finished debian-13/machine debian-13/test", names(newPlan(t, in))); d != "" {
		t.Error(d)
	}
}

func TestOnlyBothWordsIsAll(t *testing.T) {
	in := input()
	in.Settings.Only = settings.List{"build", "test"}
	if d := cmp.Diff(names(newPlan(t, input())), names(newPlan(t, in))); d != "" {
		t.Error(d)
	}
}

func TestOnlySomePhases(t *testing.T) {
	for only, want := range map[string]string{
		"debian-12/greeter/restart":                          "boot install restart",
		"debian-12/greeter/return":                           "boot install remove return",
		"debian-12/greeter/downgrade":                        "boot install upgrade downgrade",
		"debian-*/gr*/install":                               "boot install",
		"bookworm/greeter/purge, debian-12/greeter/check":    "boot install check purge",
		"debian-12/greeter/build":                            "",
		"debian-12/greeter/build, debian-12/greeter/service": "boot install service",
		"debian-12/greeter/purge, debian-12":                 phases(newPlan(t, input()), "debian-12/test"),
	} {
		in := input()
		in.Settings.Only = strings.Split(only, ", ")
		if got := phases(newPlan(t, in), "debian-12/test"); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", only, got, want)
		}
	}
}

func TestOnlyPackagesByPattern(t *testing.T) {
	in := input()
	in.Source.Packages = []source.Package{{Name: "lib", Format: "deb", Where: "lib/debian", Dir: "lib"}, {Name: "app-a", Format: "deb", Where: "a/debian", Dir: "a"}, {Name: "app-b", Format: "deb", Where: "b/debian", Dir: "b"}}
	in.Settings.Packages = map[string]settings.Package{"lib": {}, "app-a": {Needs: settings.List{"lib"}}, "app-b": {}}
	in.Settings.Only = settings.List{"debian-13/app-a*", "build"}
	got := names(newPlan(t, in))
	if strings.Contains(got, "app-b") || !strings.Contains(got, "debian-13/build/lib") || strings.Contains(got, "debian-12") {
		t.Errorf("planned: %s", got)
	}
}

func TestWhatOnlyCannotMean(t *testing.T) {
	for only, c := range map[string]struct {
		in   plan.Input
		want string
	}{
		"test":                     {input(), `only: test wants finished packages, and greeter is to be built: name what an earlier run built, with packages: "dist/{{ .distro.name }}", or leave the word test out`},
		"build":                    {finished(), "only: build, and all packages are finished: there is nothing to build; leave the word build out to test them"},
		"debian-12/greeter/upgrad": {input(), `only: debian-12/greeter/upgrad: "upgrad" is no phase; there are: service, check, restart, reboot, reinstall, remove, return, purge, upgrade, downgrade`},
	} {
		c.in.Settings.Only = settings.List{only}
		if _, err := plan.New(c.in); err == nil || err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", only, err, c.want)
		}
	}
}
