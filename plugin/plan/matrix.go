package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
)

// New decides what will be done. An error is the user's: nothing to build,
// a package that is not there, an Only that matches nothing.
func New(in Input) (Plan, error) {
	p := Plan{Input: in}
	byFormat, err := packagesByFormat(in)
	if err := errors.Join(err, checkPatterns(in)); err != nil {
		return p, err
	}
	asked, err := parseOnly(in.Settings, allOf(byFormat))
	if err != nil {
		return p, err
	}
	p.Ladder = Ladder(in.Host, in.Settings.Privileged)
	if err := p.addServices(); err != nil {
		return p, err
	}
	var matched int
	for _, d := range in.Distros {
		chosen := asked.packages(d, byFormat[in.Families[d.Family].Format])
		if len(chosen) == 0 {
			continue
		}
		matched++
		if err := p.addDistro(d, chosen, asked); err != nil {
			return p, err
		}
	}
	if matched == 0 {
		return p, fmt.Errorf("only: %s matches none of the distros and packages asked for (%s)",
			strings.Join(in.Settings.Only, ", "), strings.Join(jobNames(in, byFormat), ", "))
	}
	p.dropIdleServices()
	p.noUpgradeNote()
	p.noRevisionNote()
	p.share()
	return p, nil
}

func markNeeded(asked map[string]bool, packages []wanted, w wanted) {
	if asked[w.name] {
		return
	}
	asked[w.name] = true
	for _, other := range packages {
		if slices.Contains(w.settings.Needs, other.name) {
			markNeeded(asked, packages, other)
		}
	}
}

// addDistro adds the jobs of one distro.
func (p *Plan) addDistro(d distros.Distro, packages []wanted, asked only) error {
	b := builder{in: p.Input, distro: d, family: p.Input.Families[d.Family], ladder: p.Ladder, services: p.Services, phases: asked.phases(d)}
	p.addBase(b.baseImage())
	for _, w := range packages {
		p.Jobs = append(p.Jobs, b.produce(w)...)
	}
	if b.lints() {
		p.Jobs = append(p.Jobs, b.linter())
		for _, w := range packages {
			p.Jobs = append(p.Jobs, b.lint(w))
		}
	}
	targets, err := b.targets()
	if err != nil {
		return err
	}
	for _, target := range targets {
		if err := p.addTest(b, target, packages, asked); err != nil {
			return err
		}
	}
	return nil
}

// produce is the jobs by which a package comes to be.
func (b builder) produce(w wanted) []Job {
	if w.finished() {
		return []Job{b.fetch(w)}
	}
	return []Job{b.environment(w), b.build(w)}
}

// share divides the host's CPUs between what runs at a time.
func (p *Plan) share() {
	var builds int
	for _, j := range p.Jobs {
		if j.Kind == Build {
			builds++
		}
	}
	p.Builds, p.Machines = AtATime(p.Input.Settings, p.Input.Host)
	jobs := max(1, max(1, p.Input.Host.CPUs)/max(1, min(builds, p.Builds)))
	for i := range p.Jobs {
		setJobs(&p.Jobs[i], jobs)
	}
}

// setJobs tells a build how many jobs of make it may run.
func setJobs(j *Job, jobs int) {
	if j.Kind != Build {
		return
	}
	j.Container.Env["DP_JOBS"] = fmt.Sprint(jobs)
}

// byPattern looks up a distro's value in a map keyed by names and patterns:
// its name first, then its aliases, then the longest pattern that matches.
func byPattern(m map[string]string, d distros.Distro) string {
	for _, name := range append([]string{d.Name}, d.Aliases...) {
		if v, ok := m[name]; ok {
			return v
		}
	}
	best := ""
	for _, pattern := range sortedKeys(m) {
		if ok, err := path.Match(pattern, d.Name); err == nil && ok && len(pattern) > len(best) {
			best = pattern
		}
	}
	return m[best]
}

func jobNames(in Input, byFormat map[string][]wanted) []string {
	var names []string
	for _, d := range in.Distros {
		for _, w := range byFormat[in.Families[d.Family].Format] {
			names = append(names, d.Name+"/"+w.name)
		}
	}
	return names
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
