package run_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// sharing is a world of two distros that share a store, and have a cache each.
func sharing(t *testing.T) *world {
	t.Helper()
	w := served(t, map[string]settings.Service{
		"store": {Image: "store:2", Command: settings.Words{"serve"}, Shared: true, Ready: settings.Ready{Log: "starts"}},
		"cache": {Image: "cache:1", Ready: settings.Ready{Command: settings.Script{"ask"}}},
	}, "debian-12", "debian-13")
	return w
}

const sharedGroup = "drone-packages-k7q2-services-store-shared"

func TestASharedServiceIsStartedOnceAndRemovedAtTheEnd(t *testing.T) {
	w := sharing(t)
	got := w.run(t.Context())
	if got.Outcome != result.Passed {
		t.Errorf("outcome %s", got.Outcome)
	}
	var calls []string
	for _, line := range w.asked(sharedGroup) {
		word, _, _ := strings.Cut(line, " ")
		if slices.Contains([]string{"setup", "start", "destroy"}, word) {
			calls = append(calls, word)
		}
	}
	if d := cmp.Diff([]string{"setup", "start", "destroy"}, calls); d != "" {
		t.Error(d)
	}
	journal := w.fake.Journal()
	if last := journal[len(journal)-1]; last != "destroy "+sharedGroup {
		t.Errorf("after it was removed: %s", last)
	}
	for _, distro := range []string{"debian-12", "debian-13"} {
		if len(w.asked("start drone-packages-k7q2-"+distro+"-test/cache")) != 1 {
			t.Errorf("%s has no cache of its own", distro)
		}
		if log := w.file(distro + "/service-store.log"); log != logNote {
			t.Errorf("%s: log %q", distro, log)
		}
	}
}

func TestMachinesReachSharedServicesAndTheirOwn(t *testing.T) {
	w := sharing(t)
	w.in.Settings.Services.Named["other"] = settings.Service{Image: "other:1", Aliases: settings.List{"alias"}, Ready: settings.Ready{Command: settings.Script{"ask"}}}
	reached := map[string]bool{}
	w.rule(enginetest.Rule{Match: "<install>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		for _, name := range []string{"store", "cache", "other", "alias", "nobody"} {
			if c.Resolves(name) {
				reached[where(c)+" "+name] = true
			}
		}
		return engine.Exit{}, nil
	}})
	w.in.Distros = w.in.Distros[:1]
	w.run(t.Context())
	want := map[string]bool{"debian-12-test store": true, "debian-12-test cache": true, "debian-12-test other": true, "debian-12-test alias": true}
	if d := cmp.Diff(want, reached); d != "" {
		t.Error(d)
	}
}

func TestASharedServiceIsRemovedAfterACancelledRun(t *testing.T) {
	w := sharing(t)
	w.rule(enginetest.Rule{Match: "<install>", Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.console.when("apt: install\n", cancel)
	if got := w.run(ctx); got.Outcome != result.Cancelled {
		t.Errorf("outcome %s", got.Outcome)
	}
}

func TestASharedServiceThatCannotBeStartedFaultsAllWhoWantIt(t *testing.T) {
	for call, why := range map[string]string{
		"start " + sharedGroup: "start the service store: ",
		"setup " + sharedGroup: "start the service store: ",
	} {
		w := sharing(t)
		w.fake.Fails = []enginetest.Failure{{Call: call, Err: errors.New("no room")}}
		got := w.run(t.Context())
		for _, distro := range []string{"debian-12", "debian-13"} {
			if p := phaseOf(t, got, distro+"/test", "boot"); p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, why) || !strings.HasSuffix(p.Reason, "no room") {
				t.Errorf("%s: %s: %s %s", call, distro, p.Outcome, p.Reason)
			}
		}
		if n := len(w.asked(call)); n != 1 {
			t.Errorf("%s was tried %d times", call, n)
		}
	}
}

func TestASharedServiceThatDiesIsAFaultOfWhoeverUsesIt(t *testing.T) {
	w := sharing(t)
	w.in.Distros = w.in.Distros[:1]
	w.rule(endStore("<install>", 0))
	got := w.run(t.Context())
	if p := phaseOf(t, got, "debian-12/test", "install"); p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, "the service store is gone: ") {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
}

// A machine that is kept would be of no use without what it reached, and its
// network could not be removed.
func TestSharedServicesAreKeptWithTheMachines(t *testing.T) {
	w := sharing(t)
	w.o.Keep = "failed"
	w.rule(enginetest.Rule{Match: "<install>", Times: 1, Code: 1})
	w.runKeeping(t.Context())
	kept, err := w.fake.Kept(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range kept {
		names = append(names, c.Labels[engine.LabelName])
	}
	slices.Sort(names)
	if d := cmp.Diff([]string{"cache", "store", "test"}, names); d != "" {
		t.Error(d)
	}
	w = sharing(t)
	w.o.Keep = "failed"
	w.run(t.Context())
}

// One machine waits for it while another starts it.
func TestASharedServiceIsWaitedForByEachMachine(t *testing.T) {
	w := sharing(t)
	one := w.in.Settings.Services.Named["store"]
	one.Ready = settings.Ready{Log: "ready", Interval: settings.Duration(time.Millisecond)}
	w.in.Settings.Services.Named["store"] = one
	w.manners(func(m *enginetest.Main) { m.Later = []string{"", "", "", "ready\n"} })
	got := w.run(t.Context())
	for _, distro := range []string{"debian-12", "debian-13"} {
		checks := phaseOf(t, got, distro+"/test", "services").Checks
		if !slices.ContainsFunc(checks, func(c result.Check) bool { return c.Subject == "store" && c.Expected == "log ready" }) {
			t.Errorf("%s did not wait: %+v", distro, checks)
		}
	}
}
