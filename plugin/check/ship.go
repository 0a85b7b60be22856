package check

import (
	"context"
	"os"
	"path"
	"slices"
	"strings"
)

// unitDirs are where packages put units, canonical and not.
var unitDirs = []string{"/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system"}

// shippedUnit is a unit of a package under test and what the package does
// with it.
type shippedUnit struct {
	Name, Package    string
	Enabled, Started bool
	// Stopped: it must not run. OldPID, if not 0, must be its pid no more.
	Stopped bool
	OldPID  uint32
	// Preset: the machine's presets said whether it is Enabled. Manual: nobody
	// but an administrator starts it, so that it is, after an upgrade, as it
	// was.
	Preset, Manual bool
	// Template units cannot be judged: there is none until it is named.
	Template bool
}

// shippedUnits are the units of the packages, by name. Symbolic links are
// aliases or masks, no units of their own.
func (m machine) shippedUnits(ctx context.Context, packages []Package) []shippedUnit {
	all := m.declared(ctx, packages, parsePostinst)
	presets := m.declared(ctx, packages, parsePresets).Enabled
	var units []shippedUnit
	for _, p := range packages {
		for _, file := range m.files(ctx, p.Name) {
			if !isUnitFile(file) {
				continue
			}
			if info, err := m.lstat(file); err != nil || info.Mode()&os.ModeSymlink != 0 {
				continue
			}
			units = append(units, m.shippedUnit(file, p.Name, all, presets))
		}
	}
	slices.SortFunc(units, func(a, b shippedUnit) int { return strings.Compare(a.Name, b.Name) })
	return units
}

// shippedUnit is the unit of a file, with what the packages' scripts do to it.
func (m machine) shippedUnit(file, pkg string, all declared, presets []string) shippedUnit {
	name := path.Base(file)
	u := shippedUnit{
		Name: name, Package: pkg,
		Enabled: slices.Contains(all.Enabled, name), Started: slices.Contains(all.Started, name),
		Preset:   slices.Contains(presets, name),
		Template: strings.Contains(name, "@."),
	}
	u.Manual = m.manual(file, u.Started)
	if u.Preset && !u.Enabled {
		u.Enabled = m.preset(name)
	}
	return u
}

// shippedScripts are the init scripts of the packages, by name.
func (m machine) shippedScripts(ctx context.Context, packages []Package) []shippedUnit {
	all := m.declared(ctx, packages, parseScriptPostinst)
	var units []shippedUnit
	for _, p := range packages {
		for _, file := range m.files(ctx, p.Name) {
			info, err := m.lstat(file)
			if path.Dir(file)+"/" != scriptDir || err != nil || !info.Mode().IsRegular() || path.Ext(file) == ".sh" {
				continue
			}
			name := path.Base(file)
			u := shippedUnit{
				Name: name, Package: p.Name,
				Enabled: slices.Contains(all.Enabled, name), Started: slices.Contains(all.Started, name),
			}
			u.Manual = m.presets && !u.Started
			units = append(units, u)
		}
	}
	slices.SortFunc(units, func(a, b shippedUnit) int { return strings.Compare(a.Name, b.Name) })
	return units
}

// declared joins what all scripts say that run at the end of an installation:
// one package may start what another ships.
func (m machine) declared(ctx context.Context, packages []Package, parse func(string) declared) declared {
	var all declared
	for _, p := range packages {
		for _, script := range m.database().scripts(ctx, p.Name) {
			if !script.Installs {
				continue
			}
			d := parse(script.Text)
			all.Enabled, all.Started = append(all.Enabled, d.Enabled...), append(all.Started, d.Started...)
		}
	}
	return all
}

func isUnitFile(file string) bool {
	return slices.Contains(unitDirs, path.Dir(file)) && slices.Contains(unitSuffixes, path.Ext(file))
}
