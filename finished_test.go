package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// archived are packages of a distro's own archive, downloaded by its apt.
func archived(t *testing.T, image, dir string, names ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: needs the real engine and minutes")
	}
	script := "apt-get -qq update >&2; cd /tmp; apt-get -qq -o APT::Sandbox::User=root download \"$@\" >&2; tar -c ./*.deb"
	out, err := exec.CommandContext(t.Context(), "docker", append([]string{"run", "--rm", image, "sh", "-euc", script, "sh"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	unpack := exec.CommandContext(t.Context(), "tar", "-xC", dir)
	unpack.Stdin = bytes.NewReader(out)
	if text, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// Nothing is built, and all that follows a build is as ever.
func TestPackagesOfTheArchiveAreTested(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	archived(t, "lab/debian:13", filepath.Join(dir, "release/debian-13"), "memcached", "hello")
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_PACKAGES=release/{{ .distro.name }}")
	o.wantRed(t, "debian-13", nil, nil)
	all := o.phases("debian-13")
	for _, name := range []string{"fetch", "install", "service", "check", "reboot", "purge", "upgrade", "downgrade"} {
		if all[name].Outcome != result.Passed {
			t.Errorf("%s: %q", name, all[name].Outcome)
		}
	}
	if len(o.run.Packages) != 2 || o.run.Packages[1].Name != "memcached" {
		t.Errorf("handed over: %+v", o.run.Packages)
	}
	if _, built := all["build"]; built {
		t.Error("something was built")
	}
}

// What is built for one distro is tested on another, on its own machine.
func TestABuildIsTestedOnTwoDistros(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/upgrade")
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-12", `PLUGIN_TEST={"distros": {"debian-12": ["debian-12", "debian-13"]}, "lifecycle": ["service", "purge"]}`)
	for _, distro := range []string{"debian-12", "debian-13"} {
		o.wantRed(t, distro, nil, nil)
		if p := o.phases(distro)["purge"]; p.Outcome != result.Passed {
			t.Errorf("%s: purge is %q", distro, p.Outcome)
		}
	}
	for _, j := range o.run.Jobs {
		if j.Kind == "build" && j.Distro == "debian-13" {
			t.Errorf("%s was built", j.Name)
		}
	}
}

// An older release, by directory and by the archive's own line, is installed,
// seen to run, and upgraded; and what is no older is no upgrade.
func TestUpgradesFromOlderReleases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	archived(t, "lab/debian:13", filepath.Join(dir, "new"), "memcached")
	archived(t, "lab/debian:12", filepath.Join(dir, "old"), "memcached")
	line, err := exec.CommandContext(t.Context(), "docker", "run", "--rm", "lab/debian:12", "grep", "-m1", "^deb ", "/etc/apt/sources.list").Output()
	if err != nil {
		t.Fatal(err)
	}
	for from, c := range map[string]struct{ red, words []string }{
		"old":                           {},
		strings.TrimSpace(string(line)): {},
		"new":                           {[]string{"upgrade"}, []string{"there is nothing to upgrade from", "is under test, there is 1."}},
	} {
		test := fmt.Sprintf(`PLUGIN_TEST={"upgrade_from": %q, "lifecycle": ["upgrade", "downgrade"],
			"expect": {"upgrade": {"memcached": {"enabled": "kept", "restarted": "true"}}}}`, from)
		o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_PACKAGES=new", test)
		o.wantRed(t, "debian-13", c.red, nil)
		for _, w := range c.words {
			if !strings.Contains(o.output, w) {
				t.Errorf("from %s: it does not say %q", from, w)
			}
		}
		var said int
		for _, asked := range o.phases("debian-13")["upgrade"].Checks {
			if asked.Reason == "test.expect says so" {
				said++
			}
		}
		if c.red == nil && said == 0 {
			t.Errorf("from %s: test.expect was not asked", from)
		}
	}
}

// Source packages as the archive has them, unmodified, are made older by their
// format's own rules, and upgraded.
func TestRealSourcesAreUpgradedFromSynthetic(t *testing.T) {
	for name, release := range map[string]string{"memcached": "13", "nullmailer": "12"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() {
				t.Skip("short: needs the real engine and minutes")
			}
			tar, err := exec.CommandContext(t.Context(), "lab/source.sh", name, release).Output()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if text, err := exec.CommandContext(t.Context(), "tar", "-xC", dir, "-f", strings.TrimSpace(string(tar))).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			o := runIn(t, filepath.Join(dir, "tree"), "PLUGIN_DISTROS=debian-"+release, "PLUGIN_BUILD_OPTIONS=nocheck", `PLUGIN_TEST={"lifecycle": ["upgrade", "downgrade"]}`)
			o.wantRed(t, "debian-"+release, nil, nil)
			if p := o.phases("debian-" + release)["upgrade"]; p.Outcome != result.Passed || len(p.Checks) == 0 {
				t.Errorf("upgrade is %q, with %d checks", p.Outcome, len(p.Checks))
			}
		})
	}
}
