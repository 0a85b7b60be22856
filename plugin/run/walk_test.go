package run_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

func TestRunTakesAPackageThroughItsLife(t *testing.T) {
	w := newWorld(t, "debian-12")
	got := w.run(t.Context())
	want := map[string]result.Outcome{
		"debian-12/image": result.Passed, "debian-12/environment/greeter": result.Passed,
		"debian-12/build/greeter": result.Passed, "debian-12/machine": result.Passed, "debian-12/test": result.Passed,
	}
	if d := cmp.Diff(want, outcomes(got)); d != "" {
		t.Error(d)
	}
	if got.Outcome != result.Passed || got.Reason != "" || got.ID != "k7q2" || got.Output != "dist" {
		t.Errorf("the run: %+v", got)
	}
	var phases []string
	for _, p := range jobOf(t, got, "debian-12/test").Phases {
		phases = append(phases, p.Name+" "+string(p.Outcome))
	}
	wantPhases := []string{
		"boot passed", "install passed", "service passed", "check passed", "restart passed",
		"reinstall passed", "remove passed", "return passed", "purge passed",
	}
	if d := cmp.Diff(wantPhases, phases); d != "" {
		t.Error(d)
	}
}

// meets is a command that waits until another one was asked for; it ends with
// the context where that never happens.
type meeting struct {
	once sync.Once
	met  chan struct{}
}

func newMeeting() *meeting { return &meeting{met: make(chan struct{})} }

func (m *meeting) arrive() { m.once.Do(func() { close(m.met) }) }

func (m *meeting) wait(ctx context.Context) (engine.Exit, error) {
	select {
	case <-m.met:
		return engine.Exit{}, nil
	case <-ctx.Done():
		return engine.Exit{}, ctx.Err()
	}
}

func TestThereIsNoBarrierBetweenPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12", "debian-13")
		purged := newMeeting()
		w.rule(enginetest.Rule{Match: "<purge>", Do: func(context.Context, enginetest.Call) (engine.Exit, error) {
			purged.arrive()
			return engine.Exit{}, nil
		}})
		w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
			if where(c) == "debian-13-build-greeter" {
				return purged.wait(ctx)
			}
			return engine.Exit{}, nil
		}})
		if got := w.run(t.Context()); got.Outcome != result.Passed {
			t.Error("debian-12 is not tested before debian-13 is built")
		}
	})
}

func TestAFailureSkipsItsDependentsAndNothingElse(t *testing.T) {
	w := newWorld(t, "debian-12", "debian-13")
	w.rule(enginetest.Rule{Match: "<build>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		if strings.HasPrefix(where(c), "debian-12") {
			return engine.Exit{Code: 2}, nil
		}
		return engine.Exit{}, nil
	}})
	got := w.run(t.Context())
	want := map[string]result.Outcome{
		"debian-12/image": result.Passed, "debian-12/environment/greeter": result.Passed,
		"debian-12/build/greeter": result.Failed, "debian-12/machine": result.Passed, "debian-12/test": result.Skipped,
		"debian-13/image": result.Passed, "debian-13/environment/greeter": result.Passed,
		"debian-13/build/greeter": result.Passed, "debian-13/machine": result.Passed, "debian-13/test": result.Passed,
	}
	if d := cmp.Diff(want, outcomes(got)); d != "" {
		t.Error(d)
	}
	if reason := jobOf(t, got, "debian-12/test").Reason; reason != "not reached: debian-12/build/greeter failed" {
		t.Errorf("reason %q", reason)
	}
	if got.Outcome != result.Failed {
		t.Errorf("the run: %s", got.Outcome)
	}
}

func TestWhatWasNotReachedNamesTheFirstCause(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.fake.Registry = map[string]engine.Image{}
	got := w.run(t.Context())
	for _, name := range []string{"debian-12/environment/greeter", "debian-12/build/greeter", "debian-12/test"} {
		if j := jobOf(t, got, name); j.Outcome != result.Skipped || j.Reason != "not reached: debian-12/image fault" {
			t.Errorf("%s: %s: %s", name, j.Outcome, j.Reason)
		}
	}
	if got.Outcome != result.Fault {
		t.Errorf("the run: %s", got.Outcome)
	}
}

func TestNeedsOrderBuilds(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.packages(map[string]settings.Package{"app": {Needs: settings.List{"lib"}}, "lib": {}})
	if got := w.run(t.Context()); got.Outcome != result.Passed {
		t.Errorf("the run: %s", got.Outcome)
	}
	var order []string
	for _, line := range w.asked("<build>") {
		order = append(order, strings.Fields(line)[1])
	}
	want := []string{"drone-packages-k7q2-debian-12-build-lib/build:", "drone-packages-k7q2-debian-12-build-app/build:"}
	if d := cmp.Diff(want, order); d != "" {
		t.Error(d)
	}
}

