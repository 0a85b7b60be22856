package distros_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
)

func TestADistroOnAnotherPlatform(t *testing.T) {
	base := distros.Distro{Name: "debian-13", Title: "Debian 13", Aliases: []string{"trixie"}, Image: "debian:13"}
	for platform, want := range map[string]distros.Distro{
		"":            base,
		"linux/arm64": {Name: "debian-13-arm64", Title: "Debian 13, arm64", Aliases: []string{"debian-13", "trixie"}, Image: "debian:13", Platform: "linux/arm64"},
		"linux/arm/v7": {Name: "debian-13-arm-v7", Title: "Debian 13, arm/v7", Aliases: []string{"debian-13", "trixie"}, Image: "debian:13",
			Platform: "linux/arm/v7"},
	} {
		if d := cmp.Diff(want, base.On(platform)); d != "" {
			t.Errorf("%s: %s", platform, d)
		}
	}
	once := base.On("linux/arm64")
	if d := cmp.Diff(once, once.On("linux/arm64")); d != "" {
		t.Errorf("twice is not as once: %s", d)
	}
}
