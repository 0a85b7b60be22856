package settings_test

import (
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

// Whatever a file and the variables hold: settings or problems, no panic; and
// a secret is in none of them.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yml", "testdata/bad/*.yml", "testdata/unsound/*.yml"} {
		for _, e := range examples(f, pattern) {
			f.Add(e.text, "debian-12,debian-13", "90s")
		}
	}
	f.Add("", `["a",{"b":null}]`, "1e400")
	f.Add("\xff\xfe", "- a\n- [b]", "9223372036854775807h")
	f.Add("packages: &a {x: *a}", "[[[[[[[[[[[[[[[[", "{a: {b: *c}}")
	f.Fuzz(func(t *testing.T, file, list, value string) {
		if strings.Contains(file, secret) || strings.ContainsRune(list+value, 0) {
			t.Skip("no such environment")
		}
		s, _, err := load(file, "PLUGIN_PASSWORD="+secret, "PLUGIN_DISTROS="+list, "PLUGIN_PACKAGES="+list, "PLUGIN_TEST="+value,
			"PLUGIN_EXCLUDE="+list, "PLUGIN_TIMEOUT="+value, "PLUGIN_MEMORY="+value, "PLUGIN_CPUS="+value, "PLUGIN_ENVIRONMENT="+value, "PLUGIN_SERVICES="+list)
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("a problem shows the password: %v", err)
		}
		if err == nil && (s.Timeout <= 0 || s.Memory < 0 || s.CPUs < 0) {
			t.Errorf("accepted: %+v", s)
		}
		itemsAreWhole(t, s.Distros)
		itemsAreWhole(t, s.Exclude)
	})
}

// secret is no substring of anything that is said.
const secret = "correct-horse-battery-staple"

func itemsAreWhole(t *testing.T, list settings.List) {
	t.Helper()
	for _, item := range list {
		if item == "" || strings.TrimSpace(item) != item {
			t.Errorf("an item is empty or has space around: %q", list)
		}
	}
}

// Whatever a compose file holds: services or problems with their place, no
// panic; and no problem shows what the step passes on.
func FuzzCompose(f *testing.F) {
	for _, e := range examples(f, "testdata/compose/bad/*.yml") {
		f.Add(e.text)
	}
	for _, e := range examples(f, "testdata/compose/*.yml") {
		f.Add(e.text)
	}
	f.Add("services: {a: {image: $LEVEL, command: [a, null], ports: [80, {target: x}], healthcheck: {test: []}}}")
	f.Add("services: {a: {image: a, <<: *x, depends_on: [a], environment: {a: [b]}}}")
	f.Add("services: {a: &a {image: a, configs: [{source: b}], networks: [c]}, b: *a}\nconfigs: {b: {content: ${LEVEL}}}")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "hunter2") {
			t.Skip("it holds what is looked for")
		}
		_, err := compose(text)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a problem shows what the step passes on: %v", err)
		}
	})
}
