package main_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// truth is what is so of a source package on one distro: it is the package's
// own, and was looked at by hand.
type truth struct {
	// red phases, and words of what the user sees.
	red   []string
	words []string
	// left behind after purge, each as KIND NAME.
	left []string
}

// realSource is a source package of Debian, built and tested as it is.
type realSource struct {
	// release of lab/debian that it is fetched in, and the settings.
	release  string
	settings []string
	// packages that are built, and units seen in the service phase: NAME
	// ATTRIBUTE OUTCOME.
	packages []string
	units    []string
	on       map[string]truth
}

var realSources = map[string]realSource{
	// A daemon that forks and listens on 127.0.0.1 and ::1. Its own tests take
	// seven minutes.
	"memcached": {
		release: "13", settings: []string{"PLUGIN_BUILD_OPTIONS=nocheck"},
		packages: []string{"memcached"},
		units:    []string{"memcached.service active passed", "memcached.service enabled passed", "memcached.service loaded passed"},
		on:       map[string]truth{"debian-12": {}, "debian-13": {}, "debian-sid": {}},
	},
	// debconf, programs that belong to a user of its own, and test/runtests,
	// which its .gitignore names. It does not say that it needs root to be
	// built, as dpkg has wanted since 1.22.13.
	"nullmailer": {
		release: "12", packages: []string{"nullmailer"},
		units: []string{"nullmailer.service active passed", "nullmailer.service enabled passed", "nullmailer.service loaded passed"},
		on: map[string]truth{
			"debian-12":  {red: []string{"purge"}, words: []string{"/etc/mailname", "made by a maintainer script"}, left: []string{"leftover /etc/mailname"}},
			"debian-13":  {red: []string{"build"}, words: []string{"chown: changing ownership of", "Operation not permitted"}},
			"debian-sid": {red: []string{"build"}, words: []string{"chown: changing ownership of", "Operation not permitted"}},
		},
	},
	// Four packages, two of which exclude each other; a template unit, D-Bus,
	// a service for runit. Its user stays, as policy lets it.
	"dnsmasq": {
		release: "12", packages: []string{"dnsmasq", "dnsmasq-base", "dnsmasq-base-lua", "dnsmasq-utils"},
		units: []string{
			"dnsmasq.service active passed", "dnsmasq.service enabled passed", "dnsmasq.service loaded passed",
			"dnsmasq@.service active skipped",
		},
		on: map[string]truth{
			"debian-12": {
				words: []string{"package dnsmasq-base-lua", "not tested: it cannot be installed beside dnsmasq-base"},
				left:  []string{"user dnsmasq"},
			},
		},
	},
}

func TestRealSources(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(realSources)) {
		s := realSources[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fetchSource(t, name, s.release)
			distros := slices.Sorted(maps.Keys(s.on))
			// The copy of sid on a mirror may have stood still.
			settings := append([]string{"PLUGIN_DISTROS=" + strings.Join(distros, ","), "PLUGIN_CHECK_VALID_UNTIL=false"}, s.settings...)
			o := runIn(t, dir, settings...)
			for _, distro := range distros {
				t.Run(distro, func(t *testing.T) { o.wantTruth(t, dir, distro, s) })
			}
		})
	}
}

// fetchSource unpacks the tree of a source package of Debian.
func fetchSource(t *testing.T, name, release string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: needs the real engine and minutes")
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", `file=$(lab/source.sh "$1" "$2"); tar -C "$3" -xf "$file"`, "sh", name, release, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("fetch %s: %v\n%s", name, err, out)
	}
	return filepath.Join(dir, "tree")
}

// wantTruth wants of a distro what is known to be true there.
func (o outcome) wantTruth(t *testing.T, dir, distro string, s realSource) {
	t.Helper()
	know := s.on[distro]
	o.wantRed(t, distro, know.red, know.words)
	built := o.builtFor(distro)
	if slices.Contains(know.red, "build") {
		if len(built) > 0 {
			t.Errorf("it was not built, and handed over %v", built)
		}
		return
	}
	version := changelogVersion(t, dir)
	want := map[string]string{}
	for _, name := range s.packages {
		want[name] = version
	}
	if d := cmp.Diff(want, built); d != "" {
		t.Errorf("packages: %s", d)
	}
	phases := o.phases(distro)
	var units []string
	for _, c := range phases["service"].Checks {
		if !c.Warning {
			units = append(units, fmt.Sprintf("%s %s %s", c.Subject, c.Attribute, c.Outcome))
		}
	}
	slices.Sort(units)
	if d := cmp.Diff(s.units, units); d != "" {
		t.Errorf("units: %s", d)
	}
	if d := cmp.Diff(know.left, leftBehind(phases["purge"])); d != "" {
		t.Errorf("left behind: %s", d)
	}
	notFromArchive(t, filepath.Join(dir, "dist", distro, "test.log"), s.packages)
}

// builtFor are the packages handed over for a distro: versions by name.
func (o outcome) builtFor(distro string) map[string]string {
	built := map[string]string{}
	for _, p := range o.run.Packages {
		if p.Distro == distro && p.Name != "" {
			built[p.Name] = p.Version
		}
	}
	return built
}

// leftBehind is what a purge left, warnings too.
func leftBehind(purge result.Phase) []string {
	var left []string
	for _, c := range purge.Checks {
		if c.Outcome == result.Failed {
			left = append(left, c.Kind+" "+c.Subject)
		}
	}
	return left
}

var changelogEntry = regexp.MustCompile(`^\S+ \((\S+)\)`)

// changelogVersion is the version that a source package says it has.
func changelogVersion(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "debian", "changelog"))
	if err != nil {
		t.Fatal(err)
	}
	m := changelogEntry.FindSubmatch(text)
	if m == nil {
		t.Fatalf("debian/changelog begins with %.40q", text)
	}
	return string(m[1])
}

// notFromArchive wants apt to have fetched none of the packages under test:
// the archive has some of the same name and, in one case, version.
func notFromArchive(t *testing.T, log string, packages []string) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range packages {
		if line := regexp.MustCompile(`(?m)^Get:\d+ http\S+ \S+ \S+ ` + name + ` .*`).Find(text); line != nil {
			t.Errorf("the archive's was tested: %s", line)
		}
	}
}
