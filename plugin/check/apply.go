package check

import (
	"context"
)

// apply restarts every unit that the packages start, whatever state it is in:
// its configuration was written anew. How it is then, Services asks.
func (a *agent) apply(ctx context.Context) error {
	for _, s := range a.machine.shippedUnits(a.Packages) {
		if s.Template || !s.Started {
			continue
		}
		if _, err := a.machine.run(ctx, "systemctl", "reset-failed", s.Name); err != nil {
			a.note("%v", err)
		}
		if _, err := a.machine.run(ctx, "systemctl", "restart", s.Name); err != nil {
			a.note("%v", err)
		}
	}
	return nil
}
