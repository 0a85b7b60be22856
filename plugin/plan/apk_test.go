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

const apkbuild = "pkgname=greeter\npkgver=1\npkgrel=0\narch=all\nsubpackages=\"$pkgname-doc\"\nmakedepends=\"libfoo-dev make\"\n"

// apkInput is a plan's input for a release of Alpine, by the family it has.
func apkInput(t *testing.T) plan.Input {
	t.Helper()
	in := knownInput(t)
	in.Distros = only(in.Distros, "alpine-3.22")
	return in
}

func TestAnAPKBUILDIsBuiltWhereItIs(t *testing.T) {
	p := newPlan(t, apkInput(t))
	golden(t, "apk", p.String())
	build := jobOf(t, p, "alpine-3.22/build/greeter")
	if env := build.Container.Env; env["DP_APKBUILD"] != "alpine/APKBUILD" || env["DP_SOURCE"] != "/build/source" {
		t.Errorf("%v", env)
	}
	environment := jobOf(t, p, "alpine-3.22/environment/greeter")
	for _, s := range environment.Phases[0].Steps {
		if c, ok := s.(plan.CopyIn); ok && !strings.Contains(c.Files["APKBUILD"], "makedepends='libfoo-dev make'\n") {
			t.Errorf("its environment is keyed by %v", c.Files)
		}
	}
}

// Alpine boots OpenRC, whose services nobody but an administrator enables,
// starts, restarts, stops and disables; and no removal takes data.
func TestServicesOfAlpineAreTheAdministrators(t *testing.T) {
	p := newPlan(t, apkInput(t))
	if machine := jobOf(t, p, "alpine-3.22/machine"); machine.Cause != "boots openrc" || machine.Container.Env["DP_INIT"] != "openrc" {
		t.Errorf("%s with %q", machine.Cause, machine.Container.Env["DP_INIT"])
	}
	stopped := map[string]bool{}
	for _, phase := range jobOf(t, p, "alpine-3.22/test").Phases {
		for i, s := range phase.Steps {
			a, ok := s.(plan.Ask)
			if !ok {
				continue
			}
			if r := a.Request; !r.Presets || !r.Administered || !r.NoPurge || r.Init != "openrc" || r.Format != "apk" {
				t.Errorf("%s: %+v", phase.Name, r)
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

func TestFinishedPackagesOfApkAreNamedByTheirFiles(t *testing.T) {
	in := apkInput(t)
	in.Settings.Packages = map[string]settings.Package{"finished": {Finished: settings.Origins{"out"}}}
	in.Settings.Test.Files = map[string]settings.File{"/etc/x": {Content: `{{ (index .packages "greeter-doc").version }}`}}
	in.Finished = map[plan.Origin][]string{{Setting: "packages.finished", Format: "apk", Where: "out"}: {"out/greeter-doc-1.4_rc1-r0.apk?x=1"}}
	for _, s := range jobOf(t, newPlan(t, in), "alpine-3.22/fetch/finished").Phases[0].Steps {
		if c, ok := s.(plan.CopyIn); ok && c.What == plan.Finished && c.Finished[0].Name != "greeter-doc-1.4_rc1-r0.apk" {
			t.Errorf("%+v", c.Finished)
		}
	}
}

func TestTheLinterOfAlpineLooksAtTheAPKBUILD(t *testing.T) {
	in := apkInput(t)
	in.Settings.Lint = "report"
	j := jobOf(t, newPlan(t, in), "alpine-3.22/lint/greeter")
	whole := slices.ContainsFunc(j.Phases[0].Steps, func(s plan.Step) bool { c, ok := s.(plan.CopyIn); return ok && c.What == plan.Tree })
	if env := j.Container.Env; env["DP_APKBUILD"] != "alpine/APKBUILD" || env["DP_SOURCE"] != "/build/source" || !whole {
		t.Errorf("%v %v", env, j.Phases[0].Steps)
	}
}

func TestAMissingAPKBUILDIsToldWithWhereItIsLookedFor(t *testing.T) {
	in := apkInput(t)
	in.Source.Packages = in.Source.Packages[:1]
	want := "source: . holds no APKBUILD (APKBUILD in the root, in packaging/ or alpine/, or anywhere else where there is none): " +
		"name it with packages: {NAME: {apkbuild: FILE}}, or point source at the tree; for .deb there is debian: " +
		"to build that alone, ask for no distro that takes .apk"
	if _, err := plan.New(in); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
