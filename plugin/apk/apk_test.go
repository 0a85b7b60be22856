package apk_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha1" //nolint:gosec // apk's own
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/apk"
)

const sumRecord = "APK-TOOLS.checksum.SHA1"

var when = time.Unix(1_700_000_000, 0)

// stream is a tar as a gzip stream: names and contents in turn. Only the last
// stream of a package has an end.
func stream(t testing.TB, end bool, all ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := 0; i < len(all); i += 2 {
		h := &tar.Header{Name: all[i], Mode: 0o644, Typeflag: tar.TypeReg, Size: int64(len(all[i+1])), ModTime: when, Format: tar.FormatPAX}
		switch {
		case strings.HasSuffix(all[i], "/"):
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		case end:
			sum := sha1.Sum([]byte(all[i+1])) //nolint:gosec // apk's own
			h.PAXRecords = map[string]string{sumRecord: hex.EncodeToString(sum[:])}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(all[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	last := w.Flush
	if end {
		last = w.Close
	}
	if err := errors.Join(last(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// signed is a package as abuild leaves it.
func signed(t testing.TB, info string) []byte {
	return bytes.Join([][]byte{
		stream(t, false, ".SIGN.RSA.somebody.rsa.pub", "signature"),
		stream(t, false, ".PKGINFO", info, ".post-install", "#!/bin/sh\n"),
		stream(t, true, "etc/", "", "etc/greeter.conf", "a = 1\n", "etc/empty", "", "etc/init.d/greeterd", "#!/sbin/openrc-run\n", "usr/bin/greeter", "program"),
	}, nil)
}

// write puts files into a directory of the test's own.
func write(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// parts reads a package: the members of each of its streams.
func parts(t *testing.T, name string) []map[string]string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	r := bytes.NewReader(raw)
	for r.Len() > 0 {
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false)
		open, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		part := map[string]string{}
		for from := tar.NewReader(bytes.NewReader(open)); ; {
			h, err := from.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			content, err2 := io.ReadAll(from)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			sum := sha1.Sum(content) //nolint:gosec // apk's own
			if want := h.PAXRecords[sumRecord]; want != "" && want != hex.EncodeToString(sum[:]) {
				t.Errorf("%s: the sum of %s is wrong", name, h.Name)
			}
			part[h.Name] = string(content)
			if h.ModTime.Before(when) {
				part[h.Name] += "(older)"
			}
		}
		all = append(all, part)
	}
	return all
}

func TestOlderPackages(t *testing.T) {
	const info = "# made by abuild\npkgname = greeter\npkgver = 1.4.0-r0\npkgdesc = what = it\ndepend = greeter-libs=1.4.0-r0\n" +
		"depend = musl>=1.2\nprovides = cmd:greeter=1.4.0-r0\ninstall_if = openrc greeter-libs=1.4.0-r0\ndatahash = 00\n"
	dir := write(t, map[string][]byte{
		"greeter-1.4.0-r0.apk": signed(t, info),
		"libs.apk":             signed(t, "pkgname = greeter-libs\npkgver = 1.4.0-r0\n"),
		"APKINDEX.tar.gz":      nil,
	})
	out := filepath.Join(dir, "older")
	made, err := apk.Older(dir, out)
	want := []apk.Package{
		{Name: "greeter", Version: "1.4.0_alpha-r0", File: "greeter-1.4.0_alpha-r0.apk"},
		{Name: "greeter-libs", Version: "1.4.0_alpha-r0", File: "greeter-libs-1.4.0_alpha-r0.apk"},
	}
	if d := cmp.Diff(want, made); d != "" || err != nil {
		t.Fatalf("%v: %s", err, d)
	}
	name := filepath.Join(out, made[0].File)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data := sha256.Sum256(raw[bytes.LastIndex(raw, []byte("\x1f\x8b\x08")):])
	wantParts := []map[string]string{
		{
			".PKGINFO": strings.NewReplacer("1.4.0-r0", "1.4.0_alpha-r0", "datahash = 00", "datahash = "+hex.EncodeToString(data[:])).Replace(info),
			// Scripts stay as they are.
			".post-install": "#!/bin/sh\n",
		},
		{"etc/": "", "etc/empty": "", "etc/greeter.conf": "a = 1\n\n(older)", "etc/init.d/greeterd": "#!/sbin/openrc-run\n\n(older)", "usr/bin/greeter": "program"},
	}
	if d := cmp.Diff(wantParts, parts(t, name)); d != "" {
		t.Error(d)
	}
}

func TestOlderVersions(t *testing.T) {
	for version, want := range map[string]string{
		"1.4.0-r2": "1.4.0-r1", "1.4.0-r0": "1.4.0_alpha-r0", "2.0_rc1-r0": "2.0_rc1_alpha-r0", "1.4~abc123-r0": "1.4_alpha~abc123-r0", "1-r10": "1-r9",
	} {
		dir := write(t, map[string][]byte{"x.apk": signed(t, "pkgname = x\npkgver = "+version+"\n")})
		made, err := apk.Older(dir, t.TempDir())
		if err != nil || len(made) != 1 || made[0].Version != want {
			t.Errorf("%s: %v, %v, want %s", version, made, err, want)
		}
	}
}

func TestWhatIsNoPackageIsTold(t *testing.T) {
	whole := signed(t, "pkgname = x\npkgver = 1-r0\n")
	control := 1 + bytes.Index(whole[1:], whole[:3])
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"text":        {[]byte("what is no package"), "x.apk: no apk package: gzip: invalid header"},
		"nothing":     {nil, "x.apk: no apk package: EOF"},
		"nameless":    {signed(t, "pkgver = 1-r0\n"), "x.apk: no apk package: its .PKGINFO says no pkgname or pkgver"},
		"cut control": {whole[:control+40], "x.apk: no apk package: unexpected EOF"},
		"cut data":    {whole[:len(whole)-20], "x.apk: unexpected EOF"},
	} {
		_, err := apk.Older(write(t, map[string][]byte{"x.apk": c.content}), t.TempDir())
		if bad := (*apk.PackageError)(nil); err == nil || err.Error() != c.want || !errors.As(err, &bad) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzOlder(f *testing.F) {
	f.Add(signed(f, "pkgname = x\npkgver = 1-r0\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		_, _ = apk.Older(write(t, map[string][]byte{"x.apk": content}), t.TempDir())
	})
}
