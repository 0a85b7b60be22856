package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// upgradeFrom is the setting's name, as origins and messages have it.
const upgradeFrom = "test.upgrade_from"

// Words that test.upgrade_from takes instead of an origin.
const (
	synthetic = "synthetic"
	noUpgrade = "none"
)

// givenDir is where older packages are that were handed in.
const givenDir = olderDir + "/given"

// isArchive says whether an origin is a line for the package manager.
func isArchive(origin string) bool {
	word, _, more := strings.Cut(origin, " ")
	_, known := formats[word]
	return known && more
}

// checkUpgradeFrom refuses what cannot be mixed.
func checkUpgradeFrom(from settings.Origins) error {
	if len(from) < 2 {
		return nil
	}
	lines := 0
	for _, origin := range from {
		if origin == synthetic || origin == noUpgrade {
			return fmt.Errorf("%s: %s excludes all others", upgradeFrom, origin)
		}
		if isArchive(origin) {
			lines++
		}
	}
	if lines > 0 && lines < len(from) {
		return errors.New(upgradeFrom + ": lines for package managers, or paths and URLs, not both")
	}
	return nil
}

// upgradeFrom is the setting, less the lines for other package managers.
func (b builder) upgradeFrom() settings.Origins {
	return slices.DeleteFunc(slices.Clone(b.in.Settings.Test.UpgradeFrom), func(origin string) bool {
		return isArchive(origin) && !strings.HasPrefix(origin, b.family.Format+" ")
	})
}

// olderKind is the first of test.upgrade_from: it tells the kind of all.
func (b builder) olderKind() string {
	from := b.upgradeFrom()
	if len(from) == 0 {
		return synthetic
	}
	return from[0]
}

// olderOrigins are where older packages are, if they are handed in.
func (b builder) olderOrigins() ([]Origin, error) {
	kind := b.olderKind()
	if kind == synthetic || kind == noUpgrade {
		return nil, nil
	}
	found, err := b.originsOf(upgradeFrom, b.upgradeFrom())
	if isArchive(kind) {
		return nil, err
	}
	return found, err
}

// older comes by the version that is upgraded.
func (b builder) older(packages []wanted) []Step {
	kind := b.olderKind()
	if kind == synthetic {
		return b.makeOlder(packages)
	}
	if isArchive(kind) {
		var lines []string
		rendered, _ := b.originsOf(upgradeFrom, b.upgradeFrom()) // Origins told of errors
		for _, o := range rendered {
			lines = append(lines, o.Where)
		}
		return []Step{b.findOlder("find the older version in "+withoutUser(strings.Join(lines, ", ")), lines)}
	}
	index := b.indexOf("make a repository of the older packages", givenDir)
	return []Step{
		CopyIn{What: Finished, Dir: givenDir, Finished: b.filesOf(upgradeFrom, b.upgradeFrom())},
		index,
		b.findOlder("find the older version among them", []string{strings.ReplaceAll(b.family.Line, "$DIR", givenDir)}),
	}
}

// findOlder looks in archives for the version before the one under test.
func (b builder) findOlder(title string, lines []string) Exec {
	e := announcing(b.actExact(title, distros.Archive))
	e.Older = true
	e.Env["DP_ARCHIVE"] = strings.Join(lines, "\n")
	return e
}

// noUpgradeNote tells that no upgrade is tested, if so.
func (p *Plan) noUpgradeNote() {
	if slices.Contains(p.Input.Settings.Test.UpgradeFrom, noUpgrade) && p.hasTests() {
		p.Notes = append(p.Notes, "no upgrade is tested: "+upgradeFrom+" is "+noUpgrade)
	}
}

// expectable are the phases after which services are judged, by the name that
// test.expect has for them.
var expectable = []string{"install", "reboot", "reinstall", "return", "upgrade", "downgrade"}

// checkExpect refuses phases that judge no service.
func checkExpect(all map[string]map[string]settings.Expected) error {
	var errs []error
	for _, phase := range sortedKeys(all) {
		if !slices.Contains(expectable, phase) {
			errs = append(errs, fmt.Errorf("test.expect: no service is judged in %q; there are: %s", phase, strings.Join(expectable, ", ")))
		}
	}
	return errors.Join(errs...)
}

// judge asks how services are after a phase: as usual, or as test.expect has
// it.
func (b builder) judge(phase string, expect check.Expect) Ask {
	a := b.ask(check.Services, expect)
	own := b.in.Settings.Test.Expect[phase]
	for _, unit := range sortedKeys(own) {
		if a.Request.Units == nil {
			a.Request.Units = map[string]check.Wanted{}
		}
		name := unit
		if path.Ext(unit) == "" {
			name += ".service"
		}
		a.Request.Units[name] = check.Wanted{Enabled: own[unit].Enabled, Active: own[unit].Active, Restarted: own[unit].Restarted}
	}
	return a
}
