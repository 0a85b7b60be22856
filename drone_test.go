package main_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// published is the plugin's image as documents call it.
const published = "dronepackages/drone-packages"

// droneFile is a .drone.yml, as far as Drone's docker runner knows it
// (drone-runner-docker, engine/resource).
type droneFile struct {
	Kind, Type, Name string
	Steps            []droneStep
	Volumes          []droneVolume
}

type droneStep struct {
	Name, Image string
	Commands    []string
	Settings    map[string]any
	Volumes     []droneVolume
}

type droneVolume struct {
	Name, Path string
	Host       map[string]string
}

// readDroneFile reads a .drone.yml and wants what the runner wants of it
// (engine/linter).
func readDroneFile(t *testing.T, text []byte) droneFile {
	t.Helper()
	var f droneFile
	if err := yaml.Load(text, &f, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	if f.Kind != "pipeline" || f.Type != "docker" || f.Name == "" {
		t.Errorf("%s, %s, %s", f.Kind, f.Type, f.Name)
	}
	names := map[string]bool{}
	for _, s := range f.Steps {
		if s.Name == "" || s.Image == "" || names[s.Name] {
			t.Errorf("step %q, image %q: a name of its own and an image", s.Name, s.Image)
		}
		names[s.Name] = true
		s.lint(t, f)
	}
	for _, v := range f.Volumes {
		if slices.Contains([]string{"workspace", "_workspace", "_docker_socket"}, v.Name) || v.Host["path"] == "" {
			t.Errorf("volume %q: the runner keeps some names, and a host's has a path", v.Name)
		}
	}
	return f
}

func (s droneStep) lint(t *testing.T, f droneFile) {
	t.Helper()
	if len(s.Commands) > 0 && len(s.Settings) > 0 {
		t.Errorf("step %s: commands are not run with settings", s.Name)
	}
	inputs := inputsOfTheAction(t)
	for key := range s.Settings {
		if inputs[key] == nil {
			t.Errorf("step %s: %s is no setting of ours", s.Name, key)
		}
	}
	for _, v := range s.Volumes {
		if f.hostPath(v.Name) == "" {
			t.Errorf("step %s: there is no volume %s", s.Name, v.Name)
		}
	}
}

// plugin is the step that is ours.
func (f droneFile) plugin() (droneStep, bool) {
	i := slices.IndexFunc(f.Steps, func(s droneStep) bool { return s.Image == published })
	if i < 0 {
		return droneStep{}, false
	}
	return f.Steps[i], true
}

// hostPath is where a volume is on the host.
func (f droneFile) hostPath(name string) string {
	i := slices.IndexFunc(f.Volumes, func(v droneVolume) bool { return v.Name == name })
	if i < 0 {
		return ""
	}
	return f.Volumes[i].Host["path"]
}

// encoded is a setting as Drone hands it to a plugin (drone-runner-docker,
// internal/encoder): lists of plain values joined by commas, the rest JSON.
func encoded(t *testing.T, value any) string {
	t.Helper()
	list, isList := value.([]any)
	var items []string
	for _, item := range list {
		switch item.(type) {
		case map[string]any, []any:
			isList = false
		}
		items = append(items, fmt.Sprint(item))
	}
	if isList {
		return strings.Join(items, ",")
	}
	switch value.(type) {
	case map[string]any, []any:
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return fmt.Sprint(value)
}

// variables are the settings of a step as a plugin sees them: Drone passes no
// empty one on.
func variables(t *testing.T, settings map[string]any) []string {
	t.Helper()
	var all []string
	for key, value := range settings {
		if text := encoded(t, value); value != nil && text != "" {
			all = append(all, "PLUGIN_"+strings.ToUpper(key)+"="+text)
		}
	}
	slices.Sort(all)
	return all
}

// dronePipeline is what Drone's docker runner makes for a pipeline: a volume
// that is the workspace of all steps, and a network that they are in
// (drone-runner-docker, engine/engine.go and engine/compiler/compiler.go).
type dronePipeline struct{ volume, network string }

// droneWorkspace is where steps have the volume.
const droneWorkspace = "/drone/src"

func startPipeline(t *testing.T) dronePipeline {
	t.Helper()
	random := func() string { return "drone-" + strings.ToLower(rand.Text()[:20]) }
	p := dronePipeline{volume: random(), network: random()}
	docker(t, "volume", "create", "--driver=local", nobodyElse, p.volume)
	t.Cleanup(func() { docker(t, "volume", "rm", "-f", p.volume) })
	docker(t, "network", "create", "--driver=bridge", nobodyElse, p.network)
	t.Cleanup(func() {
		if docker(t, "network", "ls", "-q", "--filter", "name="+p.network) != "" {
			docker(t, "network", "rm", p.network)
		}
	})
	return p
}

// step creates a step of the pipeline, with volumes of the host's (Docker's -v)
// and what Drone tells every step, on a tree that was cloned.
func (p dronePipeline) step(t *testing.T, image, tree string, volumes, environ []string) *contained {
	t.Helper()
	options := append([]string{"-w=" + droneWorkspace, "-v=" + p.volume + ":" + droneWorkspace, "--network=" + p.network,
		"--network-alias=packages", "--log-driver=json-file"}, volumes...)
	environ = append(environ, "DRONE_WORKSPACE="+droneWorkspace, "DRONE_WORKSPACE_BASE="+droneWorkspace, "DRONE_WORKSPACE_PATH=",
		"DRONE_DOCKER_NETWORK_ID="+p.network, "DRONE_DOCKER_VOLUME_ID="+p.volume)
	for _, kv := range append(ofTheHost(t, "drone"), environ...) {
		options = append(options, "-e="+kv)
	}
	c := create(t, image, options...)
	docker(t, "cp", tree+"/.", c.name+":"+droneWorkspace)
	return c
}

// users are the containers that hold the workspace, and those in the network.
func (p dronePipeline) users(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, filter := range []string{"volume=" + p.volume, "network=" + p.network} {
		all = append(all, strings.Fields(docker(t, "ps", "-a", "--filter", filter, "--format", "{{.Names}}"))...)
	}
	return all
}

// looks is what the engine knows of the volume and the network.
func (p dronePipeline) looks(t *testing.T) string {
	t.Helper()
	return docker(t, "volume", "inspect", "-f", "{{.Name}} {{.Mountpoint}} {{.Labels}}", p.volume) + docker(t, "network", "inspect", "-f", "{{.Id}} {{.Labels}} {{.IPAM}}", p.network)
}

// destroy is how the runner ends a pipeline, also one that is cancelled: nobody
// is asked to stop. What cannot be removed then is there for ever.
func (p dronePipeline) destroy(t *testing.T, step string) {
	t.Helper()
	for _, args := range [][]string{{"kill", "-s", "9", step}, {"rm", "-f", "-v", step}, {"volume", "rm", "-f", p.volume}, {"network", "rm", p.network}} {
		if out, err := exec.CommandContext(t.Context(), "docker", args...).CombinedOutput(); err != nil {
			t.Errorf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// A step that Drone cancels is killed at once. Nothing of the run may be there
// soon, and what is Drone's is Drone's: nothing of ours holds it.
func TestKilledAsDroneKills(t *testing.T) {
	image := pluginImage(t)
	environ := []string{"PLUGIN_IMAGES=" + lab, "PLUGIN_DISTROS=debian-13"}
	for _, phase := range []string{"build", "install"} {
		t.Run("killed in "+phase, func(t *testing.T) {
			t.Parallel()
			p := startPipeline(t)
			before := p.looks(t)
			c := p.step(t, image, "testdata/broken/good", []string{socket}, environ)
			c.start(t)
			c.until(t, moments[phase])
			if !strings.Contains(c.watchdogs(t), "Up") {
				t.Errorf("no watchdog watches: %q", c.watchdogs(t))
			}
			if users := p.users(t); !slices.Equal(users, []string{c.name, c.name}) {
				t.Errorf("workspace and network are used by %q, want %s alone", users, c.name)
			}
			docker(t, "kill", "-s", "9", c.name)
			t.Logf("all was gone after %s", c.gone(t, 10*time.Second))
			if after := p.looks(t); after != before {
				t.Errorf("Drone's volume and network are not as they were:\n%s\n%s", before, after)
			}
			if out := docker(t, "run", "--rm", nobodyElse, "-v="+p.volume+":/w", "--entrypoint=ls", image, "/w/debian"); !strings.Contains(out, "control") {
				t.Errorf("the workspace holds %q", out)
			}
		})
	}
	t.Run("destroyed in install", func(t *testing.T) {
		t.Parallel()
		p := startPipeline(t)
		c := p.step(t, image, "testdata/broken/good", []string{socket}, environ)
		c.start(t)
		c.until(t, moments["install"])
		p.destroy(t, c.name)
		t.Logf("all was gone after %s", c.gone(t, 10*time.Second))
	})
}
