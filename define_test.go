package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// Releases that nobody ships: one is a file, one a setting. Both are built for
// and tested as those that we know, with the recipe that one has of its own.
func TestFictionalReleases(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/broken/good")
	for name, text := range map[string]string{
		"mylinux-9.yml": "family: debian\nimage: lab/debian:13\ninit: systemd-sysv\n",
		"packages.yml":  "define: {mylinux-9: mylinux-9.yml}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	lifecycle := `PLUGIN_TEST={"lifecycle": "service,check,purge"}`
	byFile := runIn(t, dir, "PLUGIN_DISTROS=mylinux-9", lifecycle)
	own := copyTree(t, "testdata/broken/good")
	bySetting := runIn(t, own, "PLUGIN_DISTROS=acme", lifecycle, `PLUGIN_DEFINE={"acme": {
		"family": "debian", "image": "lab/debian:13", "init": "systemd-sysv",
		"recipes": {"purge": "echo by a recipe of our own; apt-get -q purge -y $DP_PACKAGES </dev/null"}}}`)
	for distro, o := range map[string]outcome{"mylinux-9": byFile, "acme": bySetting} {
		o.wantRed(t, distro, nil, nil)
		if p := o.phases(distro)["purge"]; o.code != 0 || p.Outcome != result.Passed {
			t.Errorf("%s: exit code %d, purge %q", distro, o.code, p.Outcome)
		}
	}
	last := bySetting.run.Jobs[len(bySetting.run.Jobs)-1]
	log, err := os.ReadFile(filepath.Join(own, "dist", last.Log))
	if err != nil || !strings.Contains(string(log), "by a recipe of our own") {
		t.Errorf("its own recipe did not run: %v", err)
	}
}
