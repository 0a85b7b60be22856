package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// New decides what will be done. An error is the user's: nothing to build,
// a package that is not there, an Only that matches nothing.
func New(in Input) (Plan, error) {
	p := Plan{Input: in}
	packages, err := choosePackages(in.Settings, in.Source)
	if err != nil {
		return p, err
	}
	packages = withNeeds(packages)
	asked, err := parseOnly(in.Settings, packages)
	if err != nil {
		return p, err
	}
	p.Ladder = Ladder(in.Host, in.Settings.Privileged)
	if err := p.addServices(); err != nil {
		return p, err
	}
	var matched int
	for _, d := range in.Distros {
		chosen := asked.packages(d, packages)
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
			strings.Join(in.Settings.Only, ", "), strings.Join(jobNames(in.Distros, packages), ", "))
	}
	p.dropIdleServices()
	p.noUpgradeNote()
	p.share()
	return p, nil
}

// wanted is one package to build, as settings and tree say together.
type wanted struct {
	name    string
	control string
	// dir is the debian directory in the tree.
	dir      string
	settings settings.Package
	// needs are the packages that have to be there first, local the binary
	// packages that come from them.
	needs []wanted
	local []string
}

// choosePackages pairs what the user named with what the tree holds.
func choosePackages(s settings.Settings, tree source.Tree) ([]wanted, error) {
	if len(s.Packages) == 0 {
		return foundPackages(tree)
	}
	var chosen []wanted
	var errs []error
	for _, name := range sortedKeys(s.Packages) {
		w, err := pickPackage(name, s.Packages[name], tree)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		chosen = append(chosen, w)
	}
	return chosen, errors.Join(errs...)
}

func foundPackages(tree source.Tree) ([]wanted, error) {
	if len(tree.Packages) == 0 {
		return nil, fmt.Errorf("source: %s holds no debian/control: name the directory with packages: {NAME: {deb: DIR}}, or point source at the tree", tree.Path)
	}
	var chosen []wanted
	for _, p := range tree.Packages {
		chosen = append(chosen, wanted{name: p.Name, control: p.Control, dir: p.Dir})
	}
	return chosen, nil
}

func pickPackage(name string, s settings.Package, tree source.Tree) (wanted, error) {
	if len(s.Finished) > 0 {
		return wanted{name: name, settings: s}, nil
	}
	var dirs []string
	for _, p := range tree.Packages {
		if p.Dir == s.Deb || s.Deb == "" && (p.Name == name || len(tree.Packages) == 1) {
			return wanted{name: name, control: p.Control, dir: p.Dir, settings: s}, nil
		}
		dirs = append(dirs, p.Dir)
	}
	return wanted{}, fmt.Errorf("packages.%s: no directory %q with a control file in %s; there are: %s",
		name, s.Deb, tree.Path, orNone(dirs))
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
	family, ok := p.Input.Families[d.Family]
	if !ok {
		return fmt.Errorf("distro %s: there is no family %q", d.Name, d.Family)
	}
	b := builder{in: p.Input, distro: d, family: family, ladder: p.Ladder, services: p.Services, phases: asked.phases(d)}
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
	cpus := max(1, p.Input.Host.CPUs)
	p.Builds = cpus
	if asked := int(p.Input.Settings.Parallel); asked > 0 {
		p.Builds = asked
	}
	p.Machines = p.Builds + 1
	jobs := max(1, cpus/max(1, min(builds, p.Builds)))
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

func jobNames(ds []distros.Distro, packages []wanted) []string {
	var names []string
	for _, d := range ds {
		for _, w := range packages {
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
