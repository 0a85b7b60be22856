package plugin

import (
	"os"
	"path/filepath"
	"testing"
)

// Hosts show a file by its name in the repository, wherever we work.
func TestWhatAFileIsCalledInItsRepository(t *testing.T) {
	for name, c := range map[string]struct {
		// git are the tops of repositories, dir is the workspace.
		git             []string
		dir, file, want string
	}{
		"the workspace is the repository":      {[]string{"."}, ".", "app/debian/control", "app/debian/control"},
		"the workspace is a directory of it":   {[]string{"."}, "app", "debian/control", "app/debian/control"},
		"it is checked out into a directory":   {[]string{"app"}, ".", "app/debian/control", "debian/control"},
		"another's checkout beside it":         {[]string{"other"}, ".", "app/debian/control", "app/debian/control"},
		"a submodule of it":                    {[]string{".", "app"}, ".", "app/debian/control", "app/debian/control"},
		"a submodule, and a checkout below":    {[]string{"app", "app/debian"}, ".", "app/debian/control", "debian/control"},
		"no repository":                        {nil, "app", "debian/control", "debian/control"},
		"a name that is not clean":             {[]string{"."}, "app", "./debian//control", "app/debian/control"},
		"nothing of the workspace":             {[]string{"."}, ".", "src/elsewhere.c", ""},
		"a file at the top of such a checkout": {[]string{"app"}, ".", "app/packages.yml", "packages.yml"},
	} {
		top := t.TempDir()
		for _, file := range []string{"app/debian/control", "app/packages.yml"} {
			write(t, filepath.Join(top, file))
		}
		for _, dir := range c.git {
			write(t, filepath.Join(top, dir, ".git", "HEAD"))
		}
		w := World{Dir: filepath.Join(top, c.dir)}
		if got := w.inRepository(c.file); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func write(t *testing.T, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}
