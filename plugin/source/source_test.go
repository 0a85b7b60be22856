package source_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/source"
)

// TestMain keeps git from the habits of whoever runs the tests.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// packaged are the least files of a package.
const packaged = "debian/control debian/changelog debian/rules"

// tree makes a directory of files, each holding its name; one with an arrow
// in it (a->b) is a link.
func tree(t *testing.T, files string) string {
	t.Helper()
	dir := t.TempDir()
	add(t, dir, files)
	return dir
}

func add(t *testing.T, dir, files string) {
	t.Helper()
	for name := range strings.FieldsSeq(files) {
		name, target, link := strings.Cut(name, "->")
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if link {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		text := "Source: " + filepath.Base(filepath.Dir(filepath.Dir(path))) + "\n"
		write(t, path, text)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// git runs git as a developer would, with nobody's configuration.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	config := []string{"-c", "user.name=n", "-c", "user.email=e", "-c", "protocol.file.allow=always", "-c", "safe.directory=*", "-c", "init.defaultBranch=main"}
	cmd := exec.CommandContext(t.Context(), "git", append(config, args...)...)
	cmd.Dir, cmd.Env = dir, nil
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit makes all that is there a commit.
func commit(t *testing.T, dir string) {
	t.Helper()
	git(t, dir, "add", "--all")
	git(t, dir, "commit", "--quiet", "--allow-empty", "--message", "x")
}

// repository makes a directory of files with one commit.
func repository(t *testing.T, files string) string {
	t.Helper()
	dir := tree(t, files)
	git(t, dir, "init", "--quiet")
	commit(t, dir)
	return dir
}

// open reads a tree that has to be one.
func open(t *testing.T, o source.Options) *source.Checkout {
	t.Helper()
	c, err := source.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// entry is one file of a tar stream.
type entry struct {
	tar.Header
	text string
}

// packed are the files that a checkout streams, in order.
func packed(t *testing.T, c *source.Checkout) []entry {
	t.Helper()
	var b bytes.Buffer
	if err := c.WriteTar(&b); err != nil {
		t.Fatal(err)
	}
	var all []entry
	r := tar.NewReader(&b)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{*h, string(text)})
	}
}

// names are the files that a tree streams.
func names(t *testing.T, o source.Options) string {
	t.Helper()
	var all []string
	for _, e := range packed(t, open(t, o)) {
		all = append(all, e.Name)
	}
	return strings.Join(all, " ")
}

// A hook or a rebase that runs us leads git to its own repository.
func TestGitWorksWhereItIsSent(t *testing.T) {
	other := t.TempDir()
	git(t, other, "init", "--quiet")
	dir := t.TempDir()
	git(t, dir, "init", "--quiet")
	write(t, filepath.Join(dir, "file"), "text")
	commit(t, dir)
	t.Setenv("GIT_DIR", filepath.Join(other, ".git"))
	t.Setenv("GIT_WORK_TREE", other)
	c, err := source.Open(t.Context(), source.Options{Source: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // a test
	if c.Tree.Files != 1 || c.Tree.Revision == "" {
		t.Errorf("%d files at %q", c.Tree.Files, c.Tree.Revision)
	}
}
