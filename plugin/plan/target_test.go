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

// targeted is a plan's input for debian-12 alone, tested on others too.
func targeted(on map[string]settings.List) plan.Input {
	in := input()
	in.Distros[0].Glibc, in.Distros[1].Glibc = "2.36", "2.41"
	rpm := distros.Distro{Name: "rocky-9", Family: "rhel", Image: "rocky:9", Init: "systemd", Glibc: "2.34"}
	in.Families["rhel"] = distros.Family{Name: "rhel", Format: "rpm", Recipes: in.Families["debian"].Recipes}
	in.Catalogue = append(slices.Clone(in.Distros), rpm)
	in.Distros = in.Distros[:1]
	in.Source.Packages[0].Control = "Source: greeter\n\nPackage: greeter\nArchitecture: any\n"
	in.Settings.Test.Distros = on
	return in
}

func TestWhatIsBuiltIsTestedOnOtherDistros(t *testing.T) {
	p := newPlan(t, targeted(map[string]settings.List{"bookworm": {"debian-12", "trixie"}}))
	golden(t, "targets", p.String()+"\n"+p.Detail())
	i := slices.IndexFunc(p.Jobs, func(j plan.Job) bool { return j.Name == "debian-12/test/debian-13" })
	if i < 0 {
		t.Fatalf("planned: %s", names(p))
	}
	j := p.Jobs[i]
	if j.Distro != "debian-13" || j.BuiltFor != "debian-12" || j.From != "debian-13/machine" {
		t.Errorf("%s on %s, built for %s, from %s", j.Name, j.Distro, j.BuiltFor, j.From)
	}
	if d := cmp.Diff([]string{"debian-13/machine", "debian-12/build/greeter"}, j.Needs); d != "" {
		t.Error(d)
	}
}

func TestADistroThatIsATargetTooIsPreparedOnce(t *testing.T) {
	in := targeted(map[string]settings.List{"debian-12": {"debian-13"}})
	in.Distros = in.Catalogue[:2]
	want := "debian-12/image debian-12/environment/greeter debian-12/build/greeter debian-13/image debian-13/machine debian-12/test/debian-13 " +
		"debian-13/environment/greeter debian-13/build/greeter debian-13/test"
	if d := cmp.Diff(want, names(newPlan(t, in))); d != "" {
		t.Error(d)
	}
}

func TestPairsThatCannotWorkAreSkippedWithTheirReason(t *testing.T) {
	for target, c := range map[string]struct {
		change func(*plan.Input)
		want   string
	}{
		"debian-12 ": {func(in *plan.Input) {
			in.Distros = in.Catalogue[1:2]
		}, "what is built for debian-13 is not tested on debian-12: it has glibc 2.36, older than the 2.41 that they are built with"},
		"debian-12": {func(in *plan.Input) {
			in.Distros = in.Catalogue[1:2]
			in.Source.Packages[0].Control = "Source: greeter\n\nPackage: greeter\nArchitecture: all\n"
		}, ""},
		"debian-13": {func(*plan.Input) {}, ""},
		"rocky-9":   {func(*plan.Input) {}, "what is built for debian-12 is not tested on rocky-9: it installs .rpm, not .deb"},
		"trixie": {func(in *plan.Input) { in.Settings.Test.Skip = settings.List{"debian-13"} },
			`what is built for debian-12 is not tested on debian-13: test.skip has "debian-13"`},
	} {
		in := targeted(map[string]settings.List{"debian-*": {strings.TrimSpace(target)}})
		c.change(&in)
		p := newPlan(t, in)
		var got string
		for _, s := range p.Skips {
			got += s.Why
			if s.Job.BuiltFor == "" || !strings.Contains(p.String(), "note: "+s.Why) {
				t.Errorf("%s: not told where it belongs: %+v", target, s.Job)
			}
		}
		if got != c.want {
			t.Errorf("%s\ngot  %q\nwant %q", target, got, c.want)
		}
	}
}

// What runs with one C library does not with another.
func TestLibrariesOfAnotherKindAreTold(t *testing.T) {
	for want, c := range map[string]struct{ built, on distros.Distro }{
		"its C library is glibc, not the musl that they are built with":    {distros.Distro{Musl: "1.2.5"}, distros.Distro{Glibc: "2.41"}},
		"its C library is musl, not the glibc that they are built with":    {distros.Distro{Glibc: "2.36"}, distros.Distro{Musl: "1.2.5"}},
		"it has musl 1.2.5, older than the 1.2.6 that they are built with": {distros.Distro{Musl: "1.2.6"}, distros.Distro{Musl: "1.2.5"}},
	} {
		in := targeted(map[string]settings.List{"debian-12": {"debian-13"}})
		for i, of := range []distros.Distro{c.built, c.on} {
			in.Catalogue[i].Glibc, in.Catalogue[i].Musl = of.Glibc, of.Musl
		}
		in.Distros = in.Catalogue[:1]
		p := newPlan(t, in)
		if len(p.Skips) != 1 || p.Skips[0].Why != "what is built for debian-12 is not tested on debian-13: "+want {
			t.Errorf("got %+v, want %s", p.Skips, want)
		}
	}
}

func TestTargetsThatAreNone(t *testing.T) {
	for want, on := range map[string]map[string]settings.List{
		"test.distros: no distro for debian-12: to leave out its tests, write test.skip: debian-12": {"debian-12": nil},
		`test.distros: distros: there is no "debian-1x": did you mean debian-12?`:                   {"debian-12": {"debian-1x"}},
	} {
		if _, err := plan.New(targeted(on)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
