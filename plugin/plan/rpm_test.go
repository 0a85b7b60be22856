package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

const spec = "Name: greeter\nVersion: 1\nRelease: 1\nBuildRequires: gcc\n\n%package doc\nSummary: x\n\n%description\nx\n"

// rpmInput is a plan's input for debian-12 and rocky-9, of a tree that has a
// debian directory and a spec file.
func rpmInput() plan.Input {
	in := input()
	in.Source.Packages = append(in.Source.Packages, source.Package{Name: "greeter", Format: "rpm", Where: "rpm/greeter.spec", Dir: ".", Control: spec})
	in.Distros[1] = distros.Distro{Name: "rocky-9", Family: "rhel", Image: "rocky:9", Init: "systemd", Systemd: 252, Dist: ".el9"}
	recipes := map[distros.Recipe]string{}
	for r, script := range in.Families["debian"].Recipes {
		if r != distros.Purge {
			recipes[r] = script
		}
	}
	in.Families["rhel"] = distros.Family{
		Name: "rhel", Format: "rpm", Manager: "dnf", Presets: true, Agent: true, Recipes: recipes,
		Functions: "pm=dnf\n", Line: "rpm file:$DIR",
	}
	return in
}

func TestEachDistroTakesItsOwnOfATree(t *testing.T) {
	p := newPlan(t, rpmInput())
	golden(t, "rpm", p.String()+"\n"+p.Detail())
	build := jobOf(t, p, "rocky-9/build/greeter")
	for name, want := range map[string]string{"DP_SPEC": "rpm/greeter.spec", "DP_SOURCE": "/build/source", "DP_DIST": ".el9"} {
		if got := build.Container.Env[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, s := range build.Phases[0].Steps {
		if e, ok := s.(plan.Exec); ok && e.Title == "build" && e.Script != "pm=dnf\necho build" {
			t.Errorf("the build's script is %q", e.Script)
		}
	}
}

func TestADebianDirectoryOfAnotherNameIsCalledDebian(t *testing.T) {
	in := input()
	in.Source.Packages = []source.Package{{Name: "greeter", Format: "deb", Where: "packaging/jammy", Dir: "packaging", Control: "Source: greeter\n"}}
	env := jobOf(t, newPlan(t, in), "debian-12/build/greeter").Container.Env
	if env["DP_DEB"] != "jammy" || env["DP_SOURCE"] != "/build/source/packaging" {
		t.Errorf("%v", env)
	}
}

func TestWhatASpecFilePackagesIsItsTree(t *testing.T) {
	in := rpmInput()
	in.Source.Packages = []source.Package{{Name: "greeter", Format: "rpm", Where: "sub/SPECS/greeter.spec", Dir: "sub", Control: spec}}
	in.Distros = in.Distros[1:]
	env := jobOf(t, newPlan(t, in), "rocky-9/build/greeter").Container.Env
	if env["DP_SPEC"] != "SPECS/greeter.spec" || env["DP_SOURCE"] != "/build/source/sub" {
		t.Errorf("%v", env)
	}
}

func TestAnEnvironmentIsKeyedByWhatTheSpecNeeds(t *testing.T) {
	key := func(spec string) string {
		in := rpmInput()
		in.Source.Packages[1].Control = spec
		return jobOf(t, newPlan(t, in), "rocky-9/environment/greeter").Cache.Key
	}
	if key(spec) != key(spec+"%changelog\n- x\n") {
		t.Error("a changelog makes it anew")
	}
	if key(spec) == key("BuildRequires: make\n"+spec) {
		t.Error("a requirement does not make it anew")
	}
}

func TestWhatIsLookedForIsNamed(t *testing.T) {
	for want, change := range map[string]func(*plan.Input){
		"source: . holds no spec file (*.spec in the root, in packaging/, rpm/ or SPECS/, or anywhere else where there is none): " +
			"name it with packages: {NAME: {rpm: FILE}}, or point source at the tree; for .deb there is debian: " +
			"to build that alone, ask for no distro that takes .rpm": func(in *plan.Input) { in.Source.Packages = in.Source.Packages[:1] },
		`packages.greeter: no spec file "x.spec" in .; there are: rpm/greeter.spec`: func(in *plan.Input) {
			in.Settings.Packages = map[string]settings.Package{"greeter": {Rpm: "x.spec"}}
		},
	} {
		in := rpmInput()
		change(&in)
		if _, err := plan.New(in); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestOldInitsAreToldOfBeforeTheRun(t *testing.T) {
	for want, change := range map[string]func(*plan.Input){
		"rocky-9 is built and not tested: it boots upstart, which test machines cannot; init: none tests it without its services": func(in *plan.Input) {
			in.Distros[1].Boots = "upstart"
		},
		"rocky-9 is built and not tested: its systemd 219 knows no cgroup v2, and this host has nothing else; a host with cgroup v1 boots it, and init: none tests it without its services": func(in *plan.Input) {
			in.Distros[1].Systemd, in.Host.Cgroup = 219, "2"
		},
	} {
		in := rpmInput()
		change(&in)
		p := newPlan(t, in)
		if !strings.Contains(p.String(), "note: "+want+"\n") || len(p.Skips) != 1 || p.Skips[0].Why != want {
			t.Errorf("%s\nskips: %+v", p, p.Skips)
		}
	}
	in := rpmInput()
	in.Distros[1].Systemd = 219
	if p := newPlan(t, in); len(p.Skips) > 0 {
		t.Errorf("cgroup v1 boots it: %+v", p.Skips)
	}
}

func TestADistroBootsItsOwnInit(t *testing.T) {
	in := withInits(nil)
	in.Distros[0].Boots, in.Distros[0].Init = "sysvinit", "sysvinit"
	machine := jobOf(t, newPlan(t, in), "debian-12/machine")
	if machine.Cause != "boots sysvinit" || machine.Container.Env["DP_INIT"] != "sysvinit" {
		t.Errorf("%s with %q", machine.Cause, machine.Container.Env["DP_INIT"])
	}
}

func TestLinesAreForThoseWhoTakeThem(t *testing.T) {
	in := rpmInput()
	in.Settings.Test.UpgradeFrom = settings.Origins{"rpm https://x.example/{{ .distro.name }}/"}
	got := map[string]string{}
	for _, j := range newPlan(t, in).Jobs {
		for _, phase := range j.Phases {
			for _, s := range phase.Steps {
				if phase.Name == "upgrade" && len(got[j.Distro]) == 0 && !strings.HasPrefix(s.String(), "go back") {
					got[j.Distro] = s.String()
				}
			}
		}
	}
	want := map[string]string{
		"debian-12": "make an older version of each package",
		"rocky-9":   "find the older version in rpm https://x.example/rocky-9/",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestFinishedRpmsAreNamedByTheirFiles(t *testing.T) {
	in := rpmInput()
	in.Distros = in.Distros[1:]
	in.Settings.Packages = map[string]settings.Package{"finished": {Finished: settings.Origins{"out"}}}
	in.Settings.Test.Files = map[string]settings.File{"/etc/x": {Content: `{{ (index .packages "greeter-doc").version }}`}}
	in.Finished = map[plan.Origin][]string{{Setting: "packages.finished", Format: "rpm", Where: "out"}: {"out/greeter-doc-1.4-1.el9.noarch.rpm"}}
	steps := jobOf(t, newPlan(t, in), "rocky-9/fetch/finished").Phases[0].Steps
	if !slices.ContainsFunc(steps, func(s plan.Step) bool { c, ok := s.(plan.CopyIn); return ok && c.What == plan.Agent }) {
		t.Errorf("no agent makes the repository: %v", steps)
	}
}

// knownInput is a plan's input for all releases that are known.
func knownInput(t *testing.T) plan.Input {
	t.Helper()
	all, err := distros.All()
	if err != nil {
		t.Fatal(err)
	}
	families, err := distros.Families()
	if err != nil {
		t.Fatal(err)
	}
	in := rpmInput()
	in.Distros, in.Catalogue, in.Families = all, all, families
	in.Source.Packages = append(in.Source.Packages,
		source.Package{Name: "greeter", Format: "pacman", Where: "arch/PKGBUILD", Dir: ".", Control: pkgbuild},
		source.Package{Name: "greeter", Format: "apk", Where: "alpine/APKBUILD", Dir: ".", Control: apkbuild})
	return in
}

func only(all []distros.Distro, names ...string) []distros.Distro {
	return slices.DeleteFunc(slices.Clone(all), func(d distros.Distro) bool { return !slices.Contains(names, d.Name) })
}

// What is built on one of rhel's relatives is tested on the others; what was
// linked with a newer C library is not, and that is said.
func TestRelativesTestEachOthersPackages(t *testing.T) {
	in := knownInput(t)
	in.Distros = only(in.Distros, "rocky-9", "alma-10", "debian-12")
	in.Settings.Test.Distros = map[string]settings.List{
		"rocky-9": {"rocky-9", "alma-9", "oracle-9", "ubi-9"}, "alma-10": {"rocky-9"}, "debian-12": {"ubuntu-24.04", "ubi-9"},
	}
	in.Source.Packages[0].Control = "Source: greeter\n\nPackage: greeter\nArchitecture: any\n"
	p := newPlan(t, in)
	for _, name := range []string{"rocky-9/test", "rocky-9/test/alma-9", "rocky-9/test/oracle-9", "rocky-9/test/ubi-9", "debian-12/test/ubuntu-24.04"} {
		if test := jobOf(t, p, name); !slices.Contains(test.Needs, test.Distro+"/machine") {
			t.Errorf("%s needs %v", name, test.Needs)
		}
	}
	var why []string
	for _, s := range p.Skips {
		why = append(why, s.Why)
	}
	want := []string{
		"what is built for alma-10 is not tested on rocky-9: it has glibc 2.34, older than the 2.39 that they are built with",
		"what is built for debian-12 is not tested on ubi-9: it installs .rpm, not .deb",
	}
	if d := cmp.Diff(want, why); d != "" {
		t.Error(d)
	}
}

// Each release that is known can be planned for, by the family it has, on a
// host where the oldest inits cannot boot.
func TestEveryDistroIsPlanned(t *testing.T) {
	in := knownInput(t)
	in.Host.Cgroup = "2"
	p := newPlan(t, in)
	golden(t, "every", p.String())
	for _, d := range in.Distros {
		if build := jobOf(t, p, d.Name+"/build/greeter"); build.Container.Env["DP_SOURCE"] == "" {
			t.Errorf("%s: nothing to build", d.Name)
		}
	}
}

// What every recipe may read is there wherever one runs: test machines have no
// environment of their own.
func TestRecipesOfTestMachinesAreToldWhatTheyMayRead(t *testing.T) {
	in := rpmInput()
	in.Finished = map[plan.Origin][]string{{Setting: "test.upgrade_from", Format: "rpm", Where: "old"}: {"old/greeter-0.9-1.noarch.rpm"}}
	for _, from := range []settings.Origins{nil, {"old"}} {
		in.Settings.Test.UpgradeFrom = from
		for _, phase := range jobOf(t, newPlan(t, in), "rocky-9/test").Phases {
			for _, s := range phase.Steps {
				if e, ok := s.(plan.Exec); ok && strings.HasPrefix(e.Script, "pm=dnf") && (e.Env["DP_ROOT"] == "" || e.Env["DP_AGENT"] == "") {
					t.Errorf("%s: %s: %v", phase.Name, e.Title, e.Env)
				}
			}
		}
	}
}

// What a family's data say is decided once, here: the agent is told.
func TestTheAgentIsToldWhatTheFamilyIsLike(t *testing.T) {
	p := newPlan(t, rpmInput())
	for name, want := range map[string]bool{"debian-12/test": false, "rocky-9/test": true} {
		asked := 0
		for _, phase := range jobOf(t, p, name).Phases {
			for _, s := range phase.Steps {
				if a, ok := s.(plan.Ask); ok {
					asked++
					if a.Request.Presets != want || a.Request.NoPurge != want {
						t.Errorf("%s: %s: %+v", name, phase.Name, a.Request)
					}
				}
			}
		}
		if asked == 0 {
			t.Errorf("%s asks nothing", name)
		}
	}
}
