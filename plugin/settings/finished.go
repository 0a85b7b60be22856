package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	errs := decodeList(&origins, n, at, originsOf)
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
		if len(p.Finished) > 0 && (p.Deb != "" || p.Rpm != "" || p.Pkgbuild != "" || p.Apkbuild != "" || len(p.Before) > 0 || len(p.Needs) > 0) {
			errs = append(errs, fmt.Errorf("packages.%s: finished packages are not built: leave out deb, rpm, pkgbuild, apkbuild, before and needs, or finished", name))
		}
	}
	return errs
}

// lineWords are what lines for package managers begin with.
var lineWords = []string{"deb", "rpm", "pacman", "apk"}

// originsOf takes a list as others are written; an apt line may have commas.
func originsOf(text string) *yaml.Node {
	text = strings.TrimSpace(text)
	if word, _, more := strings.Cut(text, " "); more && slices.Contains(lineWords, word) {
		return sequence(strings.Split(text, "\n"))
	}
	return listOf(text)
}

// origins are where all finished packages are.
func (s *Settings) origins() []string {
	all := slices.Concat(s.RevisionFrom, s.Test.UpgradeFrom)
	for _, name := range sortedKeys(s.Packages) {
		all = append(all, s.Packages[name].Finished...)
	}
	return all
}

var userOfURL = regexp.MustCompile(`https?://([^/@\s:]*):?([^/@\s]*)@`)

// passwords are those of web addresses that packages come from. A user without
// a password is one itself: a token.
func (s *Settings) passwords() []string {
	var all []string
	for _, origin := range s.origins() {
		for _, m := range userOfURL.FindAllStringSubmatch(origin, -1) {
			secret := m[2]
			if secret == "" {
				secret = m[1]
			}
			all = append(all, secret)
		}
	}
	return slices.DeleteFunc(all, func(v string) bool { return v == "" })
}
