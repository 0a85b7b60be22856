package run_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

func TestMachinesAreKeptAsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		keep string
		fail enginetest.Rule
		kept bool
		// gone: other phases came after the one that failed.
		gone bool
	}{
		"never":                    {"never", enginetest.Rule{Match: "<install>", Code: 1}, false, false},
		"failed, and it failed":    {"failed", enginetest.Rule{Match: "<install>", Code: 1}, true, false},
		"failed, and it is ours":   {"failed", enginetest.Rule{Match: "<install>", Err: errors.New("the disk is full")}, true, false},
		"failed, and it passed":    {"failed", enginetest.Rule{Match: "nothing"}, false, false},
		"failed, and the build":    {"failed", enginetest.Rule{Match: "<build>", Code: 1}, false, false},
		"failed, and not the last": {"failed", to(check.Restart, found(result.Check{Kind: "service", Subject: "c", Outcome: result.Failed})), true, true},
		"always, and it passed":    {"always", enginetest.Rule{Match: "nothing"}, true, false},
		"always, and it failed":    {"always", enginetest.Rule{Match: "<install>", Code: 1}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "debian-12")
			w.o.Keep = c.keep
			w.rule(c.fail)
			got := w.runKeeping(t.Context())
			j := jobOf(t, got, "debian-12/test")
			if c.kept != (j.Kept != "") || c.kept != (len(w.fake.Left()) > 0) {
				t.Errorf("kept %q, left %q", j.Kept, w.fake.Left())
			}
			const how = "drone-packages shell debian-12/test"
			if c.kept {
				w.says("kept for 24 h: " + how)
			}
			for _, p := range j.Phases {
				if p.Problem != nil && (c.kept && !c.gone) != (p.Problem.Shell == how) {
					t.Errorf("%s: the way in is %q", p.Name, p.Problem.Shell)
				}
			}
		})
	}
}

func TestAMachineThatNeverStartedIsNotKept(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.o.Keep = "always"
	w.refuses(3)
	if j := jobOf(t, w.run(t.Context()), "debian-12/test"); j.Kept != "" {
		t.Errorf("kept %q", j.Kept)
	}
}

func TestAMachineThatDidNotBootIsKeptByItsLastRung(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.o.Keep = "failed"
	w.rule(to(check.Boot, check.Answer{Fault: "boot: starting"}))
	j := jobOf(t, w.runKeeping(t.Context()), "debian-12/test")
	want := []string{"container drone-packages-k7q2-debian-12-test/test", "network drone-packages-k7q2-debian-12-test"}
	if d := cmp.Diff(want, w.fake.Left()); d != "" || j.Kept == "" {
		t.Errorf("kept %q\n%s", j.Kept, d)
	}
}

func TestInAContainerTheWayBackIsItsOwn(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.o.Self, w.o.Keep = "0123456789ab", "failed"
	w.o.Again = func(distro, only string) string { return "do " + only + " of " + distro }
	w.rule(enginetest.Rule{Match: "<install>", Code: 1})
	p := phaseOf(t, w.runKeeping(t.Context()), "debian-12/test", "install")
	if p.Problem.Again != "do debian-12/*/install of debian-12" {
		t.Errorf("again: %s", p.Problem.Again)
	}
	if p.Problem.Shell != "the same fake run with -it, and shell debian-12/test at its end" {
		t.Errorf("shell: %s", p.Problem.Shell)
	}
}

func TestEverythingOfARunIsLabelled(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.o.Keep, w.o.Self = "always", "0123456789ab"
	w.runKeeping(t.Context())
	kept, err := w.fake.Kept(t.Context(), map[string]string{
		engine.LabelRun: "k7q2", engine.LabelOwner: "0123456789ab", engine.LabelKeep: "always",
		"io.drone-packages.job": "debian-12/test",
	})
	if err != nil || len(kept) != 1 || kept[0].Labels[engine.LabelExpires] == "" {
		t.Errorf("kept: %+v (%v)", kept, err)
	}
}
