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

func TestPasswordsOfWebAddressesAreSecrets(t *testing.T) {
	s := mustLoad(t, "packages: ['https://user:hunter2@x/y.deb', 'https://x/z.deb']")
	if d := cmp.Diff([]string{"hunter2", "user"}, s.Secrets()); d != "" {
		t.Error(d)
	}
}
