package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// removalGrace is how long what was stopped may take to be gone.
const removalGrace = 3 * time.Second

// removed checks that nothing the packages shipped is still at work.
func (a *agent) removed(ctx context.Context) error {
	if err := a.dial(ctx); err != nil {
		return err
	}
	var had shipped
	var ran served
	asked, err := a.memory.load(installedMemory, &had)
	if err != nil {
		return err
	}
	if _, err := a.memory.load(servicesMemory, &ran); err != nil {
		return err
	}
	if !asked {
		a.note("what the packages shipped was never asked: only their units and ports are looked for")
	}
	for deadline := time.Now().Add(min(removalGrace, a.Settle)); ; {
		found, err := a.atWork(ctx, had, ran)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			a.check(result.Check{Kind: "process", Subject: "all", Attribute: "gone", Outcome: result.Passed, Expected: "no process, unit or port of the packages"})
			return nil
		}
		if time.Now().After(deadline) {
			a.tellAll(ctx, found)
			return nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}

func (a *agent) tellAll(ctx context.Context, found []result.Check) {
	for _, c := range found {
		if slices.Contains(unitSuffixes, "."+c.Kind) {
			c.Lines = a.units.logs(ctx, c.Subject)
		}
		a.check(c)
	}
}

// atWork are the findings right now.
func (a *agent) atWork(ctx context.Context, had shipped, ran served) ([]result.Check, error) {
	var found []result.Check
	say := a.machine.dialect()
	for name := range ran.Units {
		u, err := a.units.unit(ctx, name)
		if err != nil {
			return nil, err
		}
		if u.ActiveState != "inactive" && u.ActiveState != "failed" && u.ActiveState != "" {
			found = append(found, failed(u.kind(), name, "stopped", "inactive after removal",
				watch{unit: u}.found(), u.mend(say.StopUnit, strings.ReplaceAll(say.StopScript, "%s", name))))
		}
	}
	found = append(found, strayProcesses(a.machine.processes(), had, ran, say)...)
	ports, err := a.machine.listening()
	if err != nil {
		return nil, err
	}
	return append(found, strayPorts(ports, had, ran)...), nil
}

// strayProcesses are those of programs that were shipped, or of units.
func strayProcesses(all []process, had shipped, ran served, say dialect) []result.Check {
	var found []result.Check
	for _, p := range all {
		_, unit := ran.Units[p.Unit]
		program := p.Exe
		if slices.Contains(had.Executables, p.Script) {
			program = p.Script
		}
		if !unit && !slices.Contains(had.Executables, program) {
			continue
		}
		found = append(found, failed("process", program, "gone", "no process of the package after removal",
			fmt.Sprintf("pid %d still runs", p.PID), say.StopsNot))
	}
	return found
}

// strayPorts are remembered ports that are still listened on, but by another's
// process.
func strayPorts(all []port, had shipped, ran served) []result.Check {
	var found []result.Check
	for _, p := range all {
		if !slices.ContainsFunc(ran.Ports, func(r port) bool { return r.Name == p.Name }) {
			continue
		}
		_, unit := ran.Units[p.Unit]
		others := p.PID > 1 && !unit && !slices.Contains(had.Executables, p.Exe)
		if others {
			continue
		}
		found = append(found, failed("port", p.Name, "closed", "nobody listens after removal",
			fmt.Sprintf("pid %d (%s) still listens", p.PID, p.Exe), ""))
	}
	return found
}
