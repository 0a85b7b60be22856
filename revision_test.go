package main_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// publish serves a flat repository, unsigned, that has these versions of a
// package, where containers reach it.
func publish(t *testing.T, name string, versions ...string) string {
	t.Helper()
	var index strings.Builder
	for _, v := range versions {
		fmt.Fprintf(&index, "Package: %s\nVersion: %s\nArchitecture: all\nFilename: ./%s.deb\nSize: 1\nSHA256: %064d\n\n", name, v, v, 0)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(gateway(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	// No mux: it would send apt elsewhere, which asks for /published/./Packages.
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != "/published/Packages" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, index.String())
	}))
	s.Listener.Close() //nolint:errcheck // ours takes its place
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// handedIn is a package of a version in a directory.
func handedIn(t *testing.T, dir, name, version string) {
	t.Helper()
	const script = `mkdir -p /d/DEBIAN; printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' "$1" "$2" >/d/DEBIAN/control
		dpkg-deb -b /d /x.deb >&2; cat /x.deb`
	deb, err := exec.CommandContext(t.Context(), "docker", "run", "--rm", nobodyElse, "lab/debian:13", "sh", "-euc", script, "sh", name, version).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+"_"+version+"_all.deb"), deb, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A build's revision follows the highest that is published of its version,
// and what cannot be asked is told, and whose fault it is.
func TestARevisionFollowsWhatIsPublished(t *testing.T) {
	if testing.Short() {
		t.Skip("short: needs the real engine")
	}
	url := publish(t, "good", "2.0.0-9", "2.0.0-10", "2.0.0-2+b1", "1:2.0.0-40", "2.0.0.1-50")
	for name, c := range map[string]struct {
		from    string
		code    int
		words   []string
		version string
	}{
		"follows":     {fmt.Sprintf(`["deb [trusted=yes] %s/published ./", "old"]`, url), 0, []string{"version 2.0.0-12: 2.0.0-11~bpo1 is published"}, "2.0.0-12"},
		"begins":      {`empty`, 0, []string{"version 2.0.0-1: no revision of 2.0.0 is published, there is no other version"}, "2.0.0-1"},
		"unsigned":    {url + "/published", 1, []string{"find the revision to follow in deb " + url + "/published ./ failed (exit 100)", "does not have a Release file"}, ""},
		"not there":   {"deb [trusted=yes] " + url + "/gone ./", 1, []string{"failed (exit 100)", "404  Not Found"}, ""},
		"unreachable": {"deb [trusted=yes] http://127.0.0.1:1 ./", 3, []string{"failed (exit 75)", "the host, its network or a mirror"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyTree(t, "testdata/broken/good")
			handedIn(t, filepath.Join(dir, "old"), "good", "2.0.0-11~bpo1")
			if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
				t.Fatal(err)
			}
			o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_ONLY=build", "PLUGIN_VERSION=2.0.0", "PLUGIN_REVISION_FROM="+c.from)
			if o.code != c.code {
				t.Errorf("exit code %d, want %d", o.code, c.code)
			}
			for _, w := range c.words {
				if !strings.Contains(o.output, w) {
					t.Errorf("it does not say %q", w)
				}
			}
			if got := (result.Package{}); c.version != "" {
				for _, p := range o.run.Packages {
					if p.Name == "good" {
						got = p
					}
				}
				if got.Version != c.version {
					t.Errorf("built %+v, want version %s", got, c.version)
				}
			}
		})
	}
}
