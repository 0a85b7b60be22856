package plan

import (
	"errors"
	"slices"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// CompileChecks renders and reads checks, and joins those of all sources. The
// error holds every problem, each with its place.
func CompileChecks(sources []settings.CheckSource, values Values) (check.Spec, error) {
	var all check.Spec
	var errs []error
	for _, s := range sources {
		spec, bad := compile(s, values)
		all.Tests = append(all.Tests, spec.Tests...)
		errs = append(errs, bad...)
	}
	return all, errors.Join(errs...)
}

func compile(s settings.CheckSource, values Values) (check.Spec, []error) {
	if s.Node == nil {
		return check.LoadSpec(s.File, s.Text, map[string]any(values))
	}
	node, errs := check.RenderNode(s.File, s.Node, map[string]any(values))
	if len(errs) > 0 {
		return check.Spec{}, errs
	}
	return check.ParseSpec(s.File, node)
}

// checkSources are where the checks for these packages on this distro stand.
func (b builder) checkSources(packages []wanted) []settings.CheckSource {
	test := b.in.Settings.Test
	sources := slices.Clone(test.Check.Sources)
	for _, pattern := range sortedKeys(test.CheckOn) {
		if matches(pattern, b.distro) {
			sources = append(sources, test.CheckOn[pattern].Sources...)
		}
	}
	for _, w := range packages {
		sources = append(sources, w.settings.Check.Sources...)
	}
	return sources
}

// askChecks are the steps that ask the user's checks at a moment.
func (b builder) askChecks(packages []wanted, m check.Moment) []Step {
	return b.askChecksOf(packages, m, false)
}

func (b builder) askChecksOf(packages []wanted, m check.Moment, older bool) []Step {
	sources := b.checkSources(packages)
	if len(sources) == 0 {
		return nil
	}
	r := b.request(check.Checks, check.Declared)
	r.Moment = m
	// Packages that were handed in are of a release that nobody can mend.
	r.Lenient = older && b.olderKind() != synthetic
	for _, s := range b.services {
		r.Services = append(r.Services, s.Name)
	}
	return []Step{AskChecks{Request: r, Sources: sources, Values: b.values(packages), Older: older}}
}
