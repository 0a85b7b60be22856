package run_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

const (
	noRights = "no added rights" // first rung of the fake host
	sysAdmin = "SYS_ADMIN in its own cgroup namespace"
)

// refuses makes the host refuse the first rungs of its ladder, n of them.
func (w *world) refuses(n int) {
	starts := 0
	w.before("start drone-packages-k7q2-debian-12-test", func(context.Context) error {
		if starts++; starts <= n {
			return fmt.Errorf("%w: rung %d", engine.ErrRefused, starts)
		}
		return nil
	})
}

func TestTheFirstRungThatBootsIsTaken(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(to(check.Boot, found(result.Check{Kind: "machine", Subject: "systemd", Attribute: "booted", Outcome: result.Passed, Found: "running"})))
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "boot")
	note := "booted with " + noRights + " (cgroup v2 that the container owns)"
	if d := cmp.Diff([]string{note}, p.Notes); d != "" {
		t.Error(d)
	}
	if len(p.Checks) != 1 || p.Checks[0].Found != "running" {
		t.Errorf("checks: %+v", p.Checks)
	}
	w.says(note)
}

func TestARefusedRungIsFollowedByTheNext(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.refuses(1)
	got := w.run(t.Context())
	p := phaseOf(t, got, "debian-12/test", "boot")
	note := "booted with " + sysAdmin + " (cgroup v2 host, fake 1.0)"
	if d := cmp.Diff([]string{note}, p.Notes); d != "" {
		t.Error(d)
	}
	w.says("does not boot with "+noRights+": the container engine refuses: rung 1", note)
	if got.Outcome != result.Passed {
		t.Errorf("the run: %s", got.Outcome)
	}
}

// What the agent said of a machine that did not boot is no answer of the one
// that did.
func TestARungThatHungLeavesNoTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.rule(enginetest.Rule{Match: check.AgentPath, Times: 1, Hang: true,
			Stdout: `{"check":{"kind":"machine","subject":"systemd","outcome":"failed","duration":0}}` + "\n"})
		got := w.run(t.Context())
		p := phaseOf(t, got, "debian-12/test", "boot")
		if p.Outcome != result.Passed || len(p.Checks) != 0 || len(p.Notes) != 1 {
			t.Errorf("boot: %+v", p)
		}
		if p.Duration < 75 || p.Duration > 80 {
			t.Errorf("the next rung was tried after %vs, wanted the boot's deadline", p.Duration)
		}
		w.says("does not boot with " + noRights + ": booting took longer than 1m15s (timeout)")
	})
}

func TestAMachineThatBootsByNoRungIsAFaultWithAllReasons(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.refuses(1)
	w.rule(to(check.Boot, check.Answer{Fault: "boot: the machine did not boot within 1m0s: starting"}))
	w.fake.Mains = []enginetest.Main{{Match: "/sbin/init", Logs: "systemd[1]: Failed to mount cgroup\nExiting PID 1...\n"}}
	got := w.run(t.Context())
	p := phaseOf(t, got, "debian-12/test", "boot")
	if p.Outcome != result.Fault || p.Problem == nil {
		t.Fatalf("boot: %+v", p)
	}
	want := result.Problem{
		Title: "the machine does not boot",
		Facts: []result.Fact{
			{Label: "tried", Text: noRights + ": the container engine refuses: rung 1"},
			{Label: "tried", Text: sysAdmin + ": boot: the machine did not boot within 1m0s: starting"},
			{Label: "tried", Text: "privileged: boot: the machine did not boot within 1m0s: starting"},
		},
		Lines: []string{"systemd[1]: Failed to mount cgroup", "Exiting PID 1..."},
		Log:   p.Problem.Log, Again: "only: debian-12/*/boot",
	}
	if d := cmp.Diff(want, *p.Problem); d != "" {
		t.Error(d)
	}
	if install := phaseOf(t, got, "debian-12/test", "install"); install.Reason != "not reached: boot fault" {
		t.Errorf("install: %+v", install)
	}
	if log := w.file("debian-12/test.log"); !strings.Contains(log, "### what the machine printed\nsystemd[1]: Failed to mount cgroup\n") {
		t.Errorf("log:\n%s", log)
	}
}

// A failed check of the boot is no failure of the package: it is not there yet.
func TestABootThatFailsIsNeverThePackagesFailure(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(to(check.Boot, found(result.Check{Kind: "machine", Subject: "systemd", Attribute: "booted", Outcome: result.Failed, Found: "maintenance"})))
	got := w.run(t.Context())
	if p := phaseOf(t, got, "debian-12/test", "boot"); p.Outcome != result.Fault || got.Outcome != result.Fault {
		t.Errorf("boot: %+v", p)
	}
}

func TestAMachineThatEndsAtOnceSaysWhatItPrinted(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.fake.Mains = []enginetest.Main{{Match: "/sbin/init", Logs: "no cgroup\n", Ends: true}}
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "boot")
	if p.Outcome != result.Fault || !cmp.Equal(p.Problem.Lines, []string{"no cgroup"}) {
		t.Errorf("boot: %+v", p.Problem)
	}
	if text := p.Problem.Facts[0].Text; !strings.Contains(text, "the container is gone") {
		t.Errorf("reason: %s", text)
	}
}

func TestAWholePhaseOfBootsTimesOutAsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.in.Settings.Timeout /= 60 // less than a rung takes
		w.rule(enginetest.Rule{Match: check.AgentPath, Hang: true})
		p := phaseOf(t, w.run(t.Context()), "debian-12/test", "boot")
		if p.Outcome != result.Fault || p.Reason != "boot took longer than 30s (timeout)" {
			t.Errorf("boot: %s: %s", p.Outcome, p.Reason)
		}
	})
}

func TestAMachineThatCannotBeClearedAwayIsAFault(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(to(check.Boot, check.Answer{Fault: "boot: starting"}))
	w.fake.Fails = []enginetest.Failure{{Call: "removecontainer", Err: errors.New("busy")}}
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "boot")
	if p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, "clear the way for the next try: ") || !strings.HasSuffix(p.Reason, "busy") {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
}
