package distros_test

import (
	"slices"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
)

// define adds a distro to the real catalogue.
func define(t *testing.T, own distros.Distro, recipes map[string]string) ([]distros.Distro, map[string]distros.Family, error) {
	t.Helper()
	all, err := distros.All()
	if err != nil {
		t.Fatal(err)
	}
	known := families(t)
	defined, err := distros.Define(all, known, own, recipes)
	return defined, known, err
}

func TestADefinedDistroIsAsABuiltInOne(t *testing.T) {
	all, known, err := define(t, distros.Distro{Name: "mylinux-9", Family: "debian", Image: "mylinux:9", Aliases: []string{"nine"}}, map[string]string{"toolchain": "echo mine"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mylinux-9", "nine", "my*"} {
		found, err := distros.Match(all, []string{name})
		if err != nil || len(found) != 1 || found[0].Title != "mylinux-9" {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	own := known["debian/mylinux-9"]
	if own.Recipes[distros.Toolchain] != "echo mine" || own.Recipes[distros.Build] != known["debian"].Recipes[distros.Build] {
		t.Error("its recipes are not the family's with its own on top")
	}
	if known["debian"].Recipes[distros.Toolchain] == "echo mine" {
		t.Error("the family itself changed")
	}
	if !slices.IsSortedFunc(all, func(a, b distros.Distro) int { return slices.Compare([]string{a.Name}, []string{b.Name}) }) {
		t.Error("not in order")
	}
}

func TestABuiltInDistroWithAnotherImage(t *testing.T) {
	all, _, err := define(t, distros.Distro{Name: "debian-13", Image: "mirror.example/debian:13"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, err := distros.Match(all, []string{"trixie"})
	if err != nil || len(found) != 1 || found[0].Image != "mirror.example/debian:13" || found[0].Suite != "trixie" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestWhatCannotBeDefined(t *testing.T) {
	for name, c := range map[string]struct {
		own     distros.Distro
		recipes map[string]string
		want    string
	}{
		"no family": {distros.Distro{Name: "x", Image: "x"}, nil, "no family, wanted one of "},
		"unknown family": {distros.Distro{Name: "x", Image: "x", Family: "debain"}, nil,
			`family: found "debain", wanted one of `},
		"no image":       {distros.Distro{Name: "x", Family: "debian"}, nil, "no image, wanted what a registry or the engine here calls it, such as registry.example/mylinux:9"},
		"a taken name":   {distros.Distro{Name: "bookworm", Image: "x", Family: "debian"}, nil, "bookworm is debian-12's name already: choose another, or define debian-12 to change that"},
		"a taken alias":  {distros.Distro{Name: "x", Image: "x", Family: "debian", Aliases: []string{"bookworm"}}, nil, "aliases: bookworm is debian-12's name already"},
		"unknown recipe": {distros.Distro{Name: "x", Image: "x", Family: "debian"}, map[string]string{"tolchain": ""}, `recipes: found "tolchain", wanted some of `},
	} {
		_, _, err := define(t, c.own, c.recipes)
		if err == nil || len(err.Error()) < len(c.want) || err.Error()[:len(c.want)] != c.want {
			t.Errorf("%s: got %v, want %s…", name, err, c.want)
		}
	}
	_, _, err := define(t, distros.Distro{Name: "x", Family: "debain", Image: "x"}, nil)
	if want := `: did you mean "debian"?`; err == nil || err.Error()[len(err.Error())-len(want):] != want {
		t.Errorf("got %v, want …%s", err, want)
	}
}

// What a definition may be like does not depend on those before it.
func TestAVariantIsNoFamilyForOthers(t *testing.T) {
	all, known, err := define(t, distros.Distro{Name: "a", Family: "debian", Image: "a:1"}, map[string]string{"toolchain": "echo mine"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = distros.Define(all, known, distros.Distro{Name: "b", Family: "debian/a", Image: "b:1"}, nil)
	if want := `family: found "debian/a", wanted one of alpine, arch, debian, rhel, suse`; err == nil || err.Error() != want && err.Error() != want+`: did you mean "debian"?` {
		t.Errorf("got %v, want %s", err, want)
	}
}
