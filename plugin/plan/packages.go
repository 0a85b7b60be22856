package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// wanted is one package to build, as settings and tree say together.
type wanted struct {
	name   string
	format format
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
	found := slices.DeleteFunc(slices.Clone(tree.Packages), func(p source.Package) bool { return p.Format != format })
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

func foundPackages(tree source.Tree, found []source.Package, format string) ([]wanted, error) {
	if len(found) == 0 {
		err := fmt.Errorf(formats[format].none, tree.Path)
		if len(tree.Packages) > 0 {
			other := tree.Packages[0]
			err = fmt.Errorf("%w; for .%s there is %s: to build that alone, ask for no distro that takes .%s", err, source.Ending(other.Format), other.Where, source.Ending(format))
		}
		return nil, err
	}
	var chosen []wanted
	for _, p := range found {
		chosen = append(chosen, wanted{name: p.Name, format: formats[format], how: p})
	}
	return chosen, nil
}

func pickPackage(name string, s settings.Package, tree source.Tree, found []source.Package, format string) (wanted, error) {
	w := wanted{name: name, format: formats[format], settings: s}
	if w.finished() {
		return w, nil
	}
	named := w.format.named(s)
	var places []string
	for _, p := range found {
		if p.Where == named || named == "" && (p.Name == name || len(found) == 1) {
			w.how = p
			return w, nil
		}
		places = append(places, p.Where)
	}
	return wanted{}, fmt.Errorf("packages.%s: no "+w.format.what+" in %s; there are: %s", name, named, tree.Path, orNone(places))
}

// binaries are the packages that come from one.
func (w wanted) binaries() []string { return w.format.makes(w.how.Control) }

// file says what a build needs, relative to the source.
func (w wanted) file() string {
	if w.how.Where == "" {
		return ""
	}
	return path.Join(w.how.Where, w.format.control)
}

// cause is what there is to build.
func (w wanted) cause(tree source.Tree) string {
	where := w.how.Where
	if w.format.control != "" {
		where += "/"
	}
	return where + " in " + tree.Path
}
