package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

func TestDistrosThatNobodyHasAreToldWhereverTheyStand(t *testing.T) {
	in := input()
	s := &in.Settings
	s.Images, s.Mirror, s.Init = settings.Map{"debain-12": "x"}, settings.Map{"debian": "x"}, settings.Map{"*": "none", "bsd-*": "systemd"}
	s.Test.Skip, s.Test.Distros = settings.List{"12"}, map[string]settings.List{"debian-13x": {"debian-13"}}
	s.Test.CheckOn = map[string]settings.Checks{"debian-1[": {}, "bookworm": {}}
	const want = `images: there is no "debain-12": did you mean debian-12?
init: there is no "bsd-*"; ` + "`drone-packages distros`" + ` lists those there are
mirror: there is no "debian": did you mean debian-12? "debian-*" is all of them
test.check_on: there is no "debian-1[": did you mean debian-12?
test.distros: there is no "debian-13x": did you mean debian-13?
test.skip: "12" is a bare version: write the distro too, as debian-12 or ubuntu-12; YAML reads a bare 22.10 as the number 22.1`
	_, err := plan.New(in)
	if err == nil {
		t.Fatal("nothing is told")
	}
	if d := cmp.Diff(want, err.Error()); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}
