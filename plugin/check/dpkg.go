package check

import (
	"context"
	"path/filepath"
	"strings"
)

// dpkgInfo is where dpkg keeps file lists and maintainer scripts.
const dpkgInfo = "/var/lib/dpkg/info"

// status is what dpkg says of one package.
type status struct {
	// State as dpkg abbreviates it: "ii", "rc", "un". Empty: unknown to it.
	State, Version string
	// Conffiles that the version installed has.
	Conffiles []string
}

// dpkgFormat has dpkg-query print what parseStatus reads.
const dpkgFormat = `${db:Status-Abbrev}\n${Version}\n${Conffiles}\n`

// status asks dpkg. A package it does not know has a zero status.
func (m machine) status(ctx context.Context, pkg string) status {
	out, err := m.run(ctx, "dpkg-query", "-W", "-f="+dpkgFormat, pkg)
	if err != nil {
		return status{}
	}
	return parseStatus(out)
}

func parseStatus(out string) status {
	lines := strings.Split(out, "\n")
	if len(lines) < 2 {
		return status{}
	}
	s := status{State: strings.TrimSpace(lines[0]), Version: strings.TrimSpace(lines[1])}
	for _, line := range lines[2:] {
		word := strings.Fields(line)
		if len(word) == 2 { // a third word: obsolete, or to be removed
			s.Conffiles = append(s.Conffiles, word[0])
		}
	}
	return s
}

// info finds a file of dpkg's about a package: its list, its postinst.
// Packages that may be installed for several architectures have it named.
func (m machine) info(pkg, kind string) (string, error) {
	found, err := filepath.Glob(m.at(filepath.Join(dpkgInfo, pkg+":*."+kind)))
	if err == nil && len(found) > 0 {
		return m.read(filepath.Join(dpkgInfo, filepath.Base(found[0])))
	}
	return m.read(filepath.Join(dpkgInfo, pkg+"."+kind))
}

// files are the paths a package ships, canonical, directories included.
// A package without a list ships nothing.
func (m machine) files(pkg string) []string {
	list, err := m.info(pkg, "list")
	if err != nil {
		return nil
	}
	var files []string
	for line := range strings.Lines(list) {
		path := strings.TrimSpace(line)
		if path != "" && path != "/." {
			files = append(files, m.canonical(path))
		}
	}
	return files
}

// owned are all paths that packages other than those named ship.
func (m machine) owned(but []Package) map[string]bool {
	ours := map[string]bool{}
	for _, p := range but {
		ours[p.Name] = true
	}
	lists, _ := filepath.Glob(m.at(dpkgInfo + "/*.list")) // the pattern is valid
	owned := map[string]bool{}
	for _, list := range lists {
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(list), ".list"), ":")
		if ours[name] {
			continue
		}
		for _, f := range m.files(name) {
			owned[f] = true
		}
	}
	return owned
}
