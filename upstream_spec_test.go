package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// upstreamOf makes, of the tree of a Debian source package, the tarball that
// upstream has, and puts nothing but that into a directory.
const upstreamOf = `cd "$1"
for patch in $(ls -rd .pc/0* 2>/dev/null); do (cd "$patch"; tar -c .) | tar -x; done
rm -rf .pc debian
mv "$1" "$2/$3"
tar -C "$2" -czf "$2/$3.tar.gz" "$3"
rm -r "$2/$3"`

// A spec file that nobody wrote for us but by the guidelines, and upstream's
// tarball beside it: the daemon is built, installed and taken through the
// lifecycle.
func TestASpecFileOfARealUpstream(t *testing.T) {
	t.Parallel()
	tree, dir := fetchSource(t, "memcached", "13"), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "sh", "-euc", upstreamOf, "sh", tree, dir, "memcached-1.6.38").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.CopyFS(dir, os.DirFS("testdata/memcached")); err != nil {
		t.Fatal(err)
	}
	o := runIn(t, dir, "PLUGIN_DISTROS=fedora-43", `PLUGIN_TEST={"lifecycle": ["service", "check", "purge", "upgrade"]}`)
	o.wantRed(t, "fedora-43", nil, nil)
	if o.code != 0 || o.run.Outcome != result.Passed {
		t.Errorf("exit code %d, the run %s", o.code, o.run.Outcome)
	}
	var names []string
	for _, p := range o.run.Packages {
		names = append(names, filepath.Base(p.Path))
	}
	for _, want := range []string{"memcached-1.6.38-1.standin.src.rpm", "memcached-1.6.38-1.standin.x86_64.rpm", "memcached-devel-1.6.38-1.standin.x86_64.rpm"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s among %v", want, names)
		}
	}
}
