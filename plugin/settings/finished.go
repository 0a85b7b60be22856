package settings

import (
	"fmt"
	"net/url"
	"slices"

	"go.yaml.in/yaml/v4"
)

// FinishedName is what finished packages are called that are given without a
// name.
const FinishedName = "finished"

// decodePackages decodes packages to build, by name, or where finished ones
// are.
func decodePackages(m *map[string]Package, n *yaml.Node, at place) []error {
	if n.Kind == yaml.MappingNode {
		// It is a mapping: what else is wanted need not be said.
		return decodeNamed(m, n, at, "")
	}
	var origins []string
	errs := decodeList(&origins, n, at, listOf)
	*m = map[string]Package{}
	if len(origins) > 0 {
		(*m)[FinishedName] = Package{Finished: origins}
	}
	return errs
}

// checkFinished keeps what says how to build away from what is not built.
func (s *Settings) checkFinished() []error {
	var errs []error
	for _, name := range sortedKeys(s.Packages) {
		p := s.Packages[name]
		if len(p.Finished) > 0 && (p.Deb != "" || len(p.Before) > 0 || len(p.Needs) > 0) {
			errs = append(errs, fmt.Errorf("packages.%s: finished packages are not built: leave out deb, before and needs, or finished", name))
		}
	}
	return errs
}

// origins are where all finished packages are.
func (s *Settings) origins() []string {
	var all []string
	for _, name := range sortedKeys(s.Packages) {
		all = append(all, s.Packages[name].Finished...)
	}
	return all
}

// passwords are those of web addresses that packages come from.
func (s *Settings) passwords() []string {
	var all []string
	for _, origin := range s.origins() {
		if u, err := url.Parse(origin); err == nil && u.User != nil {
			word, _ := u.User.Password()
			all = append(all, word, u.User.Username())
		}
	}
	return slices.DeleteFunc(all, func(v string) bool { return v == "" })
}
