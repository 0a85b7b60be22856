package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
)

// The inits that are more than a name to the plan.
const (
	systemd = "systemd"
	noInit  = "none"
)

// initAsked is the init that the user wants on the distro, else its own.
func (b builder) initAsked() string {
	return cmp.Or(byPattern(b.in.Settings.Init, b.distro), b.distro.Boots, systemd)
}

// oldestUnified is the first systemd that knows cgroup v2.
const oldestUnified = 226

// unbootable is why the distro's own init cannot boot on this host, if so.
func (b builder) unbootable() string {
	init := b.initAsked()
	_, known := b.family.Inits[init]
	if init == b.distro.Boots && !known {
		return "it boots " + init + ", which test machines cannot; init: none tests it without its services"
	}
	if init == systemd && b.distro.Systemd > 0 && b.distro.Systemd < oldestUnified && b.in.Host.Cgroup == "2" {
		return fmt.Sprintf("its systemd %d knows no cgroup v2, and this host has nothing else; a host with cgroup v1 boots it, and init: none tests it without its services", b.distro.Systemd)
	}
	return ""
}

// withInit gives the builder the init that the user wants on its distro.
func (b builder) withInit() (builder, error) {
	b.init = b.initAsked()
	if b.init == systemd {
		return b, nil
	}
	chosen, ok := b.family.Inits[b.init]
	if !ok {
		return b, fmt.Errorf("init: %s knows no %s: there are %s", b.distro.Name, b.init, orNone(sortedKeys(b.family.Inits)))
	}
	b.ladder = []Rung{ordinaryRung(chosen, b.init, b.in.Settings.Privileged)}
	return b, nil
}

// ordinaryRung boots an init that asks for nothing beyond an ordinary
// container.
func ordinaryRung(chosen distros.Init, name, privileged string) Rung {
	why := name + " wants none"
	if name == noInit {
		why = "there is no init to want any"
	}
	r := Rung{"no added rights", why, Container{
		Command: chosen.Command, Tmpfs: chosen.Tmpfs, Reaper: chosen.Reaper,
		Env: map[string]string{"container": "docker"},
	}}
	if privileged == "always" {
		r.Name, r.Why = "privileged", "asked for by privileged: always"
		r.Container.Privileged = true
	}
	return r
}

// initName is the init, which builders of no test machine have not chosen.
func (b builder) initName() string {
	if b.init == "" {
		return systemd
	}
	return b.init
}

// initPackages make the machine boot.
func (b builder) initPackages() []string {
	chosen, ok := b.family.Inits[b.initName()]
	if chosen.Own || !ok || b.initName() == b.distro.Boots {
		chosen.Packages = slices.DeleteFunc(slices.Clone(chosen.Packages), func(string) bool { return !chosen.Own })
		return slices.Concat([]string{b.distro.Init}, chosen.Packages)
	}
	return chosen.Packages
}

// bootable are the steps that make an image a machine boots from.
func (b builder) bootable() []Step {
	title := "install " + strings.Join(b.initPackages(), ", ")
	if len(b.initPackages()) == 0 {
		title = "leave it without an init"
	}
	steps := []Step{b.recipe("configure the package manager", distros.Mirror), b.recipe(title, distros.Machine)}
	if prepare := b.family.Inits[b.initName()].Prepare; prepare != "" {
		steps = append(steps, Exec{Title: "make it fit for a container", Script: prepare})
	}
	return steps
}

// bootWords say what a machine boots.
func (b builder) bootWords() string {
	switch b.initName() {
	case systemd:
		return "boots " + b.distro.Init
	case noInit:
		return "has no init"
	}
	return "boots " + b.init
}
