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

var runID = regexp.MustCompile(`run [a-z2-7]{6}`)

// planOn is the plan that the binary makes of a recorded environment.
func planOn(t *testing.T, name string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "plan")
	cmd.Dir = "testdata/broken/good"
	cmd.Env = append(recorded(t, name), "PATH=/usr/local/bin:/usr/bin:/bin", "HOME="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return runID.ReplaceAllString(string(out), "run ID")
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

func TestEveryRecordedEnvironmentHasEverySetting(t *testing.T) {
	var action struct{ Inputs map[string]any }
	text, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(text, &action); err != nil || len(action.Inputs) == 0 {
		t.Fatalf("%v: %d inputs", err, len(action.Inputs))
	}
	for _, name := range []string{"drone", "woodpecker", "harness", "github", "gitlab"} {
		prefix := "PLUGIN_"
		if name == "github" {
			prefix = "INPUT_"
		}
		environ := recorded(t, name)
		for input := range action.Inputs {
			if !slices.ContainsFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, prefix+strings.ToUpper(input)+"=") }) {
				t.Errorf("testdata/hosts/%s.env has no %s", name, input)
			}
		}
	}
}

// What Drone's docker runner knows of a pipeline and of a step
// (drone-runner-docker, engine/resource and engine/linter).
func TestDronesOwnPipelineIsValid(t *testing.T) {
	type volume struct {
		Name, Path string
		Host       map[string]string
	}
	var pipeline struct {
		Kind, Type, Name string
		Steps            []struct {
			Name, Image string
			Commands    []string
			Settings    map[string]any
			Volumes     []volume
		}
		Volumes []volume
	}
	text, err := os.ReadFile(".drone.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(text, &pipeline, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	var action struct{ Inputs map[string]any }
	actionText, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(actionText, &action); err != nil {
		t.Fatal(err)
	}
	if pipeline.Kind != "pipeline" || pipeline.Type != "docker" || pipeline.Name == "" {
		t.Errorf("%s, %s, %s", pipeline.Kind, pipeline.Type, pipeline.Name)
	}
	names, dogfood := map[string]bool{}, false
	for _, s := range pipeline.Steps {
		if s.Name == "" || s.Image == "" || names[s.Name] {
			t.Errorf("step %q, image %q: a name of its own and an image", s.Name, s.Image)
		}
		names[s.Name] = true
		if len(s.Commands) > 0 && len(s.Settings) > 0 {
			t.Errorf("step %s: commands are not run with settings", s.Name)
		}
		for key := range s.Settings {
			if action.Inputs[key] == nil {
				t.Errorf("step %s: %s is no setting of ours", s.Name, key)
			}
		}
		dogfood = dogfood || s.Image == "dronepackages/drone-packages" && len(s.Settings) > 0
		for _, v := range s.Volumes {
			if !slices.ContainsFunc(pipeline.Volumes, func(has volume) bool { return has.Name == v.Name }) {
				t.Errorf("step %s: there is no volume %s", s.Name, v.Name)
			}
		}
	}
	for _, v := range pipeline.Volumes {
		if slices.Contains([]string{"workspace", "_workspace", "_docker_socket"}, v.Name) || v.Host["path"] == "" {
			t.Errorf("volume %q: the runner keeps some names, and a host's has a path", v.Name)
		}
	}
	if !dogfood {
		t.Error("no step is the plugin")
	}
}
