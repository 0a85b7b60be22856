package plugin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// deb is a package that dpkg-deb makes, compressed its way.
func deb(t testing.TB, compression string, files int) []byte {
	t.Helper()
	dir := t.TempDir()
	for i := range files {
		name := filepath.Join(dir, "tree/usr/share/x", fmt.Sprintf("%04d", i))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, make([]byte, i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "tree/DEBIAN"), 0o755); err != nil {
		t.Fatal(err)
	}
	control := "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: X <x@example.org>\nDescription: x\n"
	if err := os.WriteFile(filepath.Join(dir, "tree/DEBIAN/control"), []byte(control), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "dpkg-deb", "--root-owner-group", "-Z"+compression, "-b", filepath.Join(dir, "tree"), filepath.Join(dir, "x.deb")).CombinedOutput()
	if err != nil {
		t.Skipf("dpkg-deb: %v\n%s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "x.deb"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestContentsOfDebs(t *testing.T) {
	want := []result.File{{Path: "/usr/share/x/0000"}, {Path: "/usr/share/x/0001", Size: 1}, {Path: "/usr/share/x/0002", Size: 2}}
	for _, compression := range []string{"xz", "gzip", "zstd", "none"} {
		data := deb(t, compression, 3)
		got, n, err := contents("x.deb", int64(len(data)), bytes.NewReader(data))
		if d := cmp.Diff(want, got); d != "" || n != 3 || err != nil {
			t.Errorf("%s: %d, %v: %s", compression, n, err, d)
		}
	}
}

// A build may claim that unpacking what it made takes any amount of memory.
func TestContentsThatTakeTooMuchMemory(t *testing.T) {
	data := deb(t, "xz", 1)
	block := bytes.LastIndex(data, []byte("\xfd7zXZ\x00")) + 12 // of data.tar.xz, behind its stream's header
	size := 4 * (int(data[block]) + 1)
	filter := bytes.Index(data[block:block+size], []byte{0x21, 1}) // LZMA2, with a byte that is its dictionary's size
	if filter < 0 {
		t.Fatalf("no LZMA2 in %x", data[block:block+size])
	}
	data[block+filter+2] = 40 // 4 GiB
	binary.LittleEndian.PutUint32(data[block+size-4:], crc32.ChecksumIEEE(data[block:block+size-4]))
	if got, _, err := contents("x.deb", int64(len(data)), bytes.NewReader(data)); !errors.Is(err, xz.ErrMemlimit) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestContentsOfPacmansPackages(t *testing.T) {
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, name := range []string{".PKGINFO", ".MTREE", "etc/", "etc/x.conf", "usr/share/x/.hidden"} {
		h := &tar.Header{Name: name, Mode: 0o644, Typeflag: tar.TypeReg, Size: 1}
		if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Size = tar.TypeDir, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, h.Size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	want := []result.File{{Path: "/etc/x.conf", Size: 1}, {Path: "/usr/share/x/.hidden", Size: 1}}
	for name, want := range map[string][]result.File{"x-1-1-any.pkg.tar.zst": want, "drone-packages.db": nil} {
		got, n, err := contents(name, int64(b.Len()), bytes.NewReader(b.Bytes()))
		if d := cmp.Diff(want, got); d != "" || n != len(want) || err != nil {
			t.Errorf("%s: %d, %v: %s", name, n, err, d)
		}
	}
}

// A package of apk's is a row of gzip streams; tars in all but the last have no
// end.
func TestContentsOfApksPackages(t *testing.T) {
	var b bytes.Buffer
	for i, names := range [][]string{{".SIGN.RSA.x.rsa.pub"}, {".PKGINFO", ".post-install"}, {"etc/x.conf", "usr/share/x/.hidden"}} {
		z := gzip.NewWriter(&b)
		w := tar.NewWriter(z)
		for _, name := range names {
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: 1}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte{0}); err != nil {
				t.Fatal(err)
			}
		}
		end := w.Flush
		if i == 2 {
			end = w.Close
		}
		if err := errors.Join(end(), z.Close()); err != nil {
			t.Fatal(err)
		}
	}
	want := []result.File{{Path: "/etc/x.conf", Size: 1}, {Path: "/usr/share/x/.hidden", Size: 1}}
	got, n, err := contents("x-1-r0.apk", int64(b.Len()), bytes.NewReader(b.Bytes()))
	if d := cmp.Diff(want, got); d != "" || n != len(want) || err != nil {
		t.Errorf("%d, %v: %s", n, err, d)
	}
	if got, _, err := contents("APKINDEX.tar.gz", 1, bytes.NewReader(b.Bytes())); got != nil || err != nil {
		t.Errorf("of an index: %v %v", got, err)
	}
}

func TestContentsAreCountedWhereTheyAreTooMany(t *testing.T) {
	data := deb(t, "gzip", 1001)
	if got, n, err := contents("x.deb", int64(len(data)), bytes.NewReader(data)); len(got) != 1000 || n != 1001 || err != nil {
		t.Errorf("%d of %d, %v", len(got), n, err)
	}
}

func TestContentsOfWhatIsNoDeb(t *testing.T) {
	data := string(deb(t, "gzip", 1))
	for what, c := range map[string]struct{ data, want string }{
		"text":            {"hello", "not a deb"},
		"nothing":         {"", "not a deb"},
		"no data":         {"!<arch>\n", "no data.tar in it"},
		"a size in words": {"!<arch>\n" + strings.Repeat("x", 60), `the size of "xxxxxxxxxxxxxxxx" is "xxxxxxxxxx"`},
		"a size below 0":  {"!<arch>\n" + strings.Repeat(" ", 48) + "-1        `\n", `the size of "" is "-1        "`},
		"lzma":            {strings.Replace(data, "data.tar.gz", "data.tar.lz", 1), `compressed as ".lz"`},
		"cut":             {data[:len(data)-40], "unexpected EOF"},
	} {
		if _, _, err := contents("x.deb", 1, strings.NewReader(c.data)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", what, err, c.want)
		}
	}
	if files, n, err := contents("x.changes", 1, strings.NewReader("")); files != nil || n != 0 || err != nil {
		t.Errorf("of another file: %v %d %v", files, n, err)
	}
}

func FuzzContents(f *testing.F) {
	f.Add(deb(f, "gzip", 2))
	f.Add([]byte("!<arch>\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, _ = contents("x.deb", int64(len(data)), bytes.NewReader(data))
	})
}
