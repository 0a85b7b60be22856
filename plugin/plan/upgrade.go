package plan

import (
	"path"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
)

// Snapshots of a test machine: before the packages are installed, and with
// the older version installed, configured and used.
const (
	ready = "ready to install"
	older = "the older version runs"
)

// olderDir is where the older packages are, in test machines.
const olderDir = root + "/older"

// upgrade installs an older version, sees that it is there and runs, and
// upgrades it: first as it is, then from a snapshot for each state that an
// administrator may have left its units in.
func (b builder) upgrade(packages []wanted) []Step {
	steps := []Step{Rewind{ready, b.request(check.Boot, check.Declared)}}
	steps = append(steps, b.older(packages)...)
	steps = append(steps, b.prepare(packages)...)
	steps = append(steps, b.actOlder(b.manager()+": install the older version", distros.Upgrade))
	steps = append(steps, b.configure(packages)...)
	steps = append(steps,
		Ask{Request: b.request(check.Present, check.Declared), Older: true},
		b.ask(check.Services, check.Declared))
	steps = append(steps, b.startUp()...)
	steps = append(steps, b.askChecksOf(packages, check.AfterInstall, true)...)
	steps = append(steps, b.ask(check.Edit, check.Declared), Snapshot{older})
	steps = append(steps, b.upgradeNow()...)
	steps = append(steps, b.askChecks(packages, check.AfterUpgrade)...)
	if b.init == noInit {
		return steps // nothing is enabled, and nothing runs
	}
	for _, state := range []check.Request{{Active: true}, {Enabled: true}, {}} {
		steps = append(steps, Rewind{older, b.request(check.Boot, check.Declared)}, b.askState(state))
		steps = append(steps, b.upgradeNow()...)
	}
	return steps
}

// upgradeNow upgrades what is installed and judges it.
func (b builder) upgradeNow() []Step {
	return []Step{
		b.actExact(b.manager()+": upgrade", distros.Upgrade),
		b.ask(check.Present, check.Declared),
		b.judge("upgrade", check.Upgraded),
	}
}

// makeOlder makes the older packages, each in a repository of its own.
func (b builder) makeOlder(packages []wanted) []Step {
	steps := []Step{b.act("make an older version of each package", distros.Older)}
	for _, w := range packages {
		index := announcing(b.indexOf("make a repository of the older version", path.Join(olderDir, w.name)))
		index.Older = true
		steps = append(steps, index)
	}
	return append(steps, b.act("make the older version known to "+b.manager(), distros.Repository))
}

// indexOf makes, in a test machine, a repository of a directory.
func (b builder) indexOf(title, dir string) Exec {
	e := b.recipe(title, distros.Index)
	e.Env = b.commonEnv()
	e.Env["DP_OUT"] = dir
	return e
}

// downgrade goes back to the older version, as after a release that had to be
// withdrawn.
func (b builder) downgrade() []Step {
	return []Step{
		b.actOlder(b.manager()+": downgrade", distros.Downgrade),
		Ask{Request: b.request(check.Present, check.Declared), Older: true},
		b.judge("downgrade", check.Upgraded),
	}
}

// actOlder acts on the packages in their older version.
func (b builder) actOlder(title string, r distros.Recipe) Exec {
	e := b.actExact(title, r)
	e.Older = true
	return e
}

// actExact acts on the packages in just the version that is meant.
func (b builder) actExact(title string, r distros.Recipe) Exec {
	e := b.act(title, r)
	e.Exact = true
	return e
}

// askState has units brought into a state, and that remembered.
func (b builder) askState(state check.Request) Ask {
	r := b.request(check.State, check.Declared)
	r.Enabled, r.Active = state.Enabled, state.Active
	return Ask{Request: r}
}
