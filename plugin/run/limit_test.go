package run_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// What takes too long to prepare is a fault; what the package itself takes
// too long for is its failure.
func TestPhasesTimeOut(t *testing.T) {
	for name, c := range map[string]struct {
		match, job string
		want       result.Phase
	}{
		"environment": {"<toolchain>", "debian-12/environment/greeter", result.Phase{
			Name: "environment", Outcome: result.Fault, Reason: "environment took longer than 30m (timeout)"}},
		"build": {"<build>", "debian-12/build/greeter", result.Phase{
			Name: "build", Outcome: result.Failed, Reason: "build took longer than 30m (timeout)"}},
		"machine": {"<machine>", "debian-12/machine", result.Phase{
			Name: "machine", Outcome: result.Fault, Reason: "machine took longer than 30m (timeout)"}},
		"install": {"<install>", "debian-12/test", result.Phase{
			Name: "install", Outcome: result.Failed, Reason: "install took longer than 30m (timeout)"}},
		"purge": {"<purge>", "debian-12/test", result.Phase{
			Name: "purge", Outcome: result.Failed, Reason: "purge took longer than 30m (timeout)"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "debian-12")
				w.rule(enginetest.Rule{Match: c.match, Stdout: "waiting for a lock\n", Hang: true})
				got := w.run(t.Context())
				p := phaseOf(t, got, c.job, c.want.Name)
				if p.Outcome != c.want.Outcome || p.Reason != c.want.Reason {
					t.Errorf("%s: %s", p.Outcome, p.Reason)
				}
				if got.Outcome != c.want.Outcome {
					t.Errorf("the run: %s", got.Outcome)
				}
				if p.Problem == nil || p.Problem.Lines[len(p.Problem.Lines)-1] != "waiting for a lock" {
					t.Errorf("the problem shows no log: %+v", p.Problem)
				}
				w.says(c.want.Reason)
			})
		})
	}
}

func TestEachPhaseHasTheWholeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		for _, match := range []string{"<toolchain>", "<build>", "<install>", "<remove>", "<purge>"} {
			w.rule(enginetest.Rule{Match: match, Do: takes(29 * time.Minute)})
		}
		if got := w.run(t.Context()); got.Outcome != result.Passed || got.Duration < 116*60 {
			t.Errorf("%s after %vs", got.Outcome, got.Duration)
		}
	})
}

// takes is a command that takes its time.
func takes(d time.Duration) func(context.Context, enginetest.Call) (engine.Exit, error) {
	return func(ctx context.Context, _ enginetest.Call) (engine.Exit, error) {
		select {
		case <-time.After(d):
			return engine.Exit{}, nil
		case <-ctx.Done():
			return engine.Exit{}, ctx.Err()
		}
	}
}

// What comes before and after the phases is ours or the host's.
func TestWhatIsAroundThePhasesTimesOut(t *testing.T) {
	for name, c := range map[string]struct{ call, job, want string }{
		"pull":   {"pull ", "debian-12/image", "coming by the base image took longer than 30m (timeout)"},
		"setup":  {"setup drone-packages-k7q2-debian-12-build", "debian-12/build/greeter", "starting the container took longer than 30m (timeout)"},
		"start":  {"start drone-packages-k7q2-debian-12-build", "debian-12/build/greeter", "starting the container took longer than 30m (timeout)"},
		"commit": {"commit drone-packages/environment", "debian-12/environment/greeter", "commit the environment image: it took longer than 30m (timeout)"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "debian-12")
				w.before(c.call, hangs)
				got := w.run(t.Context())
				if j := jobOf(t, got, c.job); j.Outcome != result.Fault || j.Reason != c.want {
					t.Errorf("%s: %s, want %s", j.Outcome, j.Reason, c.want)
				}
				w.says(c.want)
			})
		})
	}
}

func TestAfterATimeOutTheRestIsNotReachedIfVital(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.rule(enginetest.Rule{Match: "<reinstall>", Hang: true})
		w.rule(enginetest.Rule{Match: "<remove>", Hang: true})
		got := w.run(t.Context())
		if p := phaseOf(t, got, "debian-12/test", "reinstall"); p.Outcome != result.Failed {
			t.Errorf("reinstall: %s", p.Outcome)
		}
		if p := phaseOf(t, got, "debian-12/test", "purge"); p.Outcome != result.Skipped || p.Reason != "not reached: remove failed" {
			t.Errorf("purge: %s: %s", p.Outcome, p.Reason)
		}
	})
}

func TestNoTimeoutIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.in.Settings.Timeout = settings.Duration(0)
		w.rule(enginetest.Rule{Match: "<build>", Do: takes(1000 * time.Hour)})
		if got := w.run(t.Context()); got.Outcome != result.Passed {
			t.Errorf("%s: %s", got.Outcome, got.Reason)
		}
	})
}