// crowd counts how many commands of containers of a kind run at a time.
type crowd struct {
	mu        sync.Mutex
	now, most map[string]int
}

func (c *crowd) pass(ctx context.Context, call enginetest.Call) (engine.Exit, error) {
	kind := "build"
	if call.Spec.Name == "test" {
		kind = "test"
	}
	c.mu.Lock()
	c.now[kind]++
	c.most[kind] = max(c.most[kind], c.now[kind])
	c.mu.Unlock()
	exit, err := takes(time.Minute)(ctx, call)
	c.mu.Lock()
	c.now[kind]--
	c.mu.Unlock()
	return exit, err
}

func TestSlotsBoundWhatRunsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-11", "debian-12", "debian-13", "debian-sid", "ubuntu-22.04", "ubuntu-24.04")
		c := &crowd{now: map[string]int{}, most: map[string]int{}}
		for _, match := range []string{"<toolchain>", "<build>", "<machine>", "<install>", "<purge>"} {
			w.rule(enginetest.Rule{Match: match, Do: c.pass})
		}
		got := w.run(t.Context())
		if d := cmp.Diff(map[string]int{"build": 2, "test": 3}, c.most); d != "" {
			t.Errorf("two CPUs are two builds and three machines:\n%s", d)
		}
		if !slices.ContainsFunc(got.Jobs, func(j result.Job) bool { return j.Waited >= 60 }) {
			t.Error("no job says that it waited for a slot")
		}
	})
}

func TestFailFastCancelsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12", "debian-13")
		w.o.FailFast = true
		started := newMeeting()
		w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
			if strings.HasPrefix(where(c), "debian-12") {
				_, err := started.wait(ctx)
				return engine.Exit{Code: 2}, err
			}
			started.arrive()
			return c.Hang(ctx)
		}})
		got := w.run(t.Context())
		const why = "fail_fast: another job failed: debian-12/build/greeter"
		if j := jobOf(t, got, "debian-13/build/greeter"); j.Outcome != result.Cancelled || j.Reason != why {
			t.Errorf("%s: %s", j.Outcome, j.Reason)
		}
		if j := jobOf(t, got, "debian-13/test"); j.Outcome != result.Cancelled {
			t.Errorf("%s: %s", j.Outcome, j.Reason)
		}
		if got.Outcome != result.Failed || got.Reason != why {
			t.Errorf("the run: %s: %s, wanted failed: the user cancelled nothing", got.Outcome, got.Reason)
		}
	})
}

func TestTheLossOfTheHostEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12", "debian-13")
		lost := newMeeting()
		w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
			if strings.HasPrefix(where(c), "debian-12") {
				lost.arrive()
				return engine.Exit{}, context.DeadlineExceeded
			}
			return c.Hang(ctx)
		}})
		w.before("host", func(context.Context) error { return engine.ErrUnreachable })
		got := w.run(t.Context())
		if got.Outcome != result.Fault || got.Reason != "the host is lost: the container engine does not answer" {
			t.Errorf("the run: %s: %s", got.Outcome, got.Reason)
		}
		if j := jobOf(t, got, "debian-13/build/greeter"); j.Outcome != result.Cancelled || j.Reason != got.Reason {
			t.Errorf("debian-13: %s: %s", j.Outcome, j.Reason)
		}
	})
}

func TestAFaultOfOneDistroIsNoLossOfTheHost(t *testing.T) {
	w := newWorld(t, "debian-12", "debian-13")
	w.fake.Registry = map[string]engine.Image{"debian-13:latest": {ID: "trixie", Refs: []string{"debian-13:latest"}, Platform: "linux/amd64"}}
	got := w.run(t.Context())
	if got.Outcome != result.Fault {
		t.Errorf("the run: %s", got.Outcome)
	}
	if j := jobOf(t, got, "debian-13/test"); j.Outcome != result.Passed {
		t.Errorf("debian-13: %s: %s", j.Outcome, j.Reason)
	}
}

