package source_test

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/source"
)

func TestTarHoldsFilesAsTheyAre(t *testing.T) {
	dir := tree(t, "script data readonly dir/deep link->dir out->/etc/passwd")
	at := time.Date(2020, 2, 3, 4, 5, 6, 789_000_000, time.UTC)
	for name, mode := range map[string]os.FileMode{"script": 0o755, "data": 0o640, "readonly": 0o444, "dir/deep": 0o755 | os.ModeSetuid} {
		path := filepath.Join(dir, name)
		write(t, path, name)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, at); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]struct {
		mode int64
		kind byte
		link string
	}{
		"script": {0o755, tar.TypeReg, ""}, "data": {0o640, tar.TypeReg, ""}, "readonly": {0o444, tar.TypeReg, ""},
		"dir/deep": {0o4755, tar.TypeReg, ""}, "link": {0o777, tar.TypeSymlink, "dir"}, "out": {0o777, tar.TypeSymlink, "/etc/passwd"},
	}
	all := packed(t, open(t, source.Options{Source: dir}))
	if len(all) != len(want) {
		t.Errorf("%d files, want %d", len(all), len(want))
	}
	for _, e := range all {
		w := want[e.Name]
		if e.Mode != w.mode || e.Typeflag != w.kind || e.Linkname != w.link {
			t.Errorf("%s: mode %o, kind %c, link %q", e.Name, e.Mode, e.Typeflag, e.Linkname)
		}
		if e.Typeflag == tar.TypeReg && (e.text != e.Name || !e.ModTime.Equal(at)) {
			t.Errorf("%s: holds %q of %s", e.Name, e.text, e.ModTime)
		}
	}
}

func TestTarNamesNobody(t *testing.T) {
	dir := tree(t, "a link->a")
	for _, name := range []string{"a", "link"} {
		if err := os.Lchown(filepath.Join(dir, name), os.Getuid(), os.Getgid()); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range packed(t, open(t, source.Options{Source: dir})) {
		if e.Uid != 0 || e.Gid != 0 || e.Uname != "" || e.Gname != "" {
			t.Errorf("%s: owner %d:%d %s:%s", e.Name, e.Uid, e.Gid, e.Uname, e.Gname)
		}
		for key := range e.PAXRecords {
			if key != "mtime" {
				t.Errorf("%s: says %s too", e.Name, key)
			}
		}
	}
}

func TestTarIsTheSameEveryTime(t *testing.T) {
	dir := tree(t, "a b/c")
	var first, second bytes.Buffer
	c := open(t, source.Options{Source: dir})
	if err := c.WriteTar(&first); err != nil {
		t.Fatal(err)
	}
	// Read, and changed in its owner: neither is the file's.
	if err := os.Chtimes(filepath.Join(dir, "a"), time.Now().Add(time.Hour), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteTar(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two streams of one tree differ")
	}
}

func TestTarHoldsLongNames(t *testing.T) {
	long := strings.Repeat("d/", 120) + strings.Repeat("x", 200)
	checkSame(t, names(t, source.Options{Source: tree(t, long)}), long)
}

func TestFilesThatChangeAfterTheyWereListed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, path string)
		want   string
	}{
		"grown": {func(t *testing.T, path string) { write(t, path, "more than there was before") }, ""},
		"gone":  {remove, "copy the source: b: statat b: no such file or directory"},
		"a link now": {func(t *testing.T, path string) {
			remove(t, path)
			add(t, filepath.Dir(path), "b->a")
		}, ""},
		"a fifo now": {func(t *testing.T, path string) { remove(t, path); fifo(t, path) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tree(t, "a b c")
			checkout := open(t, source.Options{Source: dir})
			c.change(t, filepath.Join(dir, "b"))
			var b bytes.Buffer
			checkError(t, checkout.WriteTar(&b), c.want)
		})
	}
}

// writerFunc is a function that is written to.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestAFileThatShrinksWhileItIsRead(t *testing.T) {
	dir := tree(t, "a")
	c := open(t, source.Options{Source: dir})
	err := c.WriteTar(writerFunc(func(p []byte) (int, error) {
		write(t, filepath.Join(dir, "a"), "")
		return len(p), nil
	}))
	checkError(t, err, "copy the source: a: it shrank while it was read")
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil && want == "" {
		return
	}
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
