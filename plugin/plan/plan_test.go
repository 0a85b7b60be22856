package plan_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

var update = flag.Bool("update", false, "write the goldens anew")

// input is a small plan's: one package for two distros on two CPUs.
func input() plan.Input {
	recipes := map[distros.Recipe]string{}
	for _, r := range []distros.Recipe{
		distros.Mirror, distros.Toolchain, distros.BuildDeps, distros.Version, distros.Revision, distros.Build, distros.Index,
		distros.Machine, distros.Repository, distros.Dependencies,
		distros.Install, distros.Reinstall, distros.Remove, distros.Purge,
	} {
		recipes[r] = "echo " + string(r)
	}
	return plan.Input{
		Tool: "0.1.0", Run: "k7q2",
		Settings: settings.Settings{Source: ".", Pull: "if-not-exists", ImageSource: "auto", Privileged: "auto", CheckValidUntil: true},
		Source: source.Tree{
			Path: ".", Revision: "v1.4.0-3-g81cd2ee", Files: 84, Size: 1_200_000,
			Packages: []source.Package{{Name: "greeter", Format: "deb", Where: "debian", Dir: ".", Control: "Source: greeter\n"}},
		},
		Distros: []distros.Distro{
			{Name: "debian-12", Family: "debian", Image: "debian:12", Suite: "bookworm", Init: "systemd-sysv", Aliases: []string{"bookworm"}},
			{Name: "debian-13", Family: "debian", Image: "debian:13", Suite: "trixie", Init: "systemd-sysv", Aliases: []string{"trixie"}},
		},
		Families: map[string]distros.Family{"debian": {Name: "debian", Format: "deb", Manager: "apt", Bootstrap: "mmdebstrap", Recipes: recipes}},
		Host:     plan.Host{Engine: "docker", Version: "20.10.24", Platform: "linux/amd64", CPUs: 2, Memory: 8 << 30, Cgroup: "1"},
	}
}

func newPlan(t *testing.T, in plan.Input) plan.Plan {
	t.Helper()
	p, err := plan.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (run with -update if it is meant):\n%s", file, d)
	}
}

func TestPlanPrintsBeforeAnythingStarts(t *testing.T) {
	p := newPlan(t, input())
	golden(t, "plan", p.String()+"\n"+p.Detail())
}

func TestPlanIsAFunctionOfItsInput(t *testing.T) {
	if d := cmp.Diff(newPlan(t, input()).Detail(), newPlan(t, input()).Detail()); d != "" {
		t.Error(d)
	}
}

func TestPlanForecastsTheCache(t *testing.T) {
	in := input()
	for _, j := range newPlan(t, in).Jobs {
		if j.Cache != nil && j.Distro == "debian-12" {
			in.Images = append(in.Images, plan.Image{Recipe: j.Cache.Key, Seconds: 12})
		}
	}
	text := newPlan(t, in).String()
	if !strings.Contains(text, "environment, machine (saves about 24s)") {
		t.Errorf("no forecast in:\n%s", text)
	}
}

func TestCacheKeys(t *testing.T) {
	key := func(change func(*plan.Input)) string {
		in := input()
		change(&in)
		for _, j := range newPlan(t, in).Jobs {
			if j.Kind == plan.Environment {
				return j.Cache.Key
			}
		}
		return ""
	}
	same := key(func(*plan.Input) {})
	if got := key(func(in *plan.Input) {
		in.Source.Files, in.Version = 7, "2"
		in.Source.Packages[0].Control += "# why\nStandards-Version: 4.7\n\nPackage: x\nDepends: y\n"
	}); got != same {
		t.Error("an environment depends on more than what the build needs")
	}
	changes := map[string]func(*plan.Input){
		"control": func(in *plan.Input) { in.Source.Packages[0].Control += "Build-Depends: x\n" },
		"recipe":  func(in *plan.Input) { in.Families["debian"].Recipes[distros.Toolchain] = "other" },
		"mirror":  func(in *plan.Input) { in.Settings.Mirror = settings.Map{"debian-*": "https://mirror.example/"} },
	}
	for name, change := range changes {
		if key(change) == same {
			t.Errorf("%s changed and the environment's key did not", name)
		}
	}
}

func TestCPUsAreSharedBetweenBuilds(t *testing.T) {
	jobs := func(in plan.Input) string {
		for _, j := range newPlan(t, in).Jobs {
			if j.Kind == plan.Build {
				return j.Container.Env["DP_JOBS"]
			}
		}
		return ""
	}
	two, one := input(), input()
	one.Distros = one.Distros[:1]
	if got := jobs(two); got != "1" {
		t.Errorf("two builds on two CPUs: -j%s, want -j1", got)
	}
	if got := jobs(one); got != "2" {
		t.Errorf("one build on two CPUs: -j%s, want -j2", got)
	}
}

func TestOnly(t *testing.T) {
	in := input()
	in.Settings.Only = settings.List{"trixie/greeter"}
	for _, j := range newPlan(t, in).Jobs {
		if j.Distro != "debian-13" {
			t.Errorf("%s is planned, only debian-13 was asked for", j.Name)
		}
	}
}

func TestNeedsOrderBuilds(t *testing.T) {
	in := input()
	in.Source.Packages = []source.Package{
		{Name: "lib", Format: "deb", Where: "lib/debian", Dir: "lib", Control: "Source: lib\n"},
		{Name: "app", Format: "deb", Where: "app/debian", Dir: "app", Control: "Source: app\n"},
	}
	in.Settings.Packages = map[string]settings.Package{"lib": {}, "app": {Needs: settings.List{"lib"}}}
	for _, j := range newPlan(t, in).Jobs {
		if j.Name == "debian-12/build/app" && !strings.Contains(strings.Join(j.Needs, " "), "debian-12/build/lib") {
			t.Errorf("app is not built after lib: %v", j.Needs)
		}
	}
}

