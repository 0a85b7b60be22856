package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// A password for the user's own registry is told to nobody else.
func TestTheSettingsUserIsOneOfOneRegistry(t *testing.T) {
	for _, tt := range []struct {
		name   string
		images settings.Map
		want   map[string]bool
	}{
		{"no images: of the distros' own", nil, map[string]bool{"debian:12": true, "debian:13": true}},
		{"an image of one's own", settings.Map{"debian-12": "registry.example/debian:12"},
			map[string]bool{"registry.example/debian:12": true, "debian:13": false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := input()
			in.Settings.Images = tt.images
			got := map[string]bool{}
			for _, j := range newPlan(t, in).Jobs {
				if j.Kind == plan.BaseImage {
					got[j.Base.Ref] = j.Base.Login
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
