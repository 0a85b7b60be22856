package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// only is the part of a plan that is asked for. Its zero value is all of it.
type only struct {
	parts []part
	// build and test are the words of that name: without either, both.
	build, test bool
}

// part is DISTRO[/PACKAGE[/PHASE]], each a pattern but the phase.
type part struct{ distro, pkg, phase string }

// buildPhase is a phase that no machine is needed for.
const buildPhase = "build"

// unbooted says whether a phase needs no machine.
func unbooted(phase string) bool { return phase == buildPhase || phase == lintPhase }

// parseOnly reads the setting, and refuses what cannot be done.
func parseOnly(s settings.Settings, packages []wanted) (only, error) {
	var o only
	errs := []error{checkUpgradeFrom(s.Test.UpgradeFrom), checkExpect(s.Test.Expect)}
	for _, text := range s.Only {
		switch text {
		case "build":
			o.build = true
		case "test":
			o.test = true
		default:
			p := partOf(text)
			o.parts = append(o.parts, p)
			if p.phase == lintPhase && !linted(s) {
				errs = append(errs, fmt.Errorf("only: %s: nothing is linted: set lint to report, error or warning", text))
			}
			if p.phase != "" && !unbooted(p.phase) {
				errs = append(errs, knownPhases("only: "+text, []string{p.phase}))
			}
		}
	}
	return o, errors.Join(append(errs, o.possible(packages))...)
}

func partOf(text string) part {
	distro, rest, _ := strings.Cut(text, "/")
	pkg, phase, _ := strings.Cut(rest, "/")
	if pkg == "" {
		pkg = "*"
	}
	return part{distro, pkg, phase}
}

// possible refuses to test what is not there, and to build what is.
func (o only) possible(packages []wanted) error {
	for _, w := range packages {
		if o.test && !o.build && !w.finished() {
			return fmt.Errorf("only: test wants finished packages, and %s is to be built: name what an earlier run built, with packages: \"dist/{{ .distro.name }}\", or leave the word test out", w.name)
		}
	}
	if o.build && !o.test && !slices.ContainsFunc(packages, func(w wanted) bool { return !w.finished() }) {
		return errors.New("only: build, and all packages are finished: there is nothing to build; leave the word build out to test them")
	}
	return nil
}

// packages are those asked for of a distro, with their needs.
func (o only) packages(d distros.Distro, all []wanted) []wanted {
	if len(o.parts) == 0 {
		return all
	}
	asked := map[string]bool{}
	for _, p := range o.of(d) {
		for _, w := range all {
			if ok, err := path.Match(p.pkg, w.name); w.name == p.pkg || err == nil && ok {
				markNeeded(asked, all, w)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(w wanted) bool { return !asked[w.name] })
}

// of are the parts that a distro has.
func (o only) of(d distros.Distro) []part {
	return slices.DeleteFunc(slices.Clone(o.parts), func(p part) bool { return !matches(p.distro, d) })
}

// phases are those asked for of a distro. None: all.
func (o only) phases(d distros.Distro) []string {
	var names []string
	for _, p := range o.of(d) {
		if p.phase == "" {
			return nil
		}
		names = append(names, p.phase)
	}
	return names
}

// noTest is why a distro with these phases asked for is not tested, if so.
func (o only) noTest(phases []string) string {
	if o.build && !o.test {
		return "only: build"
	}
	if len(phases) > 0 && !slices.ContainsFunc(phases, func(p string) bool { return !unbooted(p) }) {
		return "only its " + strings.Join(phases, " and ") + " is asked for"
	}
	return ""
}
