package engine_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

func archive(t *testing.T, entries ...tar.Header) io.Reader {
	t.Helper()
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, h := range entries {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := tw.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(bytes.Repeat([]byte("x"), int(h.Size))); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// openRoot is a directory to unpack to, with a file beside it that no archive
// may reach.
func openRoot(t *testing.T) (*os.Root, string) {
	t.Helper()
	above := t.TempDir()
	if err := os.WriteFile(filepath.Join(above, "secret"), []byte("untouched"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(above, "in")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := root.Close(); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(filepath.Join(above, "secret")); err != nil || string(text) != "untouched" {
			t.Errorf("the file outside: %q, %v", text, err)
		}
	})
	return root, dir
}

var roomy = engine.UnpackLimits{Files: 100, Bytes: 1000}

func TestUnpackWritesFilesWithoutTheFirstElement(t *testing.T) {
	root, dir := openRoot(t)
	names, err := engine.Unpack(archive(t,
		tar.Header{Name: "dist/", Typeflag: tar.TypeDir, Mode: 0o700},
		tar.Header{Name: "dist/a.deb", Size: 3, Mode: 0o600},
		tar.Header{Name: "dist/deep/er/run", Size: 2, Mode: 0o755},
		tar.Header{Name: "dist/empty/", Typeflag: tar.TypeDir},
		tar.Header{Name: "dist/latest", Typeflag: tar.TypeSymlink, Linkname: "deep/er/run"},
	), root, roomy)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.deb", "deep/er/run"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	got := ""
	for _, name := range []string{"a.deb", "deep", "deep/er/run", "empty", "latest"} {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprintf("%s %s\n", info.Mode(), name)
	}
	want := "-rw-r--r-- a.deb\ndrwxr-xr-x deep\n-rwxr-xr-x deep/er/run\ndrwxr-xr-x empty\nLrwxrwxrwx latest\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

func TestUnpackOfOneFileKeepsItsName(t *testing.T) {
	root, _ := openRoot(t)
	names, err := engine.Unpack(archive(t, tar.Header{Name: "a.log", Size: 1}), root, roomy)
	if err != nil || len(names) != 1 || names[0] != "a.log" {
		t.Errorf("got %q, %v", names, err)
	}
}

func TestUnpackReplacesWhatAnEarlierRunLeft(t *testing.T) {
	root, dir := openRoot(t)
	entries := []tar.Header{
		{Name: "dist/a", Size: 5},
		{Name: "dist/l", Typeflag: tar.TypeSymlink, Linkname: "a"},
	}
	for range 2 {
		if _, err := engine.Unpack(archive(t, entries...), root, roomy); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "l")); err != nil || string(text) != "xxxxx" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestUnpackDoesNotWriteThroughALink(t *testing.T) {
	root, dir := openRoot(t)
	if err := os.Symlink("../secret", filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Unpack(archive(t, tar.Header{Name: "dist/a", Size: 1}), root, roomy); err != nil {
		t.Error(err)
	}
}

func TestUnpackGivesAllItMakesToTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	root, dir := openRoot(t)
	limits := roomy
	limits.Owner = &engine.Owner{UID: 1234, GID: 4321}
	_, err := engine.Unpack(archive(t,
		tar.Header{Name: "dist/made/below/file", Size: 1, Uid: 7},
		tar.Header{Name: "dist/link", Typeflag: tar.TypeSymlink, Linkname: "made"},
	), root, limits)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"made", "made/below", "made/below/file", "link"} {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if s := info.Sys().(*syscall.Stat_t); s.Uid != 1234 || s.Gid != 4321 {
			t.Errorf("%s belongs to %d:%d", name, s.Uid, s.Gid)
		}
	}
}

func TestUnpackRefusesHostileArchives(t *testing.T) {
	dir := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeDir} }
	link := func(name, to string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
	}
	tests := []struct {
		name    string
		entries []tar.Header
		want    string
	}{
		{"absolute name", []tar.Header{{Name: "/etc/passwd"}}, `"/etc/passwd": refused: the name leads out of the archive`},
		{"climbing name", []tar.Header{{Name: "../secret"}}, `"../secret": refused: the name leads out of the archive`},
		{"climbing below the first element", []tar.Header{{Name: "dist/../../secret"}}, `"dist/../../secret": refused: the name leads out of the archive`},
		{"climbing and coming back", []tar.Header{{Name: "dist/a/../b"}}, `"dist/a/../b": refused: the name leads out of the archive`},
		{"absolute link", []tar.Header{link("dist/l", "/etc")}, `"dist/l": refused: a link to "/etc" leads out of the archive`},
		{"climbing link", []tar.Header{link("dist/l", "../secret")}, `"dist/l": refused: a link to "../secret" leads out of the archive`},
		{"link that climbs from deep", []tar.Header{link("dist/a/l", "../../secret")}, `"dist/a/l": refused: a link to "../../secret" leads out of the archive`},
		{"links that climb together", []tar.Header{
			dir("dist/a/b/"), link("dist/a/b/up", ".."), link("dist/l", "a/b/up/../.."),
		}, `"l": refused: the link leads out of the archive`},
		{"link below a link", []tar.Header{
			dir("dist/a/b/"), link("dist/a/b/up", ".."), link("dist/a/b/up/l", "../../secret"),
		}, `"a/b/up/l": refused: the link leads out of the archive`},
		{"links in a circle", []tar.Header{link("dist/a", "b"), link("dist/b", "a")}, `"a": refused: the link leads out of the archive`},
		{"hard link", []tar.Header{{Name: "dist/h", Typeflag: tar.TypeLink, Linkname: "dist/a"}}, `"dist/h": refused: neither a file, a directory nor a symbolic link (type '1')`},
		{"device", []tar.Header{{Name: "dist/sda", Typeflag: tar.TypeBlock}}, `"dist/sda": refused: neither a file, a directory nor a symbolic link (type '4')`},
		{"character device", []tar.Header{{Name: "dist/null", Typeflag: tar.TypeChar}}, `"dist/null": refused: neither a file, a directory nor a symbolic link (type '3')`},
		{"fifo", []tar.Header{{Name: "dist/pipe", Typeflag: tar.TypeFifo}}, `"dist/pipe": refused: neither a file, a directory nor a symbolic link (type '6')`},
		{"link in place of the directory", []tar.Header{link("dist", "..")}, `"dist": refused: neither a file nor a directory (type '2')`},
		{"too many files", []tar.Header{dir("dist/"), {Name: "dist/1"}, {Name: "dist/2"}, {Name: "dist/3"}}, `"dist/3": refused: more than 3 files`},
		{"too many bytes together", []tar.Header{{Name: "dist/1", Size: 60}, {Name: "dist/2", Size: 41}}, `"dist/2": refused: more than 100 bytes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root, _ := openRoot(t)
			_, err := engine.Unpack(archive(t, tt.entries...), root, engine.UnpackLimits{Files: 3, Bytes: 100})
			if !errors.Is(err, engine.ErrHostile) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestUnpackReportsABrokenStream(t *testing.T) {
	root, _ := openRoot(t)
	whole, err := io.ReadAll(archive(t, tar.Header{Name: "dist/a", Size: 900}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.Unpack(bytes.NewReader(whole[:700]), root, roomy)
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, engine.ErrHostile) {
		t.Errorf("got %v", err)
	}
}

func TestUnpackDoesNotFollowALinkOut(t *testing.T) {
	root, dir := openRoot(t)
	if err := os.Symlink("..", filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	_, err := engine.Unpack(archive(t, tar.Header{Name: "dist/out/secret", Size: 1}), root, roomy)
	if err == nil {
		t.Error("it wrote below a link that leads out")
	}
}