func TestPlanErrors(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*plan.Input)
		want   string
	}{
		"nothing to build": {
			func(in *plan.Input) { in.Source.Packages = nil },
			"source: . holds no debian/control with changelog and rules beside it: name the directory with packages: {NAME: {deb: DIR}}, or point source at the tree",
		},
		"no such package": {
			func(in *plan.Input) {
				in.Settings.Packages = map[string]settings.Package{"x": {Deb: "pkg/debian"}}
			},
			`packages.x: no directory "pkg/debian" with control, changelog and rules in .; there are: debian`,
		},
		"only matches nothing": {
			func(in *plan.Input) { in.Settings.Only = settings.List{"debian-12/other"} },
			"only: debian-12/other matches none of the distros and packages asked for (debian-12/greeter, debian-13/greeter)",
		},
		"no such family": {
			func(in *plan.Input) { in.Families = nil },
			`distro debian-12: there is no family "debian"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := input()
			c.change(&in)
			_, err := plan.New(in)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestLadder(t *testing.T) {
	host := func(change func(*plan.Host)) plan.Host {
		h := plan.Host{Engine: "docker", Version: "28.5.2", Cgroup: "2", AppArmor: true}
		change(&h)
		return h
	}
	for name, c := range map[string]struct {
		host       plan.Host
		privileged string
		want       string
	}{
		"v2, docker 28":      {host(func(*plan.Host) {}), "auto", "no added rights, its own cgroups writable | SYS_ADMIN in its own cgroup namespace | privileged"},
		"v2, docker 26":      {host(func(h *plan.Host) { h.Version = "26.1.5" }), "auto", "SYS_ADMIN in its own cgroup namespace | privileged"},
		"v2, user namespace": {host(func(h *plan.Host) { h.UserNS = true }), "never", "no added rights | SYS_ADMIN in its own cgroup namespace"},
		"v1":                 {host(func(h *plan.Host) { h.Cgroup, h.Version = "1", "20.10.24" }), "auto", "SYS_ADMIN in its own cgroup namespace | privileged"},
		"v1, never":          {host(func(h *plan.Host) { h.Cgroup = "1" }), "never", "SYS_ADMIN in its own cgroup namespace"},
		"always":             {host(func(*plan.Host) {}), "always", "privileged"},
	} {
		t.Run(name, func(t *testing.T) {
			var names []string
			for _, r := range plan.Ladder(c.host, c.privileged) {
				names = append(names, r.Name)
			}
			if got := strings.Join(names, " | "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestTimeLimits(t *testing.T) {
	in := input()
	in.Settings.Timeout, in.Settings.BootTimeout = settings.Duration(20*time.Minute), settings.Duration(time.Minute)
	var prepares []string
	for _, j := range newPlan(t, in).Jobs {
		if j.Timeout != 20*time.Minute {
			t.Errorf("%s: phases may take %s", j.Name, j.Timeout)
		}
		for _, p := range j.Phases {
			if p.Prepares && j.Distro == "debian-12" {
				prepares = append(prepares, p.Name)
			}
			if boot, ok := p.Steps[0].(plan.Boot); ok && boot.Timeout != 75*time.Second {
				t.Errorf("a rung may take %s, its agent waits for a minute", boot.Timeout)
			}
		}
	}
	if d := cmp.Diff([]string{"environment", "machine", "boot"}, prepares); d != "" {
		t.Errorf("phases that are no doing of the package:\n%s", d)
	}
}

func TestSkippedTestsAreNoJobsAndNotForgotten(t *testing.T) {
	in := input()
	in.Settings.Test.Skip = settings.List{"bookworm"}
	p := newPlan(t, in)
	for _, j := range p.Jobs {
		if j.Distro == "debian-12" && (j.Kind == plan.Test || j.Kind == plan.Machine) {
			t.Errorf("%s is planned", j.Name)
		}
	}
	const why = `debian-12 is built and not tested: test.skip has "bookworm"`
	if len(p.Skips) != 1 || p.Skips[0].Job.Name != "debian-12/test" || p.Skips[0].Why != why {
		t.Errorf("skips: %+v", p.Skips)
	}
	if !strings.Contains(p.String(), "note: "+why+"\n") {
		t.Errorf("it is not told before anything starts:\n%s", p)
	}
}

// What test.lifecycle can choose is what there is to leave out.
func TestLifecycleIsChosen(t *testing.T) {
	all := func(chosen ...string) []string {
		in := input()
		in.Settings.Test.Lifecycle = chosen
		var names []string
		for _, j := range newPlan(t, in).Jobs {
			if j.Name == "debian-12/test" {
				for _, p := range j.Phases {
					names = append(names, p.Name)
				}
			}
		}
		return names
	}
	if d := cmp.Diff(append([]string{"boot", "install"}, settings.Phases...), all()); d != "" {
		t.Error(d)
	}
	for _, c := range []struct{ chosen, want string }{
		{"purge", "boot install purge"},
		{"check purge restart", "boot install check restart purge"},
		{"downgrade", "boot install upgrade downgrade"},
		{"downgrade upgrade", "boot install upgrade downgrade"},
	} {
		if got := strings.Join(all(strings.Fields(c.chosen)...), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.chosen, got, c.want)
		}
	}
}
