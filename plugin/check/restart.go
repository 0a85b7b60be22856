package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// restart restarts each service that runs, one after the other, and watches
// them side by side.
func (a *agent) restart(ctx context.Context) error {
	if err := a.dial(ctx); err != nil {
		return err
	}
	if a.skipServices(ctx, "restarts") {
		return nil
	}
	services := slices.DeleteFunc(a.shipped(ctx), func(s shippedUnit) bool {
		return s.Template || (unit{Name: s.Name}).kind() != "service"
	})
	checks := make([]result.Check, len(services))
	var watching errgroup.Group
	for i, s := range services {
		before, err := a.units.unit(ctx, s.Name)
		if err != nil {
			return err
		}
		if why := notRestartable(before); why != "" {
			checks[i] = skipped(s.Name, "restarts", why)
			continue
		}
		start := time.Now()
		how, err := a.restartJob(ctx, s.Name)
		if err != nil {
			return err
		}
		watching.Go(func() (err error) {
			checks[i], err = a.restarted(ctx, before, how)
			checks[i].Duration = result.Span(time.Since(start))
			return err
		})
	}
	if err := watching.Wait(); err != nil {
		return err
	}
	for _, c := range checks {
		a.check(c)
	}
	return nil
}

// restarted watches a service that was restarted, and judges it.
func (a *agent) restarted(ctx context.Context, before unit, how string) (result.Check, error) {
	after, err := a.stay(ctx, before.Name)
	if err != nil {
		return result.Check{}, err
	}
	c := judgeRestart(before, how, after, a.Stay)
	if c.Outcome == result.Failed {
		c.Lines = a.units.logs(ctx, before.Name)
	}
	return c, nil
}

func notRestartable(u unit) string {
	switch {
	case u.ActiveState != "active":
		return "it does not run: " + u.ActiveState
	case u.MainPID == 0:
		return "it has no main process"
	case u.NoManualStop:
		return "the unit refuses to be stopped by hand (RefuseManualStop=)"
	}
	return ""
}

// restartJob gives up after Settle: how a restart hangs is the package's.
func (a *agent) restartJob(ctx context.Context, name string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, a.Settle)
	defer cancel()
	how, err := a.units.restart(limited, name)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return "not over after " + roughly(a.Settle), nil
	}
	return how, err
}

// stay waits for the unit to settle and watches it for Stay.
func (a *agent) stay(ctx context.Context, name string) (watch, error) {
	w, err := a.settle(ctx, name)
	if err != nil {
		return w, err
	}
	pid := w.MainPID
	for last := time.Now(); w.Since < a.Stay && w.works() && w.MainPID == pid; last = time.Now() {
		if err := pause(ctx, pollEvery); err != nil {
			return w, err
		}
		u, err := a.units.unit(ctx, name)
		if err != nil {
			return w, err
		}
		w = w.see(u, time.Since(last))
	}
	return w, nil
}

// judgeRestart wants another main pid that stayed.
func judgeRestart(before unit, how string, after watch, stay time.Duration) result.Check {
	expected := fmt.Sprintf("a new main pid (was %d) that stays up for %s", before.MainPID, stay)
	c := failed("service", before.Name, "restarts", expected, after.found(), "")
	switch {
	case !after.works() || after.MainPID == 0:
		c.Reason = "it ran and does not after a restart"
		if how != "done" {
			c.Reason = "the restart " + how + ": " + c.Reason
		}
	case after.MainPID == before.MainPID:
		c.Reason = "the restart did not replace the process"
	case after.Since < stay:
		c.Reason = "the new process did not stay"
	default:
		c.Outcome = result.Passed
	}
	return c
}
