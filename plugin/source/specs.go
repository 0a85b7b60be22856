package source

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// specHomes are directories that people keep spec files in, beside the tree
// that they package.
var specHomes = []string{"packaging", "rpm", "SPECS", "specs", "redhat", "fedora", "rhel", "dist", "contrib", "pkg", "packages"}

// SpecPlaces says in words where spec files are looked for.
const SpecPlaces = "*.spec in the root, in packaging/, rpm/ or SPECS/, or anywhere else where there is none"

// findSpecs are the packages of those files that are rpm's: other programs
// call their files so too. Those of the tree itself hide those further down:
// examples and test data.
func findSpecs(root *os.Root, names []string) ([]Package, error) {
	var all, own []Package
	for _, name := range names {
		text, err := root.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the source: %w", err)
		}
		spec := ParseSpec(string(text))
		if spec.Name == "" || spec.Version == "" {
			continue
		}
		p := Package{Name: spec.Name, Format: "rpm", Where: name, Dir: packagedBy(name), Control: string(text)}
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

// packagedBy is the directory that a spec file packages: its own, or, in one
// that people keep spec files in, the one around that.
func packagedBy(name string) string {
	dir := path.Dir(name)
	for slices.Contains(specHomes, path.Base(dir)) {
		dir = path.Dir(dir)
	}
	return strings.TrimSuffix(dir, "/")
}
