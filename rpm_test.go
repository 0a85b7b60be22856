package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// rpmLab has the lab's stand-ins take the place of a distro with dnf, and of
// one with zypper.
const (
	rpmDistro = "fedora-43"
	rpmLab    = `PLUGIN_IMAGES={"fedora-43": "lab/standin-dnf:13", "opensuse-leap-16.0": "lab/standin-zypper:13"}`
)

// plantedBug is one: in which phase it is caught, by which check, and how.
type plantedBug struct{ name, phase, subject, attribute, reason string }

// rpmBugs are the subpackages of testdata/rpm/planted.
var rpmBugs = []plantedBug{
	{"unowned", "check", "/opt/planted", "owned", "list it in %files with %dir"},
	{"calls", "check", "%post of planted-calls", "commands", "needs Requires(post)"},
	{"unowned", "purge", "/opt/planted", "new", "not owned by any package"},
	{"home", "purge", "/home/planted-home", "new", "have %postun remove it"},
	{"run", "purge", "/run/planted-run.state", "running", "RuntimeDirectory="},
	{"config", "upgrade", "/etc/planted-config.conf", "edited", "not %config(noreplace)"},
	{"norestart", "upgrade", "planted-norestart.service", "active", "%systemd_postun_with_restart"},
	{"stops", "upgrade", "planted-stops.service", "enabled", "what the administrator chose must be kept"},
}

// All bugs are on one machine of each package manager: each is a package of
// its own, and one has none. zypper writes into the repository that its
// stand-in has beside it.
func TestPlantedRPMBugsAreCaught(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/rpm/planted")
	o := runIn(t, dir, "PLUGIN_DISTROS=fedora-43,opensuse-leap-16.0", rpmLab,
		`PLUGIN_TEST={"lifecycle": ["service", "check", "purge", "upgrade"], "noise": ["/srv/standin/**"]}`)
	for _, distro := range []string{"fedora-43", "opensuse-leap-16.0"} {
		o.wantRed(t, distro, []string{"check", "purge", "upgrade"}, nil)
		o.wantPlanted(t, distro, rpmBugs)
	}
}

// greeter, next to its services, lives by zypper as it does by apt and dnf.
func TestGreeterByZypper(t *testing.T) {
	t.Parallel()
	const distro = "opensuse-leap-16.0"
	life := []string{"service", "check", "purge", "upgrade"}
	dir := copyTree(t, "examples/greeter")
	addToFile(t, filepath.Join(dir, "packages.yml"), `  lifecycle: [`+strings.Join(life, ", ")+"]\n  noise: [/srv/standin/**]\n")
	o := runIn(t, dir, "PLUGIN_DISTROS="+distro, rpmLab)
	o.wantRed(t, distro, nil, nil)
	o.wantPassed(t, distro, append([]string{"build", "boot", "services", "install", "configure"}, life...))
}

// wantPassed wants phases of a distro to have been gone through.
func (o outcome) wantPassed(t *testing.T, distro string, names []string) {
	t.Helper()
	all := o.phases(distro)
	for _, name := range names {
		if all[name].Outcome != result.Passed {
			t.Errorf("%s: %s: %q %s", distro, name, all[name].Outcome, all[name].Reason)
		}
		t.Logf("%s: %s took %.0f s", distro, name, all[name].Duration)
	}
}

// addToFile has a copy of an example say more.
func addToFile(t *testing.T, file, more string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, more...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantPlanted wants each bug caught on a distro, and nothing said of the
// package that has none.
func (o outcome) wantPlanted(t *testing.T, distro string, bugs []plantedBug) {
	t.Helper()
	phases := o.phases(distro)
	for _, bug := range bugs {
		if !caught(phases[bug.phase], bug.subject, bug.attribute, bug.reason) {
			t.Errorf("%s: %s: %s has no failed check of %s: %s, because of %q", distro, bug.name, bug.phase, bug.subject, bug.attribute, bug.reason)
		}
	}
	for name, p := range phases {
		for _, c := range p.Checks {
			if c.Outcome == result.Failed && !c.Warning && strings.Contains(c.Subject, "steady") {
				t.Errorf("%s: %s: nothing is wrong with it: %+v", distro, name, c)
			}
		}
	}
}

func caught(p result.Phase, subject, attribute, reason string) bool {
	return slices.ContainsFunc(p.Checks, func(c result.Check) bool {
		return c.Outcome == result.Failed && !c.Warning && c.Subject == subject && c.Attribute == attribute && strings.Contains(c.Reason, reason)
	})
}

// What cannot be installed is told with why: rpm goes on after a %post that
// fails, and dnf names what nothing provides.
func TestRPMsThatCannotBeInstalled(t *testing.T) {
	const lacking = "exit 0\n%package -n lacking\nSummary: Lacks\nRequires: nobody-has-this, failing >= 99\n%description -n lacking\nLacks.\n%files -n lacking\n"
	for name, c := range map[string]struct {
		distro, old, other string
		words              []string
	}{
		"a scriptlet fails": {distro: rpmDistro, words: []string{"%post", "cannot make the database", "failing"}},
		"nothing provides what it requires": {rpmDistro, "exit 3", lacking, []string{
			"nothing provides nobody-has-this", "lacking depends on nobody-has-this, the archive has no nobody-has-this", "lacking depends on failing >= 99, the archive has 1.0-1"}},
		"there is an older one, by zypper": {"opensuse-leap-16.0", "exit 3", strings.Replace(lacking, "nobody-has-this, ", "", 1), []string{"lacking depends on failing >= 99, the archive has 1.0-1"}},
		"nothing provides what it requires, by zypper": {"opensuse-leap-16.0", "exit 3", lacking, []string{
			"nothing provides 'nobody-has-this'", "lacking depends on nobody-has-this, the archive has no nobody-has-this"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyTree(t, "testdata/rpm/failing")
			spec := filepath.Join(dir, "failing.spec")
			text, err := os.ReadFile(spec)
			if err != nil {
				t.Fatal(err)
			}
			if c.old != "" {
				text = []byte(strings.Replace(string(text), c.old, c.other, 1))
			}
			if err := os.WriteFile(spec, text, 0o600); err != nil {
				t.Fatal(err)
			}
			o := runIn(t, dir, "PLUGIN_DISTROS="+c.distro, rpmLab)
			o.wantRed(t, c.distro, []string{"install"}, c.words)
		})
	}
}
