package settings_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

func TestFinishedPackagesNeedNoName(t *testing.T) {
	for text, want := range map[string]settings.Origins{
		"dist/*.deb":                      {"dist/*.deb"},
		"*.deb":                           {"*.deb"},
		"out/{{ .distro.name }}, more":    {"out/{{ .distro.name }}", "more"},
		"a.deb\nb.deb":                    {"a.deb", "b.deb"},
		`["a, b.deb", "https://x/y.deb"]`: {"a, b.deb", "https://x/y.deb"},
	} {
		s := mustLoad(t, "", "PLUGIN_PACKAGES="+text)
		if d := cmp.Diff(map[string]settings.Package{"finished": {Finished: want}}, s.Packages); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", text, d)
		}
	}
	if s := mustLoad(t, "packages: []"); len(s.Packages) > 0 {
		t.Errorf("none: %v", s.Packages)
	}
}

func TestAnAptLineIsOneOrigin(t *testing.T) {
	for text, want := range map[string]settings.Origins{
		"deb [arch=amd64,arm64] https://x sid main": {"deb [arch=amd64,arm64] https://x sid main"},
		"synthetic":    {"synthetic"},
		"old, older":   {"old", "older"},
		"[a, deb b c]": {"a", "deb b c"},
	} {
		s := mustLoad(t, "test:\n  upgrade_from: |\n    "+text+"\n")
		if d := cmp.Diff(want, s.Test.UpgradeFrom); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", text, d)
		}
	}
}

func TestPasswordsOfWebAddressesAreSecrets(t *testing.T) {
	s := mustLoad(t, "packages: ['https://user:hunter2@x/y.deb', 'https://x/z.deb']\n"+
		"test: {upgrade_from: ['deb https://user:hunter3@x/ sid main', 'deb https://token@x/ sid main']}")
	if d := cmp.Diff([]string{"hunter3", "token", "hunter2"}, s.Secrets()); d != "" {
		t.Error(d)
	}
}
