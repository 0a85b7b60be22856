package source_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/source"
)

const deb = "!<arch>\ndebian-binary   and so on"

// release is a directory with files of a release.
func release(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"dist/a_1_all.deb": deb, "dist/a-dbgsym_1_all.deb": deb, "dist/a_1.changes": "Format: 1.8", "dist/b_1_all.deb": deb,
		"out/debian-13/c.deb": deb, "odd/text.deb": "<html>", "odd/short.deb": "", "symbols/a-dbgsym_1_all.deb": deb,
	} {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFinishedPackagesAreFound(t *testing.T) {
	dir := release(t)
	for origin, want := range map[string][]string{
		"dist":                {"dist/a_1_all.deb", "dist/b_1_all.deb"},
		"dist/":               {"dist/a_1_all.deb", "dist/b_1_all.deb"},
		"dist/b*":             {"dist/b_1_all.deb"},
		"dist/a_1_all.deb":    {"dist/a_1_all.deb"},
		"*/*/c.deb":           {"out/debian-13/c.deb"},
		dir + "/out/*":        nil,
		dir + "/dist/b*":      {dir + "/dist/b_1_all.deb"},
		"https://x.example/y": {"https://x.example/y"},
	} {
		got, err := source.Finished(dir, origin, "deb")
		if d := cmp.Diff(want, got); d != "" && want != nil || err != nil && want != nil {
			t.Errorf("%s: %v\n%s", origin, err, d)
		}
	}
}

func TestWhatIsNoFinishedPackageIsTold(t *testing.T) {
	dir := release(t)
	for origin, want := range map[string]string{
		"none":             "none: no .deb there: finished packages are a file, a directory or a glob of the workspace, or a URL; packages to build are a mapping: {NAME: {deb: DIR}}",
		"out":              "out: no .deb there, but one level below: write out/{{ .distro.name }}, or a glob",
		"symbols":          "symbols: nothing but debug symbols there: name the packages that they belong to",
		"dist/a_1.changes": dir + "/dist/a_1.changes is not a .deb: it begins with \"Format: 1.8\"",
		"odd":              dir + "/odd/short.deb is not a .deb: it begins with \"\"\n" + dir + "/odd/text.deb is not a .deb: it begins with \"<html>\"",
		"[":                "[: syntax error in pattern: quote [ and \\ in names with \\",
	} {
		if _, err := source.Finished(dir, origin, "deb"); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", origin, err, want)
		}
	}
}

func TestADirectoryWithoutPackagesIsOne(t *testing.T) {
	dir := release(t)
	for origin, want := range map[string]bool{"new": true, "none": false, "out": false, "new/*": false} {
		if err := os.MkdirAll(filepath.Join(dir, "new"), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Finished(dir, origin, "deb"); errors.Is(err, source.ErrEmpty) != want {
			t.Errorf("%s: %v", origin, err)
		}
	}
}

// server has one package, and nothing else.
func server(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.deb":
			fmt.Fprint(w, deb)
		case "/login":
			fmt.Fprint(w, "<html>")
		case "/broken":
			http.Error(w, "no", http.StatusBadGateway)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestPackagesAreDownloaded(t *testing.T) {
	r, err := source.OpenFinished(t.Context(), "", server(t)+"/a.deb", "deb")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(text) != deb {
		t.Errorf("%q, %v", text, err)
	}
}

func TestWhatIsNotDownloadedIsTold(t *testing.T) {
	base := strings.Replace(server(t), "http://", "http://me:hunter2@", 1)
	shown := strings.Replace(base, "me:hunter2@", "", 1)
	for path, c := range map[string]struct {
		want string
		is   error
	}{
		"/gone.deb": {"download " + shown + "/gone.deb: 404 Not Found: mend the URL, or give user and password in it", fs.ErrNotExist},
		"/login":    {shown + "/login is not a .deb: it begins with \"<html>\"", fs.ErrInvalid},
		"/broken":   {"download " + shown + "/broken: 502 Bad Gateway", nil},
	} {
		_, err := source.OpenFinished(t.Context(), "", base+path, "deb")
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", path, err, c.want)
		}
		if theirs := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid); theirs != (c.is != nil) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: whose fault is %v?", path, err)
		}
	}
}
