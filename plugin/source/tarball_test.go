package source_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/source"
)

// nullmailer's tarball holds test/runtests, which its .gitignore names.
func TestTarballHoldsWhatItsGitignoreNames(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{".gitignore": "test/runtests\n*.log\n", "test/runtests": "", "a.log": "", "debian/control": "Source: x\n"}
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := source.Open(t.Context(), source.Options{Source: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // read only
	if c.Tree.Files != len(files) {
		t.Errorf("%d files are source, want all %d", c.Tree.Files, len(files))
	}
}
