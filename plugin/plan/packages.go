package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// wanted is one package to build, as settings and tree say together.
type wanted struct {
	name string
	// how the tree says to build it; nothing for a finished package.
	how      source.Package
	settings settings.Package
	// needs are the packages that have to be there first, local the binary
	// packages that come from them.
	needs []wanted
	local []string
}

// packagesByFormat are the packages that are wanted, for each format that the
// distros have: each takes its own out of a tree that has several.
func packagesByFormat(in Input) (map[string][]wanted, error) {
	byFormat := map[string][]wanted{}
	var errs []error
	for _, d := range in.Distros {
		family, ok := in.Families[d.Family]
		if !ok {
			return nil, fmt.Errorf("distro %s: there is no family %q", d.Name, d.Family)
		}
		format := family.Format
		if _, done := byFormat[format]; done {
			continue
		}
		chosen, err := choosePackages(in.Settings, in.Source, format)
		errs = append(errs, err)
		byFormat[format] = withNeeds(chosen)
	}
	return byFormat, errors.Join(errs...)
}

// allOf are the packages of all formats.
func allOf(byFormat map[string][]wanted) []wanted {
	var all []wanted
	for _, format := range sortedKeys(byFormat) {
		all = append(all, byFormat[format]...)
	}
	return all
}

// choosePackages pairs what the user named with what the tree holds.
func choosePackages(s settings.Settings, tree source.Tree, format string) ([]wanted, error) {
	found := slices.DeleteFunc(slices.Clone(tree.Packages), func(p source.Package) bool { return p.Format() != format })
	if len(s.Packages) == 0 {
		return foundPackages(tree, found, format)
	}
	var chosen []wanted
	var errs []error
	for _, name := range sortedKeys(s.Packages) {
		w, err := pickPackage(name, s.Packages[name], tree, found, format)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		chosen = append(chosen, w)
	}
	return chosen, errors.Join(errs...)
}

// noneFound says, for each format, what a tree is without, and how to name it.
var noneFound = map[string]string{
	"deb": "source: %s holds no debian/control: name the directory with packages: {NAME: {deb: DIR}}, or point source at the tree",
	"rpm": "source: %s holds no spec file (" + source.SpecPlaces + "): name it with packages: {NAME: {rpm: FILE}}, or point source at the tree",
}

func foundPackages(tree source.Tree, found []source.Package, format string) ([]wanted, error) {
	if len(found) == 0 {
		err := fmt.Errorf(noneFound[format], tree.Path)
		if len(tree.Packages) > 0 {
			other := tree.Packages[0]
			err = fmt.Errorf("%w; for .%s there is %s: to build that alone, ask for no distro that takes .%s", err, other.Format(), other.Where(), format)
		}
		return nil, err
	}
	var chosen []wanted
	for _, p := range found {
		chosen = append(chosen, wanted{name: p.Name, how: p})
	}
	return chosen, nil
}

func pickPackage(name string, s settings.Package, tree source.Tree, found []source.Package, format string) (wanted, error) {
	if len(s.Finished) > 0 {
		return wanted{name: name, settings: s}, nil
	}
	named, what := s.Deb, "directory %q with a control file"
	if format == "rpm" {
		named, what = s.Rpm, "spec file %q"
	}
	var places []string
	for _, p := range found {
		if p.Where() == named || named == "" && (p.Name == name || len(found) == 1) {
			return wanted{name: name, how: p, settings: s}, nil
		}
		places = append(places, p.Where())
	}
	return wanted{}, fmt.Errorf("packages.%s: no "+what+" in %s; there are: %s", name, named, tree.Path, orNone(places))
}

// binaries are the packages that come from one, and what they provide.
func (w wanted) binaries() []string {
	if w.how.Format() == "rpm" {
		spec := source.ParseSpec(w.how.Control)
		return slices.Concat(spec.Packages, spec.Provides)
	}
	return binaries(w.how.Control)
}

// binaryNames are the packages that come from one.
func (w wanted) binaryNames() []string {
	if w.how.Format() == "rpm" {
		return source.ParseSpec(w.how.Control).Packages
	}
	return binaryNames(w.how.Control)
}

// buildNeeds is what says what its build needs: the files of an environment,
// by name.
func (w wanted) buildNeeds() map[string]string {
	if w.how.Format() == "rpm" {
		return map[string]string{neededSpec: source.Needs(w.how.Control, w.local)}
	}
	return map[string]string{"debian/control": buildNeeds(w.how.Control, w.local)}
}

// neededSpec is what a spec file is called where a build's needs are asked.
const neededSpec = "package.spec"

// by is the file that says what a build needs.
func (w wanted) by() string {
	if w.how.Format() == "rpm" {
		return w.how.Spec
	}
	return "debian/control"
}

// cause is what there is to build.
func (w wanted) cause(tree source.Tree) string {
	if w.how.Format() == "rpm" {
		return w.how.Spec + " in " + tree.Path
	}
	return "debian/ in " + tree.Path
}
