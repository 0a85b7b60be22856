package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An annotation names a file as its repository does, wherever the job has it:
// one that a compiler complains of, one in which a check was asked for.
func TestAnnotationsNameFilesOfTheRepository(t *testing.T) {
	for name, c := range map[string]struct {
		tree, file string
		// repository, of the workspace's directories.
		repository string
		settings   []string
		want       string
	}{
		"a source that is checked out in a directory": {
			"testdata/broken/compile-error", "", "app", []string{"PLUGIN_SOURCE=app", "PLUGIN_ONLY=build"},
			"::error file=compile-error.c,line=3,title=debian-13 compile-error build::"},
		"settings and source in a directory": {
			"testdata/broken/good", "test:\n  lifecycle: [service, check]\n  check:\n    file: {/nowhere: {exists: true}}\n",
			".", []string{"PLUGIN_SOURCE=app", "PLUGIN_FILE=app/packages.yml"},
			"::error file=app/packages.yml,line=4,title=debian-13 check::"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "app"), os.DirFS(c.tree)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "app/packages.yml"), []byte(c.file), 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), "git", "init", "-q", filepath.Join(dir, c.repository)).CombinedOutput(); err != nil {
				t.Fatalf("git init: %v\n%s", err, out)
			}
			o := runIn(t, dir, append(c.settings, "PLUGIN_DISTROS=debian-13", "GITHUB_ACTIONS=true")...)
			if o.code != 1 || !strings.Contains(o.output, "\n"+c.want) {
				t.Errorf("exit code %d; it does not say %q", o.code, c.want)
			}
		})
	}
}
