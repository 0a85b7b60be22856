package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

const pkgbuild = "pkgname=(greeter greeter-doc)\npkgver=1\npkgrel=1\narch=(x86_64)\nmakedepends=(libfoo gcc)\n"

// pacmanInput is a plan's input for Arch Linux, by the family it has.
func pacmanInput(t *testing.T) plan.Input {
	t.Helper()
	in := knownInput(t)
	in.Distros = only(in.Distros, "arch")
	return in
}

func TestAPKGBUILDIsBuiltWhereItIs(t *testing.T) {
	p := newPlan(t, pacmanInput(t))
	golden(t, "pacman", p.String())
	build := jobOf(t, p, "arch/build/greeter")
	if env := build.Container.Env; env["DP_PKGBUILD"] != "arch/PKGBUILD" || env["DP_SOURCE"] != "/build/source" {
		t.Errorf("%v", env)
	}
	environment := jobOf(t, p, "arch/environment/greeter")
	for _, s := range environment.Phases[0].Steps {
		if c, ok := s.(plan.CopyIn); ok && !strings.Contains(c.Files["PKGBUILD"], "makedepends=(libfoo gcc)\n") {
			t.Errorf("its environment is keyed by %v", c.Files)
		}
	}
}

// Where packages leave units alone, an administrator restarts, stops and
// disables them; and no removal takes data.
func TestUnitsOfArchAreTheAdministrators(t *testing.T) {
	stopped := map[string]bool{}
	for _, phase := range jobOf(t, newPlan(t, pacmanInput(t)), "arch/test").Phases {
		for i, s := range phase.Steps {
			a, ok := s.(plan.Ask)
			if !ok {
				continue
			}
			if !a.Request.Presets || !a.Request.Administered || !a.Request.NoPurge {
				t.Errorf("%s: %+v", phase.Name, a.Request)
			}
			if i == 0 && a.Request.Question == check.State && !a.Request.Enabled && !a.Request.Active {
				stopped[phase.Name] = true
			}
		}
	}
	if d := cmp.Diff(map[string]bool{"remove": true, "purge": true}, stopped); d != "" {
		t.Errorf("what is stopped before: %s", d)
	}
}

func TestPacmanPurgesConfiguration(t *testing.T) {
	for _, phase := range jobOf(t, newPlan(t, pacmanInput(t)), "arch/test").Phases {
		purges := slices.ContainsFunc(phase.Steps, func(s plan.Step) bool { e, ok := s.(plan.Exec); return ok && e.Title == "pacman: purge" })
		if purges != (phase.Name == "purge") {
			t.Errorf("%s purges: %v", phase.Name, purges)
		}
	}
}

func TestFinishedPackagesOfPacmanAreNamedByTheirFiles(t *testing.T) {
	in := pacmanInput(t)
	in.Settings.Packages = map[string]settings.Package{"finished": {Finished: settings.Origins{"out"}}}
	in.Settings.Test.Files = map[string]settings.File{"/etc/x": {Content: `{{ (index .packages "greeter-doc").version }}`}}
	in.Finished = map[plan.Origin][]string{{Setting: "packages.finished", Format: "pacman", Where: "out"}: {"out/greeter-doc-1:1.4-1-any.pkg.tar.zst?x=1"}}
	for _, s := range jobOf(t, newPlan(t, in), "arch/fetch/finished").Phases[0].Steps {
		if c, ok := s.(plan.CopyIn); ok && c.What == plan.Finished && c.Finished[0].Name != "greeter-doc-1:1.4-1-any.pkg.tar.zst" {
			t.Errorf("%+v", c.Finished)
		}
	}
}

func TestAMissingPKGBUILDIsToldWithWhereItIsLookedFor(t *testing.T) {
	in := pacmanInput(t)
	in.Source.Packages = in.Source.Packages[:2]
	want := "source: . holds no PKGBUILD (PKGBUILD in the root, in packaging/, arch/ or archlinux/, or anywhere else where there is none): " +
		"name it with packages: {NAME: {pkgbuild: FILE}}, or point source at the tree; for .deb there is debian: " +
		"to build that alone, ask for no distro that takes .pkg.tar.zst"
	if _, err := plan.New(in); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
