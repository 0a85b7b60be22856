package main_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// TestPullWithCredentials builds on an image that a registry wants a password
// for.
func TestPullWithCredentials(t *testing.T) {
	if testing.Short() {
		t.Skip("short: needs the real engine")
	}
	r := enginetest.NewRegistry(t)
	ref := r.Push(t, "lab/debian:12", "lab/debian:12")
	images := `PLUGIN_IMAGES={"debian-12": "` + ref + `"}`
	const wrong = "wrong-horse-battery"
	t.Run("right", func(t *testing.T) {
		o := runIn(t, copyTree(t, "testdata/broken/good"), images, "PLUGIN_DISTROS=debian-12", "PLUGIN_PULL=always",
			"PLUGIN_USERNAME="+r.User, "PLUGIN_PASSWORD="+r.Password)
		if o.code != 0 || o.run.Outcome != result.Passed {
			t.Errorf("exit code %d, %s", o.code, o.run.Outcome)
		}
		if !strings.Contains(o.output, "pulling "+ref) {
			t.Error("nothing was pulled")
		}
		if !regexp.MustCompile(`pulled ` + regexp.QuoteMeta(ref) + `: (\d+\.\d MB|nothing new) in \d+\.\ds`).MatchString(o.output) {
			t.Errorf("it does not say what came:\n%s", o.output)
		}
	})
	t.Run("wrong", func(t *testing.T) {
		dir := copyTree(t, "testdata/broken/good")
		o := runIn(t, dir, images, "PLUGIN_DISTROS=debian-12", "PLUGIN_PULL=always",
			"PLUGIN_USERNAME="+r.User, "PLUGIN_PASSWORD="+wrong)
		if o.code != 3 || o.run.Outcome != result.Fault {
			t.Errorf("exit code %d, %s", o.code, o.run.Outcome)
		}
		if want := "pull " + ref + ": the registry wants other credentials"; !strings.Contains(o.output, want) {
			t.Errorf("it does not say %q", want)
		}
		if strings.Contains(o.output, wrong) {
			t.Error("the password is shown")
		}
		for name, text := range filesOf(t, filepath.Join(dir, "dist")) {
			if strings.Contains(text, wrong) {
				t.Errorf("the password is in %s", name)
			}
		}
	})
}

// TestDoctorAsksRegistries: as whom a run would, of what it would pull, and
// nothing is fetched.
func TestDoctorAsksRegistries(t *testing.T) {
	if testing.Short() {
		t.Skip("short: needs the real engine")
	}
	r := enginetest.NewRegistry(t)
	ref := r.Push(t, "lab/debian:12", "lab/debian:12")
	for name, tt := range map[string]struct {
		image, password, want string
		code                  int
	}{
		"it has it":      {ref, r.Password, "debian-12: " + ref + " is pulled: its registry has it", 0},
		"it has it not":  {r.Addr + "/lab/none:1", r.Password, "debian-12: no " + r.Addr + "/lab/none:1: no such image", 3},
		"not for others": {ref, "wrong-horse-battery", "debian-12: no " + ref + ": the registry wants other credentials", 3},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), binary, "doctor")
			cmd.Dir = "testdata/broken/good"
			cmd.Env = append(os.Environ(), "PLUGIN_DISTROS=debian-12", `PLUGIN_IMAGES={"debian-12": "`+tt.image+`"}`,
				"PLUGIN_USERNAME="+r.User, "PLUGIN_PASSWORD="+tt.password)
			out, _ := cmd.CombinedOutput() // its code is looked at
			if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(out), tt.want) {
				t.Errorf("exit code %d, want %d and %q in\n%s", code, tt.code, tt.want, out)
			}
			if strings.Contains(string(out), tt.password) {
				t.Error("the password is shown")
			}
			if found, _ := exec.CommandContext(t.Context(), "docker", "images", "-q", tt.image).Output(); len(found) > 0 {
				t.Error("it was fetched")
			}
		})
	}
}

// filesOf are the files of a directory and what is in them.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
