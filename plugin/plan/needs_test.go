package plan_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// chain is three packages: app needs lib, which needs base.
func chain() plan.Input {
	in := input()
	in.Distros = in.Distros[:1]
	in.Source.Packages = []source.Package{
		{Name: "app", Format: "deb", Where: "app/debian", Dir: "app", Control: `# what it takes
Source: app
Maintainer: nobody
Build-Depends: debhelper-compat (= 13),
 libchain-dev (>= 1) [amd64],
# a comment amid them
 libz-dev | chain-base-headers,
 libc6-dev:any <!nocheck>,
Build-Depends-Indep: chain-base
Build-Conflicts: bad

Package: app
Depends: libchain1
`},
		{Name: "base", Format: "deb", Where: "base/debian", Dir: "base", Control: "Source: base\nBuild-Depends: debhelper-compat (= 13)\n\nPackage: chain-base\nProvides: chain-base-abi, chain-base-headers (= 1)\n"},
		{Name: "lib", Format: "deb", Where: "lib/debian", Dir: "lib", Control: "Source: lib\nBuild-Depends: debhelper-compat (= 13), chain-base\n\nPackage: libchain1\n\nPackage: libchain-dev\n"},
	}
	in.Settings.Packages = map[string]settings.Package{
		"app": {Needs: settings.List{"lib"}}, "lib": {Needs: settings.List{"base"}}, "base": {},
	}
	return in
}

func jobOf(t *testing.T, p plan.Plan, name string) plan.Job {
	t.Helper()
	i := slices.IndexFunc(p.Jobs, func(j plan.Job) bool { return j.Name == name })
	if i < 0 {
		t.Fatalf("no job %s", name)
	}
	return p.Jobs[i]
}

// needed is what an environment is told of the needs of a build.
func needed(t *testing.T, p plan.Plan, pkg string) string {
	t.Helper()
	for _, s := range jobOf(t, p, "debian-12/environment/"+pkg).Phases[0].Steps {
		if c, ok := s.(plan.CopyIn); ok {
			return c.Files["debian/control"]
		}
	}
	t.Fatal("nothing")
	return ""
}

// No mirror has what is built beside a package: its environment goes without,
// and the build installs it.
func TestEnvironmentsGoWithoutWhatIsBuiltBesideThem(t *testing.T) {
	p := newPlan(t, chain())
	for pkg, want := range map[string]string{
		"app": `Source: build-environment
Build-Depends: debhelper-compat (= 13), libc6-dev:any <!nocheck>
Build-Conflicts: bad
`,
		"lib":  "Source: build-environment\nBuild-Depends: debhelper-compat (= 13)\n",
		"base": "Source: build-environment\nBuild-Depends: debhelper-compat (= 13)\n",
	} {
		if d := cmp.Diff(want, needed(t, p, pkg)); d != "" {
			t.Errorf("%s:\n%s", pkg, d)
		}
	}
}

func TestPackagesThatNeedTheSameShareAnEnvironment(t *testing.T) {
	p := newPlan(t, chain())
	lib, base := jobOf(t, p, "debian-12/environment/lib").Cache.Key, jobOf(t, p, "debian-12/environment/base").Cache.Key
	if lib != base || lib == jobOf(t, p, "debian-12/environment/app").Cache.Key {
		t.Error("environments are keyed by more, or less, than what a build needs")
	}
}

// What a needed package needs has to be installed with it.
func TestNeedsAreFollowed(t *testing.T) {
	p := newPlan(t, chain())
	want := []string{"debian-12/environment/app", "debian-12/build/base", "debian-12/build/lib"}
	if d := cmp.Diff(want, jobOf(t, p, "debian-12/build/app").Needs); d != "" {
		t.Error(d)
	}
}

func TestAControlThatSaysNothingNeedsNothing(t *testing.T) {
	in := chain()
	for i := range in.Source.Packages {
		in.Source.Packages[i].Control = " odd\n\n# nothing\n"
	}
	if got := needed(t, newPlan(t, in), "app"); got != "Source: build-environment\n" {
		t.Errorf("%q", got)
	}
}
