package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// recorded is what a step sees on a host: testdata/hosts/NAME.env.
func recorded(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "hosts", name+".env"))
	if err != nil {
		t.Fatal(err)
	}
	var environ []string
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\n"), "=")
		if strings.HasPrefix(line, "#") || !ok {
			continue
		}
		if strings.HasPrefix(value, `"`) {
			if value, err = strconv.Unquote(value); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		environ = append(environ, name+"="+value)
	}
	return environ
}

// ofTheHost is what a step sees on a host, settings aside.
func ofTheHost(t *testing.T, name string) []string {
	t.Helper()
	return slices.DeleteFunc(recorded(t, name), func(kv string) bool {
		return strings.HasPrefix(kv, "PLUGIN_") || strings.HasPrefix(kv, "INPUT_")
	})
}

var runID = regexp.MustCompile(`run [a-z2-7]{6}`)

// planIn is the plan that the binary makes of a tree and an environment.
func planIn(t *testing.T, tree string, environ ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "plan")
	cmd.Dir = tree
	cmd.Env = append(environ, "PATH=/usr/local/bin:/usr/bin:/bin", "HOME="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("plan of %s: %v\n%s", tree, err, stderr.String())
	}
	return runID.ReplaceAllString(string(out), "run ID")
}

// planOn is the plan of a recorded environment.
func planOn(t *testing.T, name string) string {
	t.Helper()
	return planIn(t, "testdata/broken/good", recorded(t, name)...)
}

// Each host has its own encoding of settings; what they mean is the same.
func TestEveryHostsEncodingMakesTheSamePlan(t *testing.T) {
	want := planOn(t, "drone")
	for _, said := range []string{"debian-12", "registry.example/debian:12", "version 1.10", "postgres", "mylinux-9 is built and not tested", "before: echo a, b"} {
		if !strings.Contains(want, said) {
			t.Errorf("the plan does not say %q:\n%s", said, want)
		}
	}
	for _, name := range []string{"woodpecker", "harness", "github", "gitlab"} {
		if d := cmp.Diff(want, planOn(t, name)); d != "" {
			t.Errorf("drone (-), %s (+):\n%s", name, d)
		}
	}
}

// inputsOfTheAction are the settings as action.yml has them.
func inputsOfTheAction(t *testing.T) map[string]any {
	t.Helper()
	var action struct{ Inputs map[string]any }
	text, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(text, &action); err != nil || len(action.Inputs) == 0 {
		t.Fatalf("%v: %d inputs", err, len(action.Inputs))
	}
	return action.Inputs
}

func TestEveryRecordedEnvironmentHasEverySetting(t *testing.T) {
	inputs := inputsOfTheAction(t)
	for _, name := range []string{"drone", "woodpecker", "harness", "github", "gitlab"} {
		prefix := "PLUGIN_"
		if name == "github" {
			prefix = "INPUT_"
		}
		environ := recorded(t, name)
		for input := range inputs {
			if !slices.ContainsFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, prefix+strings.ToUpper(input)+"=") }) {
				t.Errorf("testdata/hosts/%s.env has no %s", name, input)
			}
		}
	}
}

func TestDronesOwnPipelineIsValid(t *testing.T) {
	text, err := os.ReadFile(".drone.yml")
	if err != nil {
		t.Fatal(err)
	}
	if dogfood, _ := readDroneFile(t, text).plugin(); len(dogfood.Settings) == 0 {
		t.Error("no step is the plugin")
	}
}
