package source

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// oneFile are the formats whose packages are described by one file: which are
// that by their name, and what the package in a text is called. Empty: it is
// none of the format's, for other programs call their files so too.
var oneFile = []struct {
	format string
	is     func(file string) bool
	name   func(text string) string
}{
	{"rpm", func(file string) bool { return path.Ext(file) == ".spec" }, specName},
	{"pacman", func(file string) bool { return path.Base(file) == "PKGBUILD" }, func(text string) string { return ParsePKGBUILD(text).Name }},
	{"apk", func(file string) bool { return path.Base(file) == "APKBUILD" }, func(text string) string { return ParseAPKBUILD(text).Name }},
}

// homes are directories that people keep such files in, beside the tree that
// they package.
var homes = []string{"packaging", "rpm", "SPECS", "specs", "redhat", "fedora", "rhel", "arch", "archlinux", "alpine", "dist", "contrib", "pkg", "packages"}

// SpecPlaces, PKGBUILDPlaces and APKBUILDPlaces say in words where these files
// are looked for.
const (
	SpecPlaces     = "*.spec in the root, in packaging/, rpm/ or SPECS/, or anywhere else where there is none"
	PKGBUILDPlaces = "PKGBUILD in the root, in packaging/, arch/ or archlinux/, or anywhere else where there is none"
	APKBUILDPlaces = "APKBUILD in the root, in packaging/ or alpine/, or anywhere else where there is none"
)

func specName(text string) string {
	spec := ParseSpec(text)
	if spec.Version == "" {
		return ""
	}
	return spec.Name
}

// packagesOf are the packages of a format that files describe. Those of the
// tree itself hide those further down: examples and test data.
func packagesOf(root *os.Root, names []string, format string, nameIn func(text string) string) ([]Package, error) {
	var all, own []Package
	for _, file := range names {
		text, err := root.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the source: %w", err)
		}
		name := nameIn(string(text))
		if name == "" {
			continue
		}
		p := Package{Name: name, Format: format, Where: file, Dir: packagedBy(file), Control: string(text)}
		all = append(all, p)
		if p.Dir == "." {
			own = append(own, p)
		}
	}
	if len(own) > 0 {
		return own, nil
	}
	return all, nil
}

// packagedBy is the directory that such a file packages: its own, or, in one
// that people keep them in, the one around that.
func packagedBy(name string) string {
	dir := path.Dir(name)
	for slices.Contains(homes, path.Base(dir)) {
		dir = path.Dir(dir)
	}
	return strings.TrimSuffix(dir, "/")
}
