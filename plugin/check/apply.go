package check

import (
	"context"
)

// apply restarts every unit that the packages start, whatever state it is in:
// its configuration was written anew. How it is then, Services asks.
func (a *agent) apply(ctx context.Context) error {
	if err := a.dial(ctx); err != nil {
		return err
	}
	for _, s := range a.shipped(ctx) {
		if s.Template || !s.Started {
			continue
		}
		if err := a.units.act(ctx, applyVerb, s.Name); err != nil {
			a.note("%v", err)
		}
	}
	return nil
}
