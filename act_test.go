package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// act runs README's workflow, word for word and with a step that tells the
// outputs, on a checkout of a tree: with this repository's own action.yml, whose
// Dockerfile's image is made already.
func act(t *testing.T, tree string, more map[string]string) (dir, output string, err error) {
	t.Helper()
	if _, missing := os.Stat("bin/act"); missing != nil || testing.Short() {
		t.Skip("needs the real engine, and bin/act (lab/act.sh)")
	}
	releasedImage(t)
	more[".github/workflows/packages.yml"] = inREADME(t, "runs-on: ubuntu-latest") + `
      - if: always()
        run: echo "said outcome=${{ steps.packages.outputs.outcome }} results=${{ steps.packages.outputs.results }} packages=${{ steps.packages.outputs.packages }}"
`
	dir = checkout(t, tree, more)
	output, err = actIn(t, dir)
	return dir, output, err
}

// actIn runs act in a checkout; more are arguments besides those that it takes
// where there is no registry.
func actIn(t *testing.T, dir string, more ...string) (output string, err error) {
	t.Helper()
	program, err := filepath.Abs("bin/act")
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	args := append([]string{"push", "-P", "ubuntu-latest=lab/debian:13", "--pull=false", "--action-offline-mode", "--bind", "--rm",
		"--env=PLUGIN_IMAGES=" + lab, "--local-repository=drone-packages/drone-packages@main=" + action(t)}, more...)
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	t.Logf("act took %s", time.Since(begin).Round(time.Second))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", out)
		}
	})
	return string(out), err
}

// action is a directory that is this repository to act: its action.yml, and the
// image of its Dockerfile.
func action(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"action.yml": string(text), "Dockerfile": "FROM " + released + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func wantSaid(t *testing.T, output string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(output) {
			t.Errorf("it does not say %q", p)
		}
	}
}

// madeByAct are what act makes and leaves on the engine, as that is told to
// remove them.
func madeByAct(t *testing.T) []string {
	t.Helper()
	if testing.Short() {
		return nil
	}
	var all []string
	for _, name := range strings.Fields(docker(t, "images", "--format={{.Repository}}", "--filter=reference=act-*-dockeraction")) {
		all = append(all, "rmi "+name)
	}
	for _, name := range strings.Fields(docker(t, "volume", "ls", "-q", "--filter=name=act-")) {
		all = append(all, "volume rm "+name)
	}
	return all
}

// act calls its containers by the workflow's name: one at a time.
func TestTheAction(t *testing.T) {
	t.Parallel()
	before := madeByAct(t)
	t.Run("hands over packages", handsOverPackages)
	t.Run("annotates what fails", annotatesWhatFails)
	for _, left := range madeByAct(t) {
		if !slices.Contains(before, left) {
			docker(t, strings.Fields(left)...)
		}
	}
}

func handsOverPackages(t *testing.T) {
	dir, output, err := act(t, "examples/greeter", map[string]string{"packages.yml": quickGreeter(t)})
	if err != nil {
		t.Error(err)
	}
	wantSaid(t, output, `Summary - ## ✓ drone-packages`, `Success - Post `, `said outcome=passed results=dist/results\.json packages=dist`,
		`dist/debian-12/greeter_\S+\.deb`, `dist/debian-13/greeter_\S+\.deb`, `debian-13 services .*✓ services`)
	if strings.Contains(output, "::error") {
		t.Error("it is annotated")
	}
	for _, distro := range []string{"debian-12", "debian-13"} {
		if debs, _ := filepath.Glob(filepath.Join(dir, "dist", distro, "greeter_*.deb")); len(debs) == 0 {
			t.Errorf("no package for %s in the checkout", distro)
		}
	}
}

func annotatesWhatFails(t *testing.T) {
	dir, output, err := act(t, "testdata/broken/compile-error", map[string]string{})
	if err == nil {
		t.Error("it is green")
	}
	wantSaid(t, output, `::error file=compile-error\.c,line=3,title=debian-12 compile-error build%2C debian-13 compile-error build::build failed`, `said outcome=failed`)

	// What it says to copy does that part, and nothing else.
	command := regexp.MustCompile(`again +act (-j \S+ --env PLUGIN_ONLY=debian-13/compile-error/build)`).FindStringSubmatch(output)
	if command == nil {
		t.Fatal("it does not say how to do it again")
	}
	output, err = actIn(t, dir, strings.Fields(command[1])...)
	if err == nil {
		t.Error("it is green the second time")
	}
	wantSaid(t, output, `debian-13 build .*✗ build`, `said outcome=failed`)
	if strings.Contains(output, "debian-12 build") || strings.Contains(output, "debian-13 boot") {
		t.Error("more than that part was done")
	}
}
