package report_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// written writes reports of a run into a directory.
func written(t *testing.T, run result.Run, names ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	return dir, write(t, dir, run, names...)
}

func write(t *testing.T, dir string, run result.Run, names ...string) error {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // nothing buffered
	return report.Write(root, run, names)
}

func TestWriteWritesWhatIsNamed(t *testing.T) {
	for _, c := range []struct{ names, files []string }{
		{report.Names(), report.Files()},
		{[]string{"json"}, []string{"results.json"}},
		{[]string{"sums"}, []string{"SHA256SUMS"}},
		{nil, nil},
	} {
		dir, err := written(t, green(), c.names...)
		if err != nil {
			t.Errorf("%q: %v", c.names, err)
		}
		var files []string
		for _, e := range must(os.ReadDir(dir)) {
			files = append(files, e.Name())
		}
		slices.Sort(c.files)
		if d := cmp.Diff(c.files, files); d != "" {
			t.Errorf("%q: %s", c.names, d)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestResultsAreTheRun(t *testing.T) {
	dir, err := written(t, failed(), "json")
	if err != nil {
		t.Fatal(err)
	}
	f := must(os.Open(filepath.Join(dir, "results.json")))
	defer f.Close() //nolint:errcheck // read only
	got, err := result.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(failed(), got); d != "" {
		t.Error(d)
	}
}

func TestSumsAreSortedByPath(t *testing.T) {
	run := runOf(result.Passed)
	for _, path := range []string{"debian-13/a.deb", "debian-12/b.deb", "debian-12/a.deb"} {
		run.Packages = append(run.Packages, result.Package{Path: path, SHA256: strings.Repeat("0a", 32)})
	}
	dir, err := written(t, run, "sums")
	if err != nil {
		t.Fatal(err)
	}
	sum := strings.Repeat("0a", 32)
	want := sum + "  debian-12/a.deb\n" + sum + "  debian-12/b.deb\n" + sum + "  debian-13/a.deb\n"
	if d := cmp.Diff(want, string(must(os.ReadFile(filepath.Join(dir, "SHA256SUMS"))))); d != "" {
		t.Error(d)
	}
}

// A build chooses the names of its files.
func TestSumsVerify(t *testing.T) {
	dir := t.TempDir()
	run := runOf(result.Passed)
	for _, name := range []string{"greeter_1.4.0_amd64.deb", "a name.deb", "new\nline.deb", `back\slash.deb`, "return\r.deb", " .deb", "-.deb"} {
		path := filepath.Join("debian-12", name)
		if err := os.MkdirAll(filepath.Join(dir, "debian-12"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(name))
		run.Packages = append(run.Packages, result.Package{Path: path, SHA256: hex.EncodeToString(sum[:])})
	}
	if err := write(t, dir, run, "sums"); err != nil {
		t.Fatal(err)
	}
	verify := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", "SHA256SUMS")
	verify.Dir = dir
	out, err := verify.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("no sha256sum here")
	}
	if n := strings.Count(string(out), ": OK"); err != nil || n != 7 {
		t.Errorf("%v, %d of 7 verified:\n%s", err, n, out)
	}
}

func TestSumsOfPackagesWithoutADigestAreNoPanic(t *testing.T) {
	run := runOf(result.Passed)
	run.Packages = []result.Package{{Path: "b"}, {Path: "a"}}
	if _, err := written(t, run, "sums"); err != nil {
		t.Error(err)
	}
}

func TestWriteSaysAllThatItCouldNot(t *testing.T) {
	dir := t.TempDir()
	for _, name := range report.Files() {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := write(t, dir, green(), append(report.Names(), "xunit")...)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`there is no report "xunit", there are: json, sums`,
		"openat results.json: is a directory", "openat SHA256SUMS: is a directory",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q:\n%v", want, err)
		}
	}
}

func TestWriteDoesNotLeaveItsDirectory(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(outside, []byte("untouched"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "results.json")); err != nil {
		t.Fatal(err)
	}
	if err := write(t, dir, green(), "json"); err == nil {
		t.Error("no error")
	}
	if text := string(must(os.ReadFile(outside))); text != "untouched" {
		t.Errorf("it says %q", text[:20])
	}
}

func TestAReportThatCannotBeRenderedIsNamed(t *testing.T) {
	run := green()
	run.Duration = result.Seconds(nan())
	_, err := written(t, run, "json")
	if err == nil || err.Error() != "results.json: json: unsupported value: NaN" {
		t.Errorf("%v", err)
	}
}

func nan() float64 { zero := 0.0; return zero / zero }
