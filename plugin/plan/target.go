package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// targets are the distros that what is built for one is tested on: those that
// test.distros names for it, else itself.
func (b builder) targets() ([]distros.Distro, error) {
	var asked []string
	var named bool
	for _, pattern := range sortedKeys(b.in.Settings.Test.Distros) {
		if matches(pattern, b.distro) {
			named = true
			asked = append(asked, b.in.Settings.Test.Distros[pattern]...)
		}
	}
	if !named {
		return []distros.Distro{b.distro}, nil
	}
	found, err := distros.Match(b.in.Catalogue, asked)
	if err != nil {
		return nil, fmt.Errorf("test.distros: %w", err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("test.distros: no distro for %s: to leave out its tests, write test.skip: %s", b.distro.Name, b.distro.Name)
	}
	for i := range found {
		found[i] = found[i].On(b.distro.Platform)
	}
	return found, nil
}

// addTest adds the test of a distro's packages on a target, and what its
// machine is made of; or says why there is none.
func (p *Plan) addTest(b builder, target distros.Distro, packages []wanted, asked only) error {
	if target.Name != b.distro.Name {
		family, ok := p.Input.Families[target.Family]
		if !ok {
			return fmt.Errorf("distro %s: there is no family %q", target.Name, target.Family)
		}
		built := b.distro
		b.builtFor, b.distro, b.family = &built, target, family
	}
	if skipped, why := b.skipTest(packages, asked); skipped {
		p.Notes = append(p.Notes, why)
		p.Skips = append(p.Skips, Skip{b.testJob(), why})
		return nil
	}
	b, err := b.withInit()
	if err != nil {
		return err
	}
	if b.init != systemd {
		p.Notes = append(p.Notes, fmt.Sprintf("%s is tested on a machine that %s", b.distro.Name, b.bootWords()))
	}
	p.addBase(b.baseImage())
	p.addOnce(b.machine())
	p.Jobs = append(p.Jobs, b.test(packages))
	return b.checkTemplates(packages)
}

// unfit is why packages cannot work on another distro than they were built
// for, if so. Programs that were linked with a newer C library may ask for
// what an older one does not have, and with another one they do not run; what
// is built for all architectures holds none.
func (b builder) unfit(packages []wanted) string {
	built := b.builtFor
	if built == nil {
		return ""
	}
	if other := b.in.Families[built.Family]; other.Format != b.family.Format {
		return fmt.Sprintf("it installs .%s, not .%s", source.Ending(b.family.Format), source.Ending(other.Format))
	}
	if !slices.ContainsFunc(packages, wanted.hasPrograms) {
		return ""
	}
	return unfitLibrary(*built, b.distro)
}

// unfitLibrary is why programs that were linked on one distro do not find the
// C library that they want on another, if so.
func unfitLibrary(built, on distros.Distro) string {
	for _, c := range []struct{ name, want, other, otherName, has string }{
		{"glibc", built.Glibc, on.Musl, "musl", on.Glibc}, {"musl", built.Musl, on.Glibc, "glibc", on.Musl},
	} {
		if c.want != "" && c.has == "" && c.other != "" {
			return fmt.Sprintf("its C library is %s, not the %s that they are built with", c.otherName, c.name)
		}
		if newer(c.want, c.has) {
			return fmt.Sprintf("it has %s %s, older than the %s that they are built with", c.name, c.has, c.want)
		}
	}
	return ""
}

// hasPrograms says whether some of a package's binary packages are for one
// architecture. Of finished ones nobody knows what they were built with.
func (w wanted) hasPrograms() bool { return !w.finished() && w.format.programs(w.how.Control) }

// hasPrograms says so of a debian/control.
func hasPrograms(control string) bool {
	for _, p := range paragraphs(control) {
		for _, f := range p {
			if strings.EqualFold(f.name, "Architecture") && strings.TrimSpace(f.value) != "all" {
				return true
			}
		}
	}
	return false
}

// newer says whether a version of digits and dots comes after another.
// Nothing comes after one that is not known.
func newer(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	return slices.Compare(numbers(a), numbers(b)) > 0
}

func numbers(version string) []int {
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part) // our own data: a test holds its form
		all = append(all, n)
	}
	return all
}
