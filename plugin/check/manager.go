package check

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// The inits that a machine can have.
const (
	initSystemd  = "systemd"
	initSysV     = "sysvinit"
	initOpenRC   = "openrc"
	initNone     = "none"
	withoutInit  = "init: none, so that nothing starts services on this machine"
	applyVerb    = "apply"
	enabledState = "enabled"
)

// manager is the machine's init.
type manager interface {
	// state is "running", "degraded", "starting" …
	state(ctx context.Context) (string, error)
	// failed are the names of the units in state failed.
	failed(ctx context.Context) ([]string, error)
	// unit is the state of a unit; one that is not there is "not-found".
	unit(ctx context.Context, name string) (unit, error)
	// restart returns how the job ended: "done", "failed", "timeout" …
	restart(ctx context.Context, name string) (string, error)
	// act does what an administrator would: enable, disable, start, stop, or
	// apply, which restarts whatever state the unit is in.
	act(ctx context.Context, verb, name string) error
	// logs are the last that is known of what a unit has said.
	logs(ctx context.Context, name string) []string
	// errors are what the machine has logged as one since a time.
	errors(ctx context.Context, since time.Time) []string
}

// dial makes sure that the init can be asked.
func (a *agent) dial(ctx context.Context) error {
	if a.units != nil {
		return nil
	}
	switch a.Init {
	case initSystemd:
		s, err := dialSystemd(ctx, a.machine)
		if err != nil {
			return err
		}
		a.units = s
	case initSysV, initOpenRC:
		a.units = &scripts{machine: a.machine, kind: scriptInits[a.Init], programs: a.programs(ctx)}
	case initNone:
		a.units = nothing{}
	default:
		return fmt.Errorf("the init %q is not known to this agent", a.Init)
	}
	return nil
}

// programs are those that the packages ship, or shipped when they were
// installed.
func (a *agent) programs(ctx context.Context) []string {
	var had shipped
	if _, err := a.memory.load(installedMemory, &had); err != nil {
		a.note("%v", err)
	}
	all := had.Executables
	for _, p := range a.Packages {
		all = append(all, a.machine.executables(a.machine.files(ctx, p.Name))...)
	}
	return distinct(all)
}

// told are the programs by which a process is known to be the packages', where
// it has no cgroup to tell.
func (a *agent) told(ctx context.Context) []string {
	if a.Init == initSystemd {
		return nil
	}
	return a.programs(ctx)
}

// shipped are the packages' units, or their init scripts where that is what
// the machine's init starts.
func (a *agent) shipped(ctx context.Context) []shippedUnit {
	switch a.Init {
	case initSysV, initOpenRC:
		return a.machine.shippedScripts(ctx, a.Packages)
	}
	return a.machine.shippedUnits(ctx, a.Packages)
}

// skipServices answers for each unit that there is no init to ask, and says
// whether that is so.
func (a *agent) skipServices(ctx context.Context, attribute string) bool {
	if a.Init != initNone {
		return false
	}
	units := a.machine.shippedUnits(ctx, a.Packages)
	for _, s := range a.machine.shippedScripts(ctx, a.Packages) {
		if !slices.ContainsFunc(units, func(u shippedUnit) bool { return u.Name == s.Name+".service" }) {
			units = append(units, s)
		}
	}
	for _, s := range units {
		a.check(skipped(s.Name, attribute, withoutInit))
	}
	a.note("%s", withoutInit)
	return true
}

// nothing is the init of a machine that has none.
type nothing struct{}

func (nothing) state(context.Context) (string, error)    { return "running", nil }
func (nothing) failed(context.Context) ([]string, error) { return nil, nil }
func (nothing) unit(_ context.Context, name string) (unit, error) {
	return unit{Name: name, LoadState: "not-found", ActiveState: "inactive", SubState: "dead"}, nil
}
func (nothing) restart(context.Context, string) (string, error) { return "skipped", nil }
func (nothing) act(context.Context, string, string) error       { return nil }
func (nothing) logs(context.Context, string) []string           { return nil }
func (nothing) errors(context.Context, time.Time) []string      { return nil }
