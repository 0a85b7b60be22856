package plan

import (
	"maps"
	"regexp"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

// Values are what templates may name: .services.NAME.{host,port,environment},
// .distro.{name,title,family,suite}, .packages.NAME.version, .environment.NAME; and
// for goss's files .Vars, which is all of these, and .Env.
type Values map[string]any

// values are what is known before anything is built: of packages only the
// names, with a version that stands for the real one.
func (b builder) values(packages []wanted) Values {
	services := map[string]any{}
	for _, s := range b.services {
		services[s.Name] = map[string]any{"host": s.Name, "port": s.Port, "environment": anyMap(s.Env)}
	}
	v := Values{
		"services":    services,
		"distro":      distroValues(b.distro),
		"environment": anyMap(b.in.Settings.BuildEnvironment),
	}
	versions := map[string]string{}
	for _, w := range packages {
		for _, name := range append(w.binaries(), finishedNames(b.given(w))...) {
			versions[name] = "0"
		}
	}
	return v.With(versions)
}

// With is the values with the versions that packages have.
func (v Values) With(versions map[string]string) Values {
	packages := map[string]any{}
	for name, version := range versions {
		packages[name] = map[string]any{"version": version}
	}
	out := maps.Clone(v)
	out["packages"] = packages
	out["Env"] = out["environment"]
	vars := maps.Clone(out)
	delete(vars, "Vars")
	out["Vars"] = map[string]any(vars)
	return out
}

func anyMap(m map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

var binaryField = regexp.MustCompile(`(?m)^Package:\s*(\S+)`)

// binaryNames are the packages that a debian/control makes.
func binaryNames(control string) []string {
	var names []string
	for _, m := range binaryField.FindAllStringSubmatch(control, -1) {
		names = append(names, strings.TrimSpace(m[1]))
	}
	return names
}

// File is one file to write into a test machine.
type File struct {
	Path string
	// Template of its content, and where that stands, for its errors.
	Template, Origin string
	// Owner is USER or USER:GROUP, Mode octal. Empty: root, 0644, or as the
	// file that is there has them.
	Owner, Mode string
}

// filesFor are the files to write at a moment: "before" the packages are
// installed, or once they are "installed".
func filesFor(s settings.Settings, when string) []File {
	var files []File
	for _, name := range sortedKeys(s.Test.Files) {
		f := s.Test.Files[name]
		if f.When == when || f.When == "" && when == "installed" {
			files = append(files, File{Path: name, Template: f.Content, Origin: f.Origin, Owner: f.Owner, Mode: f.Mode})
		}
	}
	return files
}
