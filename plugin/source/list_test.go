package source_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/source"
)

func TestFilesUnderGit(t *testing.T) {
	for name, c := range map[string]struct {
		tracked string
		change  func(t *testing.T, dir string)
		options source.Options
		want    string
	}{
		"tracked and not yet tracked": {"b dir/a",
			func(t *testing.T, dir string) { add(t, dir, "new dir/new") }, source.Options{},
			"b dir/a dir/new new"},
		"not what is ignored, by any of git's files": {".gitignore dir/.gitignore a",
			func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, ".gitignore"), "*.o\n/only-top\n")
				write(t, filepath.Join(dir, "dir/.gitignore"), "secret\n")
				write(t, filepath.Join(dir, ".git/info/exclude"), "mine\n")
				add(t, dir, "a.o only-top dir/only-top secret dir/secret mine dir/b.o")
			}, source.Options{},
			".gitignore a dir/.gitignore dir/only-top secret"},
		"what is tracked though it is ignored": {"a.o",
			func(t *testing.T, dir string) { add(t, dir, ".gitignore"); write(t, dir+"/.gitignore", "*.o\n") }, source.Options{},
			".gitignore a.o"},
		"not what was deleted": {"a b dir/c",
			func(t *testing.T, dir string) { remove(t, dir+"/a"); remove(t, dir+"/dir") }, source.Options{},
			"b"},
		"a directory that became a file": {"a/b a/c d",
			func(t *testing.T, dir string) { remove(t, dir+"/a"); add(t, dir, "a") }, source.Options{},
			"a d"},
		"not the output, tracked or not": {"a dist/README distant/b x/dist/c",
			func(t *testing.T, dir string) { add(t, dir, "dist/x.deb") }, source.Options{Output: "dist/"},
			"a distant/b x/dist/c"},
		"not an output deep inside": {"a out/b out/packages/c",
			func(*testing.T, string) {}, source.Options{Output: "./out/packages"},
			"a out/b"},
		"an output outside": {"a dist/b",
			func(*testing.T, string) {}, source.Options{Output: ""},
			"a dist/b"},
		"links, wherever they lead": {"a dir/b",
			func(t *testing.T, dir string) { add(t, dir, "in->a gone->nowhere out->/etc/passwd todir->dir") }, source.Options{},
			"a dir/b gone in out todir"},
		"no sockets and fifos": {"a",
			func(t *testing.T, dir string) { fifo(t, dir+"/fifo") }, source.Options{},
			"a"},
		"names that are no words": {"a",
			func(t *testing.T, dir string) { add(t, dir, "\xff\xfe ü* [x] -c") }, source.Options{},
			"-c [x] a ü* \xff\xfe"},
		"a repository inside, by its own rules": {"a",
			func(t *testing.T, dir string) {
				add(t, dir, "inner/b inner/b.o inner/.gitignore inner/deep/c")
				write(t, dir+"/inner/.gitignore", "*.o\n")
				git(t, dir+"/inner", "init", "--quiet")
				git(t, dir+"/inner/deep", "init", "--quiet")
			}, source.Options{},
			"a inner/.gitignore inner/b inner/deep/c"},
		"a repository inside that is empty": {"a",
			func(t *testing.T, dir string) { git(t, dir, "init", "--quiet", "inner") }, source.Options{},
			"a"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, c.tracked)
			c.change(t, dir)
			c.options.Source = dir
			if got := names(t, c.options); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSubmodulesBelongToTheTree(t *testing.T) {
	library := repository(t, "lib.c .gitignore")
	write(t, library+"/.gitignore", "*.o\n")
	commit(t, library)
	dir := repository(t, "a")
	git(t, dir, "submodule", "--quiet", "add", library, "vendor/lib")
	commit(t, dir)
	add(t, dir, "vendor/lib/lib.o vendor/lib/new.c")
	if got, want := names(t, source.Options{Source: dir}), ".gitmodules a vendor/lib/.gitignore vendor/lib/lib.c vendor/lib/new.c"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	git(t, dir, "submodule", "--quiet", "deinit", "--force", "vendor/lib")
	if got, want := names(t, source.Options{Source: dir}), ".gitmodules a"; got != want {
		t.Errorf("not checked out: got %q, want %q", got, want)
	}
}

func TestADirectoryOfARepository(t *testing.T) {
	dir := repository(t, "a part/b part/debian/control .gitignore")
	write(t, dir+"/.gitignore", "*.o\n")
	add(t, dir, "part/c.o")
	if got, want := names(t, source.Options{Source: dir + "/part"}), "b debian/control"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExclude(t *testing.T) {
	for pattern, want := range map[string]string{
		"":             "a.c a.o dir/a.o dir/b deep/dir/c",
		"*.o":          "a.c dir/a.o dir/b deep/dir/c",
		"**/*.o":       "a.c dir/b deep/dir/c",
		"dir":          "a.c a.o deep/dir/c",
		"dir/":         "a.c a.o deep/dir/c",
		"/dir":         "a.c a.o deep/dir/c",
		"**/dir":       "a.c a.o",
		"dir|!/dir/b":  "a.c a.o dir/b deep/dir/c",
		"dir|!dir/b":   "a.c a.o dir/b deep/dir/c",
		"*|!a.c":       "a.c",
		"*.o|dir/a.?":  "a.c dir/b deep/dir/c",
		"nothing/like": "a.c a.o dir/a.o dir/b deep/dir/c",
	} {
		t.Run(pattern, func(t *testing.T) {
			dir := tree(t, "a.c a.o dir/a.o dir/b deep/dir/c")
			checkSame(t, names(t, source.Options{Source: dir, Exclude: patterns(pattern)}), want)
			git(t, dir, "init", "--quiet")
			checkSame(t, names(t, source.Options{Source: dir, Exclude: patterns(pattern)}), want)
		})
	}
}

func TestGitItselfIsNeverSource(t *testing.T) {
	dir := repository(t, "a")
	add(t, dir, "sub/.git sub/b")
	checkSame(t, names(t, source.Options{Source: dir, Exclude: []string{"!.git"}}), "a sub/b")
	dir = tree(t, "a .git/config sub/.git/config sub/b other/.git")
	checkSame(t, names(t, source.Options{Source: dir}), "a sub/b")
}

func TestExcludeThatIsNoPattern(t *testing.T) {
	dir := tree(t, "a")
	_, err := source.Open(t.Context(), source.Options{Source: dir, Exclude: []string{"[a"}})
	if want := "list the source " + dir + ": exclude: syntax error in pattern"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func fifo(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
}
