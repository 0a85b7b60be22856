package host_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// split is a run over three machines; YAML takes the name of the last for a
// number, if it is not quoted.
var split = result.Expected{
	Schema: result.ExpectedSchema, Version: "0.1.0", ID: "k7q2",
	Source: result.Source{Path: ".", Revision: "v1.4.0", Files: 12, Size: 3400},
	Shards: []result.Shard{
		{Distro: "debian-12", Jobs: []string{"debian-12/image"}}, {Distro: "debian-13", Jobs: []string{"debian-13/image"}},
		{Distro: "22.10", Jobs: []string{"22.10/image"}},
	},
	Jobs: []result.Planned{
		{Name: "debian-12/image", Kind: "image", Distro: "debian-12", Platform: "linux/amd64"},
		{Name: "debian-13/image", Kind: "image", Distro: "debian-13", Platform: "linux/amd64"},
		{Name: "22.10/image", Kind: "image", Distro: "22.10", Platform: "linux/amd64"},
	},
}

func matrix(t *testing.T, format string, e result.Expected) string {
	t.Helper()
	var b bytes.Buffer
	if err := host.Matrix(&b, format, e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheMatrixOfGitHubIsOneLine(t *testing.T) {
	got := matrix(t, "github", split)
	if want := `{"distro":["debian-12","debian-13","22.10"]}` + "\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheMatrixOfWoodpecker(t *testing.T) {
	const want = `matrix:
  DISTRO:
    - debian-12
    - debian-13
    - "22.10"
`
	if d := cmp.Diff(want, matrix(t, "woodpecker", split)); d != "" {
		t.Error(d)
	}
}

func TestThePipelinesOfDrone(t *testing.T) {
	few := split
	few.Shards = few.Shards[1:]
	const want = `# By drone-packages plan --format drone. Settings that all of them have are in packages.yml.
---
kind: pipeline
type: docker
name: debian-13
steps:
  - name: packages
    image: dronepackages/drone-packages
    settings:
      distros:
        - debian-13
    volumes:
      - name: docker
        path: /var/run/docker.sock
volumes:
  - name: docker
    host:
      path: /var/run/docker.sock
---
kind: pipeline
type: docker
name: "22.10"
steps:
  - name: packages
    image: dronepackages/drone-packages
    settings:
      distros:
        - "22.10"
    volumes:
      - name: docker
        path: /var/run/docker.sock
volumes:
  - name: docker
    host:
      path: /var/run/docker.sock
`
	if d := cmp.Diff(want, matrix(t, "drone", few)); d != "" {
		t.Error(d)
	}
}

func TestWhatIsExpectedIsReadAsItWasWritten(t *testing.T) {
	got, err := result.ReadExpected(strings.NewReader(matrix(t, "json", split)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(split, got); d != "" {
		t.Error(d)
	}
}

func TestEveryMatrixNamesEveryShard(t *testing.T) {
	for _, format := range host.MatrixFormats() {
		text := matrix(t, format, split)
		for _, s := range split.Shards {
			if !strings.Contains(text, s.Distro) {
				t.Errorf("%s: no %s in\n%s", format, s.Distro, text)
			}
		}
	}
}

// Whatever a distro is called, it is one value of the matrix and nothing else.
func TestOddNamesStayNames(t *testing.T) {
	const odd = "a\n- b: {c"
	e := result.Expected{Shards: []result.Shard{{Distro: odd}}}
	var github struct{ Distro []string }
	if err := json.Unmarshal([]byte(matrix(t, "github", e)), &github); err != nil || len(github.Distro) != 1 || github.Distro[0] != odd {
		t.Errorf("github: %v %q", err, github.Distro)
	}
	var woodpecker struct {
		Matrix struct {
			Distro []string `yaml:"DISTRO"`
		}
	}
	if err := yaml.Load([]byte(matrix(t, "woodpecker", e)), &woodpecker); err != nil || len(woodpecker.Matrix.Distro) != 1 || woodpecker.Matrix.Distro[0] != odd {
		t.Errorf("woodpecker: %v %q", err, woodpecker.Matrix.Distro)
	}
	documents := yaml.NewDecoder(strings.NewReader(matrix(t, "drone", e)))
	var pipeline struct{ Name string }
	if err := documents.Decode(&pipeline); err != nil || pipeline.Name != odd {
		t.Errorf("drone: %v %q", err, pipeline.Name)
	}
	if err := documents.Decode(&pipeline); !errors.Is(err, io.EOF) {
		t.Errorf("drone: another document: %v", err)
	}
}

func TestAFormatThatIsNone(t *testing.T) {
	err := host.Matrix(io.Discard, "gitlab", split)
	if want := `--format: there is no "gitlab", there are: text, github, drone, woodpecker, json`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
