package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// lab are the base images that lab/images.sh makes.
const lab = `{"debian-12": "lab/debian:12", "debian-13": "lab/debian:13", "debian-sid": "lab/debian:sid", "fedora-43": "lab/standin-dnf:13"}`

// outcome is one run of the binary.
type outcome struct {
	code   int
	output string
	run    result.Run
}

// runIn runs the plugin in a workspace with settings on the real engine, and
// wants nothing to be left there.
func runIn(t *testing.T, dir string, settings ...string) outcome {
	t.Helper()
	o := runLeaving(t, dir, settings...)
	nothingLeft(t, o.run.ID)
	return o
}

// runLeaving runs it and leaves what it was told to keep.
func runLeaving(t *testing.T, dir string, settings ...string) outcome {
	t.Helper()
	if testing.Short() {
		t.Skip("short: needs the real engine and minutes")
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append([]string{"PLUGIN_IMAGES=" + lab}, settings...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // the exit code is looked at below
	o := outcome{code: cmd.ProcessState.ExitCode(), output: out.String()}
	text, err := os.ReadFile(filepath.Join(dir, "dist", "results.json"))
	if err != nil {
		t.Fatalf("no results: %v\n%s", err, o.output)
	}
	if err := json.Unmarshal(text, &o.run); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(o.output)
		}
	})
	return o
}

// nothingLeft wants no container, network or volume of a run on the engine.
func nothingLeft(t *testing.T, id string) {
	t.Helper()
	if left := leftOf(t, id); left != "" {
		t.Errorf("left on the engine:\n%s", left)
	}
}

func leftOf(t *testing.T, id string) string {
	t.Helper()
	var all []string
	filter := "label=io.drone-packages.run=" + id
	for _, args := range [][]string{
		{"ps", "-a", "--filter", filter, "--format", "container {{.Names}}"},
		{"network", "ls", "--filter", filter, "--format", "network {{.Name}}"},
		{"volume", "ls", "--filter", filter, "--format", "volume {{.Name}}"},
	} {
		out, err := exec.Command("docker", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(out))
	}
	return strings.TrimSpace(strings.Join(all, ""))
}

// phases are the phases of a distro by outcome: "build passed".
func (o outcome) phases(distro string) map[string]result.Phase {
	all := map[string]result.Phase{}
	for _, j := range o.run.Jobs {
		if j.Distro == distro {
			for _, p := range j.Phases {
				all[p.Name] = p
			}
		}
	}
	return all
}

