package rpm_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/rpmpack"
	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/drone-packages/drone-packages/plugin/rpm"
)

const (
	conf = "# Port to listen on\nport = 1\n"
	unit = "[Unit]\nDescription=Steady\n"
)

// built writes an rpm to dir.
func built(t *testing.T, dir, name, version, release string, change func(*rpmpack.RPMMetaData)) {
	t.Helper()
	pack(t, dir, name, version, release, change, nil)
}

func pack(t *testing.T, dir, name, version, release string, change func(*rpmpack.RPMMetaData), more func(*rpmpack.RPM)) {
	t.Helper()
	m := rpmpack.RPMMetaData{
		Name: name, Version: version, Release: release, Arch: "noarch", Epoch: rpmpack.NoEpoch, Compressor: "gzip",
		Summary: "It <greets> & more", Description: "Long", Licence: "MIT", BuildTime: time.Unix(1e9, 0),
		Requires: relations(t, "/bin/sh", "liba >= 1:2.0-3", "rpmlib(FileDigests) <= 4.6.0-1"),
	}
	if change != nil {
		change(&m)
	}
	r, err := rpmpack.NewRPM(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []rpmpack.RPMFile{
		{Name: "/etc/" + name + ".conf", Body: []byte(conf), Mode: 0o644, Type: rpmpack.ConfigFile | rpmpack.NoReplaceFile},
		{Name: "/usr/lib/systemd/system/" + name + ".service", Body: []byte(unit), Mode: 0o644},
		{Name: "/usr/share/" + name, Mode: 0o40755},
		{Name: "/usr/share/" + name + "/text", Body: []byte("# Text\n"), Mode: 0o644},
		{Name: "/usr/bin/" + name, Body: []byte("#!/bin/sh\n"), Mode: 0o755},
	} {
		f.Owner, f.Group, f.MTime = "root", "root", 1e9
		r.AddFile(f)
	}
	if more != nil {
		more(r)
	}
	w, err := os.Create(filepath.Join(dir, name+"-"+version+"-"+release+"."+m.Arch+".rpm"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(w.Name(), time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
}

func relations(t *testing.T, all ...string) rpmpack.Relations {
	t.Helper()
	var made rpmpack.Relations
	for _, s := range all {
		if err := made.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

// said is what an index says, unpacked.
func said(t *testing.T, dir, kind string) string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "repodata", kind+".xml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestIndexTellsWhatResolversAsk(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, "steady", "1.0", "1.el9", func(m *rpmpack.RPMMetaData) { m.Epoch = 2 })
	got, err := rpm.Index(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []rpm.Package{{Name: "steady", Version: "2:1.0-1.el9", Arch: "noarch", File: "steady-1.0-1.el9.noarch.rpm"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	text, err := os.ReadFile(filepath.Join(dir, want[0].File))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	primary := said(t, dir, "primary")
	for _, part := range []string{
		`packages="1"`, `<version epoch="2" ver="1.0" rel="1.el9"></version>`,
		`<checksum type="sha256" pkgid="YES">` + hex.EncodeToString(sum[:]) + `</checksum>`,
		`<summary>It &lt;greets&gt; &amp; more</summary>`, `<location href="steady-1.0-1.el9.noarch.rpm"></location>`,
		`<rpm:entry name="liba" flags="GE" epoch="1" ver="2.0" rel="3"></rpm:entry>`, `<rpm:entry name="/bin/sh"></rpm:entry>`,
		`<rpm:entry name="steady" flags="EQ" epoch="0" ver="1.0" rel="1.el9"></rpm:entry>`,
		`<file>/usr/bin/steady</file>`, `<file>/etc/steady.conf</file>`,
	} {
		if !strings.Contains(primary, part) {
			t.Errorf("primary.xml has no %s:\n%s", part, primary)
		}
	}
	for _, part := range []string{"rpmlib(", "/usr/share/steady/text"} {
		if strings.Contains(primary, part) {
			t.Errorf("primary.xml has %s, which nobody asks it for", part)
		}
	}
	lists := said(t, dir, "filelists")
	for _, part := range []string{`<file type="dir">/usr/share/steady</file>`, `<file>/usr/share/steady/text</file>`, `name="steady" arch="noarch"`} {
		if !strings.Contains(lists, part) {
			t.Errorf("filelists.xml has no %s:\n%s", part, lists)
		}
	}
	if other := said(t, dir, "other"); !strings.Contains(other, `name="steady"`) {
		t.Error(other)
	}
}

func TestIndexOfTheSamePackagesIsTheSame(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, "a", "1", "1", nil)
	var all []string
	for range 2 {
		if _, err := rpm.Index(dir); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "repodata", "repomd.xml"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	if d := cmp.Diff(all[0], all[1]); d != "" {
		t.Error(d)
	}
}

func TestIndexLeavesOutWhatCannotBeInstalled(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, "a", "1", "1", nil)
	built(t, dir, "a", "1", "2", nil)
	built(t, dir, "a", "1~rc1", "9", nil)
	built(t, dir, "b", "1", "1", func(m *rpmpack.RPMMetaData) { m.Arch = "sparc64" })
	got, err := rpm.Index(dir)
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, p := range got {
		why[p.File] = p.LeftOut
	}
	want := map[string]string{
		"a-1-1.noarch.rpm": "a-1-2.noarch.rpm is 1-2", "a-1-2.noarch.rpm": "", "a-1~rc1-9.noarch.rpm": "a-1-2.noarch.rpm is 1-2",
		"b-1-1.sparc64.rpm": why["b-1-1.sparc64.rpm"],
	}
	if d := cmp.Diff(want, why); d != "" || !strings.HasPrefix(why["b-1-1.sparc64.rpm"], "it is for sparc64, this machine is ") {
		t.Error(d, why)
	}
	if n := strings.Count(said(t, dir, "primary"), "<package "); n != 1 {
		t.Errorf("%d packages are listed", n)
	}
}

func TestIndexOfWhatIsNoPackage(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.rpm"), []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := rpm.Index(dir); err == nil || !strings.HasPrefix(err.Error(), "x.rpm: no rpm package: ") {
		t.Errorf("got %v", err)
	}
}

func TestOlder(t *testing.T) {
	for _, compressor := range []string{"gzip", "zstd", "xz"} {
		t.Run(compressor, func(t *testing.T) {
			dir, out := t.TempDir(), filepath.Join(t.TempDir(), "old")
			built(t, dir, "steady", "1.0", "10.el9", func(m *rpmpack.RPMMetaData) { m.Compressor = compressor })
			built(t, dir, "steady-libs", "1.0", "10.el9", func(m *rpmpack.RPMMetaData) {
				m.Requires = append(m.Requires, relations(t, "steady = 1.0-10.el9", "other = 1.0-11")...)
			})
			built(t, dir, "steady-debuginfo", "1.0", "10.el9", nil)
			got, err := rpm.Older(dir, out)
			if err != nil {
				t.Fatal(err)
			}
			want := []rpm.Package{
				{Name: "steady", Version: "1.0-00.el9", Arch: "noarch", File: "steady-1.0-00.el9.noarch.rpm"},
				{Name: "steady-libs", Version: "1.0-00.el9", Arch: "noarch", File: "steady-libs-1.0-00.el9.noarch.rpm"},
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatal(d)
			}
			h, files := contents(t, filepath.Join(out, want[0].File))
			wantFiles := map[string]string{
				"/etc/steady.conf": "# port to listen on\nport = 1\n", "/usr/lib/systemd/system/steady.service": "[Unit]\nDescription=steady\n",
				"/usr/share/steady/text": "# Text\n", "/usr/bin/steady": "#!/bin/sh\n",
			}
			if d := cmp.Diff(wantFiles, files); d != "" {
				t.Error(d)
			}
			if when, err := h.GetUint32s(rpmutils.FILEMTIMES); err != nil || when[0] != 1e9-24*60*60 {
				t.Errorf("files are of %v, %v", when, err)
			}
			h, _ = contents(t, filepath.Join(out, want[1].File))
			versions, err := h.GetStrings(rpmutils.REQUIREVERSION)
			if err != nil || !strings.Contains(strings.Join(versions, " "), "1.0-00.el9 1.0-11") {
				t.Errorf("steady-libs requires %q, %v", versions, err)
			}
		})
	}
}

// What rpm 6 adds to the sums is put right too; a signature cannot be.
func TestOlderOfRPM6(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	pack(t, dir, "a", "1", "1", nil, func(r *rpmpack.RPM) {
		r.AddCustomTag(5112, rpmpack.EntryInt32([]int32{0, 0})) // 8 bytes, whatever they are called
		r.AddCustomTag(5121, rpmpack.EntryString(strings.Repeat("x", 128)))
		r.AddCustomTag(5124, rpmpack.EntryString(strings.Repeat("y", 64)))
		r.AddCustomSig(279, rpmpack.EntryString(strings.Repeat("z", 64)))
	})
	if _, err := rpm.Older(dir, out); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(out, "a-1-0.noarch.rpm")
	h, _ := contents(t, name)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := h.GetRange()
	packed := raw[at.End:]
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	open, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	size, err := h.GetUint32s(5112)
	if err != nil || size[0] != 0 || int(size[1]) != len(packed) {
		t.Errorf("size is %v, %v; it is %d", size, err, len(packed))
	}
	for tag, want := range map[int]string{
		5121: fmt.Sprintf("%x", sha512.Sum512(packed)), 5124: fmt.Sprintf("%x", sha3.Sum256(open)), 279: fmt.Sprintf("%x", sha3.Sum256(raw[at.Start:at.End])),
	} {
		if got, err := h.GetString(tag); err != nil || got != want {
			t.Errorf("tag %d: %s %v, want %s", tag, got, err, want)
		}
	}
}

func TestOlderOfASignedPackage(t *testing.T) {
	dir := t.TempDir()
	pack(t, dir, "a", "1", "1", nil, func(r *rpmpack.RPM) { r.AddCustomSig(268, rpmpack.EntryBytes([]byte("signature"))) })
	_, err := rpm.Older(dir, t.TempDir())
	if bad := (*rpm.PackageError)(nil); !errors.As(err, &bad) || !strings.Contains(err.Error(), "a-1-1.noarch.rpm: it is signed") {
		t.Errorf("got %v", err)
	}
}

// contents reads a package as one who believes nothing: every sum is verified.
func contents(t *testing.T, name string) (*rpmutils.RpmHeader, map[string]string) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := rpmutils.Verify(bytes.NewReader(raw), nil); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	r, err := rpmutils.ReadRpm(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := r.PayloadReaderExtended()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for {
		info, err := payload.Next()
		if errors.Is(err, io.EOF) {
			return r.Header, files
		}
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&0o170000 != 0o100000 {
			continue
		}
		text, err := io.ReadAll(payload)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != info.Digest() {
			t.Errorf("%s is not what its digest says: %q", info.Name(), text)
		}
		files[info.Name()] = string(text)
	}
}

func TestOlderReleases(t *testing.T) {
	for release, want := range map[string]string{"1": "0", "1.el9": "0.el9", "10": "00", "27.fc43": "17.fc43", "0.1": "~.1", "rc1": "~c1"} {
		dir, out := t.TempDir(), t.TempDir()
		built(t, dir, "a", "1", release, nil)
		got, err := rpm.Older(dir, out)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Version != "1-"+want || rpmutils.Vercmp(want, release) >= 0 {
			t.Errorf("%s: got %s, which compares %d; want 1-%s", release, got[0].Version, rpmutils.Vercmp(want, release), want)
		}
	}
}

// TestRPMBelievesTheOlder has rpm itself look at what rpmbuild made and we
// changed, where there are both.
func TestRPMBelievesTheOlder(t *testing.T) {
	for _, program := range []string{"rpmbuild", "rpm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s on this machine", program)
		}
	}
	dir, out := t.TempDir(), t.TempDir()
	spec := filepath.Join(dir, "steady.spec")
	if err := os.WriteFile(spec, []byte(steadySpec), 0o600); err != nil {
		t.Fatal(err)
	}
	runs(t, "rpmbuild", "--quiet", "-bb", "--define", "_topdir "+t.TempDir(), "--define", "_rpmdir "+dir,
		"--define", "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm", spec)
	if _, err := rpm.Index(dir); err != nil {
		t.Fatal(err)
	}
	all, err := rpm.Older(dir, out)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	db := t.TempDir()
	for _, p := range all {
		got := runs(t, "rpm", "--dbpath", db, "-Kv", filepath.Join(out, p.File))
		if strings.Contains(got, "BAD") || !strings.Contains(got, "OK") {
			t.Error(got)
		}
	}
	got := runs(t, "rpm", "--dbpath", db, "-qp", "--qf", "%{NAME} %{VERSION}-%{RELEASE} [%{REQUIRENAME} %{REQUIREVERSION},]\n", filepath.Join(out, all[1].File))
	if !strings.HasPrefix(got, "steady-libs 1.0-2 ") || !strings.Contains(got, "steady 1.0-2,") {
		t.Error(got)
	}
}

const steadySpec = `Name: steady
Version: 1.0
Release: 3
Summary: Steady
License: MIT
BuildArch: noarch
%description
Steady.
%package libs
Summary: Libraries
Requires: %{name} = %{version}-%{release}
%description libs
Libraries.
%install
mkdir -p %{buildroot}/etc
printf '# Port\nport = 1\n' >%{buildroot}/etc/steady.conf
%files
%config(noreplace) /etc/steady.conf
%files libs
`

func runs(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
