package plan

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// format is what differs between formats of packages: nothing else of a plan
// tells them apart. Control is the text that says how a package is built.
type format struct {
	// none is the error of a tree, %s, that holds nothing to build; what is
	// what is not at the place, %q, that a setting names.
	none, what string
	// named is that place; empty: the setting names none.
	named func(settings.Package) string
	// control is the file in the directory that says how to build, which says
	// what that needs; empty: it is one file.
	control string
	// makes are the binary packages that come from it; provides, what they can
	// be asked for by; programs: one of them is for one architecture.
	makes, provides func(control string) []string
	programs        func(control string) bool
	// needs is the part of it that says what a build needs, less what local
	// packages meet. Environments have it in the file needsIn.
	needs   func(control string, local []string) string
	needsIn string
	// env is what recipes read of a package when they build it; needsEnv, when
	// they install what it needs.
	env      func(source.Package, distros.Distro) map[string]string
	needsEnv map[string]string
	// file tells the package from a file's name, by its first group.
	file *regexp.Regexp
}

// formats by name, as source.Package and distros.Family have it.
var formats = map[string]format{
	"deb": {
		none:    "source: %s holds no debian/control with changelog and rules beside it: name the directory with packages: {NAME: {deb: DIR}}, or point source at the tree",
		what:    "directory %q with control, changelog and rules",
		named:   func(p settings.Package) string { return p.Deb },
		control: "control",
		makes:   binaryNames, provides: binaries, programs: hasPrograms,
		needs: buildNeeds, needsIn: "debian/control",
		env: func(p source.Package, _ distros.Distro) map[string]string {
			return map[string]string{"DP_DEB": path.Base(p.Where)}
		},
		file: regexp.MustCompile(`^([^_]+)_`),
	},
	"rpm": {
		none:  "source: %s holds no spec file (" + source.SpecPlaces + "): name it with packages: {NAME: {rpm: FILE}}, or point source at the tree",
		what:  "spec file %q",
		named: func(p settings.Package) string { return p.Rpm },
		makes: func(control string) []string { return source.ParseSpec(control).Packages },
		provides: func(control string) []string {
			spec := source.ParseSpec(control)
			return slices.Concat(spec.Packages, spec.Provides)
		},
		programs: func(control string) bool { return !source.ParseSpec(control).Noarch },
		needs:    source.Needs, needsIn: "package.spec",
		env: func(p source.Package, d distros.Distro) map[string]string {
			return map[string]string{"DP_SPEC": strings.TrimPrefix(p.Where, p.Dir+"/"), "DP_DIST": d.Dist}
		},
		needsEnv: map[string]string{"DP_SPEC": "package.spec"},
		file:     regexp.MustCompile(`^(.+)-[^-]+-[^-]+\.rpm$`),
	},
	"pacman": {
		none:  "source: %s holds no PKGBUILD (" + source.PKGBUILDPlaces + "): name it with packages: {NAME: {pkgbuild: FILE}}, or point source at the tree",
		what:  "PKGBUILD %q",
		named: func(p settings.Package) string { return p.Pkgbuild },
		makes: func(control string) []string { return source.ParsePKGBUILD(control).Packages },
		provides: func(control string) []string {
			p := source.ParsePKGBUILD(control)
			return slices.Concat(p.Packages, p.Provides)
		},
		programs: func(control string) bool { return !source.ParsePKGBUILD(control).Any },
		needs:    source.PKGBUILDNeeds, needsIn: "PKGBUILD",
		env: func(p source.Package, _ distros.Distro) map[string]string {
			return map[string]string{"DP_PKGBUILD": strings.TrimPrefix(p.Where, p.Dir+"/")}
		},
		needsEnv: map[string]string{"DP_PKGBUILD": "PKGBUILD"},
		file:     regexp.MustCompile(`^(.+)-[^-]+-[^-]+-[^-]+\.pkg\.tar\.zst$`),
	},
	"apk": {
		none:  "source: %s holds no APKBUILD (" + source.APKBUILDPlaces + "): name it with packages: {NAME: {apkbuild: FILE}}, or point source at the tree",
		what:  "APKBUILD %q",
		named: func(p settings.Package) string { return p.Apkbuild },
		makes: func(control string) []string { return source.ParseAPKBUILD(control).Packages },
		provides: func(control string) []string {
			p := source.ParseAPKBUILD(control)
			return slices.Concat(p.Packages, p.Provides)
		},
		programs: func(control string) bool { return !source.ParseAPKBUILD(control).Noarch },
		needs:    source.APKBUILDNeeds, needsIn: "APKBUILD",
		env: func(p source.Package, _ distros.Distro) map[string]string {
			return map[string]string{"DP_APKBUILD": strings.TrimPrefix(p.Where, p.Dir+"/")}
		},
		needsEnv: map[string]string{"DP_APKBUILD": "APKBUILD"},
		file:     regexp.MustCompile(`^(.+)-[0-9][^-]*-r[0-9]+\.apk$`),
	},
}
