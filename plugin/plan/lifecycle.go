package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// Paths inside test machines.
const (
	root    = check.Root
	repoDir = root + "/repo"
)

// machine is the job that makes the image a test machine boots from.
func (b builder) machine() Job {
	j := b.job(Machine, "")
	j.From = b.name(BaseImage)
	j.Needs = []string{j.From}
	j.Container = b.idle()
	j.Phases = []Phase{{Name: "machine", Vital: true, Prepares: true, Steps: b.bootable()}}
	j.Cache = &Cache{Key: digest(j), Holds: "init and package lists"}
	j.Cause = b.bootWords()
	return j
}

// testJob is a test without its phases.
func (b builder) testJob() Job {
	j := b.job(Test, "")
	j.Cause = "built for " + b.distro.Name
	if b.builtFor != nil {
		j.Name = strings.Join([]string{b.builtFor.Name, string(Test), b.distro.Name}, "/")
		j.BuiltFor, j.Cause = b.builtFor.Name, "built for "+b.builtFor.Name+", as test.distros asks"
	}
	return j
}

// test is the job that takes what was built through its lifecycle.
func (b builder) test(packages []wanted) Job {
	j := b.testJob()
	j.From = b.name(Machine)
	j.Needs = []string{j.From}
	for _, w := range packages {
		j.Beside = append(j.Beside, b.handsOver(w))
		j.By = cmp.Or(j.By, w.file())
	}
	j.Needs = append(j.Needs, j.Beside...)
	for _, s := range b.services {
		if !slices.Contains(j.Needs, s.Image) {
			j.Needs = append(j.Needs, s.Image)
		}
	}
	j.Phases = b.lifecycle(packages)
	return j
}

// lifecycle is the phases every package goes through, with no test written,
// less those that the user leaves out. The states that services must have
// after each are those of Debian's policy and of what the package's own
// maintainer scripts declare.
func (b builder) lifecycle(packages []wanted) []Phase {
	phases := []Phase{{Name: "boot", Vital: true, Prepares: true, Steps: append(b.startServices(), b.boot())}}
	if len(b.services) > 0 {
		phases = append(phases, Phase{Name: "services", Vital: true, Prepares: true, Steps: b.awaitServices()})
	}
	phases = append(phases, []Phase{
		{Name: "install", Vital: true, Joins: true, Steps: b.install(packages)},
		{Name: "configure", Vital: true, Steps: b.configure(packages)},
		{Name: "service", Steps: append([]Step{b.judge("install", check.Declared)}, b.startUp()...)},
		{Name: "check", Steps: append([]Step{b.ask(check.Installed, check.Declared)},
			b.askChecks(packages, check.AfterInstall)...)},
		{Name: "restart", Steps: append([]Step{b.ask(check.Restart, check.Declared)},
			b.askChecks(packages, check.AfterRestart)...)},
		{Name: "reboot", Steps: append([]Step{
			b.reboot(), b.judge("reboot", check.Before)},
			b.askChecks(packages, check.AfterReboot)...)},
		{Name: "reinstall", Steps: []Step{
			b.act(b.manager()+": reinstall", distros.Reinstall), b.judge("reinstall", check.Before)}},
		{Name: "remove", Vital: true, Steps: append(b.shutDown(),
			b.act(b.manager()+": remove", distros.Remove), b.ask(check.Removed, check.Declared))},
		{Name: "return", Steps: []Step{
			b.act(b.manager()+": install again", distros.Install), b.judge("return", b.onReturn())}},
		{Name: "purge", Steps: append(b.shutDown(),
			b.purge(),
			b.ask(check.Removed, check.Declared), b.ask(check.Leftovers, check.Declared))},
		{Name: "upgrade", Vital: true, From: ready, Needs: "install", Steps: b.upgrade(packages)},
		{Name: "downgrade", Steps: b.downgrade()},
	}...)
	return slices.DeleteFunc(phases, func(p Phase) bool { return len(p.Steps) == 0 || b.leftOut(p.Name) })
}

// always are the phases that cannot be left out.
var always = []string{"boot", "services", "install", "configure"}

// goesOn are phases that go on where another one ended: they are not without
// it.
var goesOn = map[string]string{"return": "remove", "downgrade": "upgrade"}

func (b builder) leftOut(phase string) bool {
	if slices.Contains(always, phase) {
		return false
	}
	if b.olderKind() == noUpgrade && (phase == "upgrade" || phase == "downgrade") {
		return true
	}
	return !chosen(b.in.Settings.Test.Lifecycle, phase) || !chosen(b.phases, phase)
}

// chosen says whether a phase is among those named, or one of them goes on
// from it. With none named it is.
func chosen(names []string, phase string) bool {
	return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool {
		return name == phase || goesOn[name] == phase
	})
}

// knownPhases says which names are no phase of the lifecycle.
func knownPhases(where string, names []string) error {
	for _, name := range names {
		if !slices.Contains(settings.Phases, name) && !slices.Contains(always, name) {
			return fmt.Errorf("%s: %q is no phase; there are: %s", where, name, strings.Join(settings.Phases, ", "))
		}
	}
	return nil
}

