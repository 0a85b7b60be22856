package check

import (
	"context"
	"fmt"
	"time"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// boot waits until the init has settled.
func (a *agent) boot(ctx context.Context) error {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, a.Boot)
	defer cancel()
	state, err := a.booting(ctx)
	if err != nil {
		return err
	}
	failed, err := a.units.failed(ctx)
	if err != nil {
		return err
	}
	took := result.Span(time.Since(start))
	for _, u := range failed {
		a.check(result.Check{
			Kind: "service", Subject: u, Attribute: "failed at boot", Outcome: result.Failed, Warning: true,
			Expected: "not failed", Found: "failed", Lines: a.units.logs(ctx, u),
			Reason: "it failed before any package under test was installed",
		})
	}
	a.check(result.Check{Kind: "machine", Subject: a.Init, Attribute: "booted", Outcome: result.Passed, Found: state, Duration: took})
	return a.memory.save(bootMemory, booted{Failed: failed, At: time.Now()})
}

// booting polls: right after the start there is nobody to ask.
func (a *agent) booting(ctx context.Context) (string, error) {
	last := "nobody answers"
	for {
		state, err := a.systemState(ctx)
		if err == nil && (state == "running" || state == "degraded") {
			return state, nil
		}
		if err == nil {
			last = state
		}
		if pause(ctx, pollEvery) != nil {
			return "", fmt.Errorf("the machine did not boot within %s: %s", a.Boot, last)
		}
	}
}

func (a *agent) systemState(ctx context.Context) (string, error) {
	if err := a.dial(ctx); err != nil {
		return "", err
	}
	return a.units.state(ctx)
}
