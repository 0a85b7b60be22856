package run_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// tellsBoot is an agent that tells when a machine has booted.
func tellsBoot(booted *meeting) enginetest.Rule {
	return agent(func(r check.Request) []check.Answer {
		if r.Question == check.Boot {
			booted.arrive()
		}
		return usual(r)
	})
}

func TestAMachineBootsWhileItsPackagesAreBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		booted := newMeeting()
		w.rule(tellsBoot(booted))
		w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
			if _, err := booted.wait(ctx); err != nil {
				return engine.Exit{}, err
			}
			return takes(time.Minute)(ctx, c)
		}})
		got := w.run(t.Context())
		j := jobOf(t, got, "debian-12/test")
		if j.Outcome != result.Passed || j.Idle != 60 || j.Duration < j.Idle {
			t.Errorf("the test %s, idle for %v of %v", j.Outcome, j.Idle, j.Duration)
		}
	})
}

// Three machines wait for what is built for debian-11, which waits for
// debian-12 to be tested.
func TestOneMachineIsLeftToWhatIsBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-11", "debian-12")
		w.in.Settings.Test.Distros = map[string]settings.List{"debian-11": {"debian-11", "debian-13", "debian-14"}}
		w.in.Catalogue = slices.Clone(w.in.Distros)
		for _, name := range []string{"debian-13", "debian-14"} {
			w.in.Catalogue = append(w.in.Catalogue, distros.Distro{Name: name, Family: "debian", Image: name + ":latest", Init: "systemd-sysv"})
		}
		tested := newMeeting()
		w.rule(enginetest.Rule{Match: "<purge>", Do: func(context.Context, enginetest.Call) (engine.Exit, error) {
			tested.arrive()
			return engine.Exit{}, nil
		}})
		w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
			if where(c) == "debian-11-build-greeter" {
				return tested.wait(ctx)
			}
			return engine.Exit{}, nil
		}})
		if got := w.run(t.Context()); got.Outcome != result.Passed {
			t.Errorf("the run: %s %s", got.Outcome, got.Reason)
		}
	})
}

func TestWhatBootedForNothingIsNoResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		booted := newMeeting()
		w.rule(tellsBoot(booted))
		w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, _ enginetest.Call) (engine.Exit, error) {
			_, err := booted.wait(ctx)
			return engine.Exit{Code: 2}, err
		}})
		j := jobOf(t, w.run(t.Context()), "debian-12/test")
		if j.Outcome != result.Skipped || j.Reason != "not reached: debian-12/build/greeter failed" || len(j.Phases) != 0 {
			t.Errorf("the test: %s: %s, %d phases", j.Outcome, j.Reason, len(j.Phases))
		}
		if left := w.fake.Left(); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
}
