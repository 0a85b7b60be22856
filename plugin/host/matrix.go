package host

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// matrices are the ways to make a job of a CI system's own of each shard.
var matrices = []struct {
	format string
	write  func(io.Writer, result.Expected) error
}{
	{"github", githubMatrix},
	{"drone", dronePipelines},
	{"woodpecker", woodpeckerMatrix},
	{"json", result.WriteExpected},
}

// MatrixFormats are what Matrix writes.
func MatrixFormats() []string {
	var formats []string
	for _, m := range matrices {
		formats = append(formats, m.format)
	}
	return formats
}

// Matrix writes the shards of a run as a CI system takes them, one of
// MatrixFormats: github is one line for strategy.matrix, woodpecker the matrix of
// a workflow, drone a pipeline for each, json what report merge reads.
func Matrix(w io.Writer, format string, e result.Expected) error {
	for _, m := range matrices {
		if m.format == format {
			return m.write(w, e)
		}
	}
	return fmt.Errorf("--format: there is no %q, there are: text, %s", format, strings.Join(MatrixFormats(), ", "))
}

// shardsOf are the distros that are a shard each.
func shardsOf(e result.Expected) []string {
	distros := []string{}
	for _, s := range e.Shards {
		distros = append(distros, s.Distro)
	}
	return distros
}

// githubMatrix is what fromJSON takes: {"distro":["debian-12","debian-13"]}.
func githubMatrix(w io.Writer, e result.Expected) error {
	return json.NewEncoder(w).Encode(map[string][]string{"distro": shardsOf(e)})
}

// woodpeckerMatrix is the top-level key of a workflow.
func woodpeckerMatrix(w io.Writer, e result.Expected) error {
	return encodeYAML(w, map[string]map[string][]string{"matrix": {"DISTRO": shardsOf(e)}})
}

// The parts of a pipeline that ours has.
type (
	dronePipeline struct {
		Kind    string        `yaml:"kind"`
		Type    string        `yaml:"type"`
		Name    string        `yaml:"name"`
		Steps   []droneStep   `yaml:"steps"`
		Volumes []droneVolume `yaml:"volumes"`
	}
	droneStep struct {
		Name     string              `yaml:"name"`
		Image    string              `yaml:"image"`
		Settings map[string][]string `yaml:"settings"`
		Volumes  []droneVolume       `yaml:"volumes"`
	}
	droneVolume struct {
		Name string            `yaml:"name"`
		Path string            `yaml:"path,omitempty"`
		Host map[string]string `yaml:"host,omitempty"`
	}
)

// Image is what the plugin's own image is called.
const Image = "dronepackages/drone-packages"

const dockerSocket = "/var/run/docker.sock"

// dronePipelines are documents of a .drone.yml: Drone has no matrix, and runs
// pipelines side by side.
func dronePipelines(w io.Writer, e result.Expected) error {
	if _, err := io.WriteString(w, "# By drone-packages plan --format drone. Settings that all of them have are in packages.yml.\n"); err != nil {
		return err
	}
	for _, distro := range shardsOf(e) {
		if _, err := io.WriteString(w, "---\n"); err != nil {
			return err
		}
		pipeline := dronePipeline{
			Kind: "pipeline", Type: "docker", Name: distro,
			Steps: []droneStep{{
				Name: "packages", Image: Image, Settings: map[string][]string{"distros": {distro}},
				Volumes: []droneVolume{{Name: "docker", Path: dockerSocket}},
			}},
			Volumes: []droneVolume{{Name: "docker", Host: map[string]string{"path": dockerSocket}}},
		}
		if err := encodeYAML(w, pipeline); err != nil {
			return err
		}
	}
	return nil
}

// encodeYAML writes one document.
func encodeYAML(w io.Writer, v any) error {
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	return encoder.Close()
}
