package enginetest

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

const (
	scriptStat = "stat -c '%u:%g %a %Y %n' /made/deep/file /made/deep/dir; stat -c '%u:%g %a %n' /made /made/deep; cat /made/deep/file"
	scriptKeep = "stat -c '%u:%g %a %n' /kept; ls /kept"
	scriptFill = "mkdir -p /out/sub; echo a >/out/a; echo b >/out/sub/b"
	scriptOwn  = "mkdir -m 700 /kept; chown 5:6 /kept; echo x >/kept/old"
)

// archive is a tar stream; entries that are no directory hold their own name.
func archive(entries ...tar.Header) io.Reader {
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, h := range entries {
		content := []byte(h.Name)
		if h.Typeflag == tar.TypeDir {
			content = nil
		}
		h.Size = int64(len(content))
		// What goes wrong here goes wrong for who reads it.
		_ = tw.WriteHeader(&h)
		_, _ = tw.Write(content)
	}
	_ = tw.Close()
	return &b
}

func askCopyIn(t *testing.T, s *suite) {
	_, id := s.machine(t)
	at := time.Unix(1_000_000_000, 0)
	t.Run("owners, modes, times and missing directories", func(t *testing.T) {
		err := s.e.CopyIn(t.Context(), id, "/made/deep", archive(
			tar.Header{Name: "file", Typeflag: tar.TypeReg, Uid: 7, Gid: 8, Mode: 0o640, ModTime: at},
			tar.Header{Name: "dir/", Typeflag: tar.TypeDir, Uid: 9, Gid: 10, Mode: 0o711, ModTime: at},
		))
		if err != nil {
			t.Fatal(err)
		}
		want := "7:8 640 1000000000 /made/deep/file\n9:10 711 1000000000 /made/deep/dir\n" +
			"0:0 755 /made\n0:0 755 /made/deep\nfile"
		if got := s.sh(t, id, scriptStat); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
	t.Run("a directory that is there stays as it is", func(t *testing.T) {
		s.sh(t, id, scriptOwn)
		if err := s.e.CopyIn(t.Context(), id, "/kept", archive(tar.Header{Name: "new", Typeflag: tar.TypeReg, Mode: 0o644})); err != nil {
			t.Fatal(err)
		}
		if got := s.sh(t, id, scriptKeep); got != "5:6 700 /kept\nnew\nold\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a broken stream is an error", func(t *testing.T) {
		if err := s.e.CopyIn(t.Context(), id, "/broken", strings.NewReader(strings.Repeat("x", 1024))); err == nil {
			t.Error("no error")
		}
	})
}

func askCopyOut(t *testing.T, s *suite) {
	_, id := s.machine(t)
	s.sh(t, id, scriptFill)
	for path, want := range map[string][]string{
		"/out":       {"a", "sub/b"},
		"/out/sub/b": {"b"},
	} {
		t.Run(path, func(t *testing.T) {
			if got := s.unpack(t, id, path); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("names start with the last element", func(t *testing.T) {
		stream, err := s.e.CopyOut(t.Context(), id, "/out/sub")
		if err != nil {
			t.Fatal(err)
		}
		h, err := tar.NewReader(stream).Next()
		if err != nil || strings.TrimSuffix(h.Name, "/") != "sub" {
			t.Errorf("got %v, %v", h, err)
		}
		if err := stream.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("no such path", func(t *testing.T) {
		if _, err := s.e.CopyOut(t.Context(), id, "/none/such"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

// unpack copies out and unpacks, and checks the contents that scriptFill made.
func (s *suite) unpack(t *testing.T, id engine.ID, path string) []string {
	t.Helper()
	stream, err := s.e.CopyOut(t.Context(), id, path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	names, err := engine.Unpack(stream, root, engine.UnpackLimits{Files: 10, Bytes: 100})
	if err := errors.Join(err, stream.Close(), root.Close()); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if want := filepath.Base(name) + "\n"; err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	slices.Sort(names)
	return names
}
