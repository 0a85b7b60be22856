package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pacmanLab has the lab's stand-in take the place of Arch Linux.
const (
	pacmanDistro = "arch"
	pacmanLab    = `PLUGIN_IMAGES={"arch": "lab/standin-pacman:13"}`
)

// pacmanBugs are the packages of testdata/pacman/planted.
var pacmanBugs = []plantedBug{
	{"calls", "check", "post_install of planted-calls", "commands", "it needs depends"},
	{"changes", "check", "/usr/share/planted/text", "as packaged", "a scriptlet or a service changes"},
	{"unowned", "purge", "/opt/planted", "new", "not owned by any package"},
	{"home", "purge", "/home/planted-home", "new", "have post_remove remove it"},
	{"run", "purge", "/run/planted-run.state", "running", "RuntimeDirectory="},
	{"edits", "upgrade", "/etc/planted-edits.conf", "edited", "a scriptlet writes to it"},
	{"stops", "upgrade", "planted-stops.service", "enabled", "what the administrator chose must be kept"},
}

// All bugs are on one machine: each is a package of its own, and one has none.
func TestPlantedBugsOfPacmanAreCaught(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/pacman/planted")
	o := runIn(t, dir, "PLUGIN_DISTROS="+pacmanDistro, pacmanLab, `PLUGIN_TEST={"lifecycle": ["service", "check", "purge", "upgrade"]}`)
	o.wantRed(t, pacmanDistro, []string{"check", "purge", "upgrade"}, nil)
	o.wantPlanted(t, pacmanDistro, pacmanBugs)
}

// greeter, next to its services, lives by pacman as it does by the others.
func TestGreeterByPacman(t *testing.T) {
	t.Parallel()
	life := []string{"service", "check", "remove", "return", "purge", "upgrade", "downgrade"}
	dir := copyTree(t, "examples/greeter")
	addToFile(t, filepath.Join(dir, "packages.yml"), `  lifecycle: [`+strings.Join(life, ", ")+"]\n")
	o := runIn(t, dir, "PLUGIN_DISTROS="+pacmanDistro, pacmanLab)
	o.wantRed(t, pacmanDistro, nil, nil)
	o.wantPassed(t, pacmanDistro, append([]string{"build", "boot", "services", "install", "configure"}, life...))
}

// What cannot be installed is told with why: pacman goes on after a scriptlet
// that fails, and names what nothing provides.
func TestPackagesOfPacmanThatCannotBeInstalled(t *testing.T) {
	for name, c := range map[string]struct {
		old, other string
		words      []string
	}{
		"a scriptlet fails":                 {words: []string{"scriptlet post_install of failing-1.0-1 failed", "cannot make the database"}},
		"nothing provides what it requires": {"install=failing.install", "depends=('nobody-has-this>=2')", []string{"failing depends on nobody-has-this>=2, the archive has no nobody-has-this"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyTree(t, "testdata/pacman/failing")
			file := filepath.Join(dir, "PKGBUILD")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if c.old != "" {
				text = []byte(strings.Replace(string(text), c.old, c.other, 1))
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			o := runIn(t, dir, "PLUGIN_DISTROS="+pacmanDistro, pacmanLab)
			o.wantRed(t, pacmanDistro, []string{"install"}, c.words)
		})
	}
}