// startUp enables and starts units as an administrator would, where presets
// decide what an installation enables and nothing of the package starts
// anything: from then on they are judged by what they were.
func (b builder) startUp() []Step {
	if !b.family.Presets || b.init == noInit {
		return nil
	}
	return []Step{b.askState(check.Request{Enabled: true, Active: true}), b.ask(check.Services, check.Before)}
}

// shutDown disables and stops units as an administrator would, where no
// removal does.
func (b builder) shutDown() []Step {
	if !b.family.Administered || b.init == noInit {
		return nil
	}
	return []Step{b.askState(check.Request{})}
}

// onReturn is what units must be when the package comes back after a removal:
// as they were, or, where presets decide, as on a first installation.
func (b builder) onReturn() check.Expect {
	if b.family.Presets {
		return check.Declared
	}
	return check.Before
}

// noPurge says whether the package manager knows none.
func (b builder) noPurge() bool { return b.family.Recipes[distros.Purge] == "" }

// purge removes all that the package manager would.
func (b builder) purge() Exec {
	if b.noPurge() {
		return b.act(b.manager()+": remove, which is all it does: "+b.family.Format+" knows no purge", distros.Remove)
	}
	return b.act(b.manager()+": purge", distros.Purge)
}

// startServices starts them all before the machine, so that they come up
// while it boots.
func (b builder) startServices() []Step {
	var steps []Step
	for _, s := range b.services {
		steps = append(steps, StartService{s})
	}
	return steps
}

func (b builder) awaitServices() []Step {
	var steps []Step
	for _, s := range b.services {
		steps = append(steps, WaitReady{s})
	}
	return steps
}

// bootGrace is what starting a machine and reaching its agent may take besides
// the boot itself.
const bootGrace = 15 * time.Second

func (b builder) boot() Boot {
	ladder := slices.Clone(b.ladder)
	for i := range ladder {
		c := &ladder[i].Container
		c.CPUs, c.Memory = float64(b.in.Settings.CPUs), int64(b.in.Settings.Memory)
	}
	return Boot{
		Ladder: ladder, Ask: b.request(check.Boot, check.Declared),
		Timeout: time.Duration(b.in.Settings.BootTimeout) + bootGrace,
	}
}

func (b builder) reboot() Reboot {
	return Reboot{Ask: b.request(check.Boot, check.Declared), Halt: b.family.Inits[b.initName()].Halt}
}

// install brings dependencies in before the file tree is remembered, so that
// what is compared after the purge is the packages' own doing.
func (b builder) install(packages []wanted) []Step {
	steps := []Step{
		CopyIn{What: Built, Dir: repoDir},
		b.act("make the built packages known to "+b.manager(), distros.Repository),
		b.act(b.manager()+": install the dependencies", distros.Dependencies),
		b.ask(check.Tree, check.Declared),
	}
	if !b.leftOut("upgrade") {
		steps = append(steps, Snapshot{ready})
	}
	steps = append(steps, b.prepare(packages)...)
	return append(steps, b.act(b.manager()+": install", distros.Install))
}

// act is a step that runs a recipe on the packages under test.
func (b builder) act(title string, r distros.Recipe) Exec {
	e := b.recipe(title, r)
	e.Tested = true
	e.Env = b.commonEnv()
	e.Env["DP_REPO"], e.Env["DP_OLD"] = repoDir, olderDir
	return e
}

func (b builder) ask(q check.Question, expect check.Expect) Ask {
	return Ask{Request: b.request(q, expect)}
}

func (b builder) request(q check.Question, expect check.Expect) check.Request {
	s := b.in.Settings
	return check.Request{
		Question: q, Format: b.family.Format, Expect: expect,
		Presets: b.family.Presets, Administered: b.family.Administered,
		NoPurge: b.noPurge() || b.family.KeepsData,
		Init:    b.initName(),
		Settle:  time.Duration(s.SettleTimeout), Boot: time.Duration(s.BootTimeout),
		Noise: slices.Concat(s.Test.Noise, b.written()),
	}
}

// skipTest says whether the user wants no tests on this distro, and why that
// leaves a row without them.
func (b builder) skipTest(packages []wanted, asked only) (bool, string) {
	what := b.distro.Name + " is built and not tested"
	if b.builtFor != nil {
		what = fmt.Sprintf("what is built for %s is not tested on %s", b.builtFor.Name, b.distro.Name)
	}
	if why := asked.noTest(b.phases); why != "" {
		return true, what + ": " + why
	}
	for _, pattern := range b.in.Settings.Test.Skip {
		if matches(pattern, b.distro) {
			return true, fmt.Sprintf("%s: test.skip has %q", what, pattern)
		}
	}
	if why := cmp.Or(b.unfit(packages), b.unbootable()); why != "" {
		return true, what + ": " + why
	}
	return false, ""
}
