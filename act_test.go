package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// workflow uses the action of a checkout, and reads what it says.
const workflow = `on: push
jobs:
  packages:
    runs-on: ubuntu-latest
    steps:
      - id: packages
        uses: ./
        with:
          distros: debian-13
          images: "debian-13: lab/debian:13"
          test: "lifecycle: service"
      - if: always()
        run: |
          echo "said outcome=${{ steps.packages.outputs.outcome }} results=${{ steps.packages.outputs.results }}"
          echo "said files=${{ join(fromJSON(steps.packages.outputs.files), ' ') }}"
          ls ${{ steps.packages.outputs.packages }}/*/*.deb
`

// act runs this repository's own action.yml on a tree, in a checkout, with the
// binary under test as its image.
func act(t *testing.T, tree string) (dir, output string, err error) {
	t.Helper()
	program, missing := filepath.Abs("bin/act")
	if _, stat := os.Stat(program); missing != nil || stat != nil || testing.Short() {
		t.Skip("needs the real engine, and make act")
	}
	dir = copyTree(t, tree)
	for name, text := range map[string]string{
		"Dockerfile":                 "FROM " + pluginImage(t) + "\nRUN ln -s drone-packages /bin/plugin-cleanup\n",
		".github/workflows/test.yml": workflow,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	action, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "action.yml"), action, 0o644); err != nil {
		t.Fatal(err)
	}
	git := exec.CommandContext(t.Context(), "sh", "-ec", "git init -q -b main; git add -A; git -c user.name=x -c user.email=x@example.org commit -qm x")
	git.Dir = dir
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("git: %v\n%s", err, out)
	}
	begin := time.Now()
	cmd := exec.CommandContext(t.Context(), program, "push", "-P", "ubuntu-latest=lab/debian:13", "--pull=false", "--action-offline-mode", "--bind", "--rm")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	t.Cleanup(func() { docker(t, "rmi", "-f", "act-dockeraction:latest") })
	t.Logf("act took %s", time.Since(begin).Round(time.Second))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", out)
		}
	})
	return dir, string(out), err
}

func wantSaid(t *testing.T, output string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(output) {
			t.Errorf("it does not say %q", p)
		}
	}
}

func TestTheActionHandsOverPackages(t *testing.T) {
	dir, output, err := act(t, "testdata/broken/good")
	if err != nil {
		t.Error(err)
	}
	wantSaid(t, output, `Summary - ## ✓ drone-packages`, `Success - Post \./`, `said outcome=passed results=dist/results\.json`, `said files=.*dist/debian-13/good_\S+\.deb`, `dist/debian-13/good_\S+\.deb`)
	if strings.Contains(output, "::error") {
		t.Error("it is annotated")
	}
	if debs, _ := filepath.Glob(filepath.Join(dir, "dist/debian-13/*.deb")); len(debs) == 0 {
		t.Error("no package in the checkout")
	}
}

func TestTheActionAnnotatesWhatFails(t *testing.T) {
	_, output, err := act(t, "testdata/broken/compile-error")
	if err == nil {
		t.Error("it is green")
	}
	wantSaid(t, output, `::error file=compile-error\.c,line=3,title=debian-13 compile-error build::build failed`, `said outcome=failed`)
}