// red are the phases of a distro that failed, sorted.
func (o outcome) red(distro string) []string {
	var names []string
	for name, p := range o.phases(distro) {
		if p.Outcome == result.Failed || p.Outcome == result.Fault {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// copyTree copies a directory of the repository into a workspace of its own.
func copyTree(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// broken are the trees of testdata/broken: each has one planted bug, which a
// hook mends on debian-12, so that one distro is red and the other green.
var broken = map[string]struct {
	mend string
	// red phases on debian-13, and words of what the user sees.
	red   []string
	words []string
}{
	"compile-error": {
		mend: `printf 'int main(void) { return 0; }\n' >compile-error.c`,
		red:  []string{"build"}, words: []string{"compile-error.c:3:17: error: expected"},
	},
	"postinst-fails": {
		mend: `rm debian/postinst`,
		red:  []string{"install"}, words: []string{"cannot make the database", "returned error exit status 3"},
	},
	"exits-after-start": {
		mend: `printf '#!/bin/sh\nexec sleep infinity\n' >exits-after-start.sh`,
		red:  []string{"reinstall", "return", "service"}, words: []string{"exits-after-start.service", "no licence file"},
	},
	"never-ready": {
		mend: `sed -i s/Type=notify/Type=simple/ debian/never-ready.service`,
		red:  []string{"reinstall", "return", "service"}, words: []string{"never-ready.service", "start operation timed out"},
	},
	"no-restart": {
		mend: `printf '#!/bin/sh\nexec sleep infinity\n' >no-restart.sh`,
		red:  []string{"reinstall", "restart", "return"}, words: []string{"no-restart.service", "lock exists"},
	},
	"leftover": {
		mend: `rm debian/postinst`,
		red:  []string{"purge"}, words: []string{"/etc/leftover"},
	},
	"missing-library": {
		mend: `printf 'all:\n\tprintf "#!/bin/sh\\n" >missing-library; chmod +x missing-library\nclean:\n' >Makefile`,
		red:  []string{"check"}, words: []string{"/usr/bin/missing-library", "libgone.so.1"},
	},
	"dangling-symlink": {
		mend: `rm debian/links`,
		red:  []string{"check"}, words: []string{"/usr/lib/dangling-symlink/default.so", "plugin.so"},
	},
}

// It runs before all that run side by side: the environment and the machines
// it makes are theirs too.
func TestAGoodPackageIsGreen(t *testing.T) {
	o := runIn(t, copyTree(t, "testdata/broken/good"), "PLUGIN_DISTROS=debian-12,debian-13")
	if o.code != 0 {
		t.Errorf("exit code %d", o.code)
	}
	for _, distro := range []string{"debian-12", "debian-13"} {
		for name, p := range o.phases(distro) {
			if p.Outcome != result.Passed {
				t.Errorf("%s %s: %s", distro, name, p.Outcome)
			}
		}
	}
}

func TestPlantedBugsAreCaught(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(broken)) {
		c := broken[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyTree(t, filepath.Join("testdata/broken", name))
			hook := fmt.Sprintf("packages:\n  %s:\n    before:\n      - |\n        . /etc/os-release; [ \"$VERSION_ID\" = 13 ] || { %s; }\n", name, c.mend)
			if err := os.WriteFile(filepath.Join(dir, "packages.yml"), []byte(hook), 0o644); err != nil {
				t.Fatal(err)
			}
			// What reboots and upgrades make of bugs has tests of its own.
			o := runIn(t, dir, "PLUGIN_DISTROS=debian-12,debian-13",
				`PLUGIN_TEST={"lifecycle": "service,check,restart,reinstall,remove,return,purge"}`)
			o.wantRed(t, "debian-13", c.red, c.words)
			o.wantRed(t, "debian-12", nil, nil)
		})
	}
}

// gridHead begins the grid, with which the end of a run begins.
var gridHead = regexp.MustCompile(`(?m)^ +build +`)

// wantRed wants just these phases of a distro to have failed, and words in
// what the user sees.
func (o outcome) wantRed(t *testing.T, distro string, red, words []string) {
	t.Helper()
	if got := o.red(distro); !slices.Equal(got, red) {
		t.Errorf("%s: red is %v, want %v", distro, got, red)
	}
	if len(red) > 0 && o.code != 1 {
		t.Errorf("exit code %d, want 1", o.code)
	}
	at := gridHead.FindStringIndex(o.output)
	for _, w := range words {
		if at == nil || !strings.Contains(o.output[at[1]:], w) {
			t.Errorf("the end of the run does not say %q", w)
		}
	}
}

// Each distro lacks one build dependency, and its own apt's way to name it
// reaches the user.
func TestUnknownBuildDependency(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/broken/unknown-build-dep")
	control := filepath.Join(dir, "debian", "control")
	text, err := os.ReadFile(control)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("libnobody-has-this-dev"), []byte("python3-distutils, libpython3.13-dev"))
	if err := os.WriteFile(control, text, 0o644); err != nil {
		t.Fatal(err)
	}
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-12,debian-13")
	o.wantRed(t, "debian-12", []string{"environment"}, []string{"Depends: libpython3.13-dev"})
	o.wantRed(t, "debian-13", []string{"environment"}, []string{"python3-distutils"})
}

// A distro without an image is a fault; the others go on.
func TestMissingImageIsAFaultOfThatDistro(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/broken/good")
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-12,debian-13", "PLUGIN_PULL=never",
		`PLUGIN_IMAGES={"debian-12": "nobody/has:this", "debian-13": "lab/debian:13"}`)
	if o.code != 3 {
		t.Errorf("exit code %d, want 3", o.code)
	}
	if !strings.Contains(o.output, "image nobody/has:this is not here, and pull: never") {
		t.Error("the missing image is not named")
	}
	o.wantRed(t, "debian-13", nil, nil)
	if p := o.phases("debian-13")["purge"]; p.Outcome != result.Passed {
		t.Errorf("debian-13 did not go on: purge is %q", p.Outcome)
	}
}
