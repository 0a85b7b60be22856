package check

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// dpkg is the database of deb packages.
type dpkg struct{ machine machine }

// dpkgInfo is where dpkg keeps file lists and maintainer scripts.
const dpkgInfo = "/var/lib/dpkg/info"

// dpkgFormat has dpkg-query print what parseStatus reads.
const dpkgFormat = `${db:Status-Abbrev}\n${Version}\n${Conffiles}\n`

func (d dpkg) status(ctx context.Context, pkg string) status {
	out, err := d.machine.run(ctx, "dpkg-query", "-W", "-f="+dpkgFormat, pkg)
	if err != nil {
		return status{}
	}
	return parseStatus(out)
}

// parseStatus reads dpkg's states, which it abbreviates: "ii", "rc", "un".
func parseStatus(out string) status {
	lines := strings.Split(out, "\n")
	if len(lines) < 2 {
		return status{}
	}
	state := strings.TrimSpace(lines[0])
	s := status{Version: strings.TrimSpace(lines[1])}
	switch {
	case state == "ii" || state == "hi":
		s.Installed = true
	case state != "" && !strings.HasPrefix(state, "un"):
		s.Trouble = fmt.Sprintf("%s in state %q", s.Version, state)
	}
	for _, line := range lines[2:] {
		word := strings.Fields(line)
		if len(word) == 2 { // a third word: obsolete, or to be removed
			s.Conffiles = append(s.Conffiles, word[0])
		}
	}
	return s
}

// versions of several architectures are several.
func (d dpkg) versions(ctx context.Context, name string) ([]string, error) {
	out, err := d.machine.run(ctx, "dpkg-query", "-W", `-f=${db:Status-Abbrev} ${Version}\n`, "--", name)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil, nil // dpkg-query(1): it knows no such package
	}
	if err != nil {
		return nil, err
	}
	var versions []string
	for line := range strings.Lines(out) {
		word := strings.Fields(line)
		if len(word) == 2 && (word[0] == "ii" || word[0] == "hi") && !slices.Contains(versions, word[1]) {
			versions = append(versions, word[1])
		}
	}
	return versions, nil
}

// info finds a file of dpkg's about a package: its list, its postinst.
// Packages that may be installed for several architectures have it named.
func (d dpkg) info(pkg, kind string) (string, error) {
	found, err := filepath.Glob(d.machine.at(filepath.Join(dpkgInfo, pkg+":*."+kind)))
	if err == nil && len(found) > 0 {
		return d.machine.read(filepath.Join(dpkgInfo, filepath.Base(found[0])))
	}
	return d.machine.read(filepath.Join(dpkgInfo, pkg+"."+kind))
}

func (d dpkg) files(_ context.Context, pkg string) []string {
	list, err := d.info(pkg, "list")
	if err != nil {
		return nil
	}
	var files []string
	for line := range strings.Lines(list) {
		path := strings.TrimSpace(line)
		if path != "" && path != "/." {
			files = append(files, d.machine.canonical(path))
		}
	}
	return files
}

func (d dpkg) owned(ctx context.Context, but []Package) map[string]bool {
	ours := map[string]bool{}
	for _, p := range but {
		ours[p.Name] = true
	}
	lists, _ := filepath.Glob(d.machine.at(dpkgInfo + "/*.list")) // the pattern is valid
	owned := map[string]bool{}
	for _, list := range lists {
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(list), ".list"), ":")
		if ours[name] {
			continue
		}
		for _, f := range d.files(ctx, name) {
			owned[f] = true
		}
	}
	return owned
}

// maintainerScripts are what dpkg runs.
var maintainerScripts = []string{"preinst", "postinst", "prerm", "postrm"}

func (d dpkg) scripts(_ context.Context, pkg string) []packageScript {
	var all []packageScript
	for _, name := range maintainerScripts {
		if text, err := d.info(pkg, name); err == nil {
			all = append(all, packageScript{Name: name, Text: text, Installs: name == "postinst"})
		}
	}
	return all
}

// questions: whatever is asked of debs is asked of all.
func (dpkg) questions(context.Context, []Package, map[string]entry) []question { return nil }

func (dpkg) dialect() dialect {
	return dialect{
		Unfinished:          "dpkg did not finish: a maintainer script failed?",
		OtherVersion:        "apt chose another version than the one built",
		ConffileGone:        "dpkg does not bring back a conffile that was removed: something removes it",
		FileGone:            "the package ships it and it is gone: a maintainer script removes it, perhaps the old version's postrm",
		EverybodyWrites:     "take o+w away in debian/rules",
		Gone:                "gone after purge",
		LeftBehind:          "not shipped: made by a maintainer script or at run time; postrm purge must remove it",
		NamesStay:           "Debian's policy lets system users stay",
		StopsNot:            "prerm must stop what the package runs",
		StopUnit:            "prerm does not stop it (deb-systemd-invoke stop)",
		StopScript:          "prerm does not stop it (invoke-rc.d %s stop)",
		EditLost:            "a maintainer script writes to a conffile; dpkg asks the administrator, scripts must not",
		EditRemoved:         "a maintainer script removes a conffile",
		DataRemoved:         "a maintainer script removes the service's data: only purge may",
		NotReloaded:         "postinst must run systemctl daemon-reload (dh_installsystemd does)",
		NotEnabled:          "the package's postinst says otherwise",
		StartedAnyway:       "postinst must use deb-systemd-invoke, not systemctl",
		StartedAnywayScript: "postinst must use invoke-rc.d, not the init script itself",
		NotRestarted:        "postinst must restart it (dh_installsystemd does, unless --no-restart-after-upgrade)",
		NotRestartedScript:  "postinst must restart it (dh_installinit does, unless --no-restart-after-upgrade)",
		Waits:               "nobody answers in an unattended installation: it fails there, or waits for ever; use debconf",
	}
}
