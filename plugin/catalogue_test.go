package plugin

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
)

func TestDistrosOnPlatforms(t *testing.T) {
	two := []distros.Distro{{Name: "debian-12"}, {Name: "debian-13"}}
	for asked, want := range map[string]string{
		"":                        "debian-12 debian-13",
		"linux/amd64":             "debian-12 debian-13",
		"linux/arm64":             "debian-12-arm64 debian-13-arm64",
		"linux/amd64,linux/arm64": "debian-12 debian-12-arm64 debian-13 debian-13-arm64",
	} {
		var names []string
		for _, d := range onPlatforms(two, strings.FieldsFunc(asked, func(r rune) bool { return r == ',' }), "linux/amd64") {
			names = append(names, d.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", asked, got, want)
		}
	}
}

func TestAProgramThatNeedsALinkerIsNoAgent(t *testing.T) {
	w := World{Executable: "/bin/sh"}
	_, err := w.agent("linux/" + runtime.GOARCH)
	const want = "/bin/sh is linked dynamically, and would not run in every container: make it with CGO_ENABLED=0 (go install, go build), or make build"
	if !errors.Is(err, errLinked) || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestTheAgentOfAnotherPlatformIsBesideUs(t *testing.T) {
	dir := t.TempDir()
	w := World{Executable: filepath.Join(dir, "drone-packages")}
	_, err := w.agent("linux/riscv64")
	const want = "there is no drone-packages-riscv64 beside drone-packages: it is what goes into machines of that platform; make build-arm64 makes that of arm64, and the plugin's image has it"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	for name, platform := range map[string]string{"drone-packages": "linux/" + runtime.GOARCH, "drone-packages-riscv64": "linux/riscv64"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
		bin, err := w.agent(platform)
		if err != nil {
			t.Fatal(err)
		}
		if got := bin.(*os.File).Name(); filepath.Base(got) != name {
			t.Errorf("%s: %s", platform, got)
		}
		_ = bin.Close()
	}
}