// Every moment at which the user may interrupt: commands by what they match,
// other calls of the engine by how their line begins.
func TestCancellationEndsEverythingAtAnyMoment(t *testing.T) {
	commands := []string{
		"<mirror>", "<toolchain>", "<build_deps>", "<build>", "<index>", "<machine>", "agent",
		"<repository>", "<dependencies>", "<install>", "<reinstall>", "<remove>", "<purge>",
	}
	calls := []string{
		"pull", "setup", "start", "commit drone-packages/environment", "commit drone-packages/machine",
		"copyin /build/source", "copyin /drone-packages", "copyin /drone-packages/repo", "copyout",
	}
	for _, at := range slices.Concat(commands, calls) {
		t.Run(at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				w := newWorld(t, "debian-12", "debian-13")
				w.o.Keep = "always"
				w.rule(enginetest.Rule{Match: at, Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
					cancel()
					return c.Hang(ctx)
				}})
				w.before(at, func(ctx context.Context) error {
					cancel()
					return hangs(ctx)
				})
				got := w.run(ctx)
				if got.Outcome != result.Cancelled || result.ExitCode(got.Outcome) != result.ExitCancelled {
					t.Errorf("the run: %s", got.Outcome)
				}
				if got.Reason != "cancelled" {
					t.Errorf("reason %q", got.Reason)
				}
				for _, j := range got.Jobs {
					if j.Outcome == result.Failed || j.Outcome == result.Fault || j.Kept != "" {
						t.Errorf("%s: %s: %s", j.Name, j.Outcome, j.Reason)
					}
				}
			})
		})
	}
}

// signalled is what a context says that a signal ended.
type signalled struct{}

func (signalled) Error() string        { return "interrupt signal received" }
func (signalled) Is(target error) bool { return target == context.Canceled }

func TestACancelledRunIsNeverGreenAndSaysWhy(t *testing.T) {
	for name, when := range map[string]string{"before it began": "", "in its last moment": "destroy drone-packages-k7q2-debian-12-test"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w := newWorld(t, "debian-12")
			if when == "" {
				cancel(signalled{})
			}
			w.before(when, func(context.Context) error {
				cancel(signalled{})
				return nil
			})
			got := w.run(ctx)
			if result.ExitCode(got.Outcome) != result.ExitCancelled || got.Reason != "interrupt signal received" {
				t.Errorf("%s: %s", got.Outcome, got.Reason)
			}
		})
	}
}

func TestAnEmptyRunIsNeverGreenAndSaysWhy(t *testing.T) {
	w := newWorld(t, "debian-12")
	got := w.runOf(t.Context(), nil)
	if result.ExitCode(got.Outcome) == result.ExitPassed || got.Reason != "nothing to do" {
		t.Errorf("%s: %s", got.Outcome, got.Reason)
	}
}

// A plan that can never be walked must not wait for ever.
func TestAPlanThatWaitsForItselfIsRefused(t *testing.T) {
	for want, needs := range map[string]map[string][]string{
		"the plan cannot be walked: debian-12/test needs nobody, which is not in it": {"debian-12/test": {"nobody"}},
		"the plan cannot be walked: debian-12/image needs itself":                    {"debian-12/image": {"debian-12/test"}},
	} {
		w := newWorld(t, "debian-12")
		p := w.plan()
		for i, j := range p.Jobs {
			p.Jobs[i].Needs = slices.Concat(j.Needs, needs[j.Name])
		}
		err := w.refused(p)
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestAPlanThatBeginsBesideWhatItDoesNotNeedIsRefused(t *testing.T) {
	w := newWorld(t, "debian-12")
	p := w.plan()
	i := slices.IndexFunc(p.Jobs, func(j plan.Job) bool { return j.Name == "debian-12/test" })
	p.Jobs[i].Beside = []string{"nobody"}
	want := "the plan cannot be walked: debian-12/test begins beside nobody, which it does not need"
	if err := w.refused(p); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestTeardownThatFailsIsTold(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.fake.Fails = []enginetest.Failure{{Call: "destroy drone-packages-k7q2-debian-12-build", Err: context.DeadlineExceeded}}
	got := w.runKeeping(t.Context())
	if got.Outcome != result.Passed {
		t.Errorf("the run: %s", got.Outcome)
	}
	w.says("! could not remove everything: destroy drone-packages-k7q2-debian-12-build-greeter: context deadline exceeded")
}

func TestSkippedTestsSayWhy(t *testing.T) {
	w := newWorld(t, "debian-12", "debian-13")
	w.in.Settings.Test.Skip = settings.List{"debian-12"}
	got := w.run(t.Context())
	j := jobOf(t, got, "debian-12/test")
	if j.Outcome != result.Skipped || j.Reason != `debian-12 is built and not tested: test.skip has "debian-12"` {
		t.Errorf("%s: %s", j.Outcome, j.Reason)
	}
	if got.Outcome != result.Passed {
		t.Errorf("the run: %s", got.Outcome)
	}
	if kinds := slices.Sorted(maps.Keys(outcomes(got))); len(kinds) != 9 {
		t.Errorf("jobs: %q", kinds)
	}
}
