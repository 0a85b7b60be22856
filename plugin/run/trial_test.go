package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/run"
)

var trialGroup = engine.Group{Name: "drone-packages-k7q2-doctor", Labels: map[string]string{engine.LabelRun: "k7q2", engine.LabelExpires: "1"}}

func TestOurOwnProgramIsTried(t *testing.T) {
	f := &enginetest.Fake{
		Mains:   []enginetest.Main{{Match: "agent space", Ends: true, Logs: "1 2\n"}, {Match: "agent bad", Ends: true, ExitCode: 3, Logs: "no room\n"}},
		Refuses: []string{"writable-cgroups=true"},
	}
	own, err := run.NewTrial(t.Context(), f, trialGroup, "linux/amd64", strings.NewReader("program"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := own.Run(t.Context(), plan.Container{}, "agent", "space"); err != nil || out != "1 2\n" {
		t.Errorf("%q, %v", out, err)
	}
	var ended *run.Ended
	if _, err := own.Run(t.Context(), plan.Container{}, "agent", "bad"); !errors.As(err, &ended) || err.Error() != "our own program ended with exit code 3: no room" {
		t.Errorf("got %v", err)
	}
	if _, err := own.Run(t.Context(), plan.Container{Security: []string{"writable-cgroups=true"}}, "version"); !errors.Is(err, engine.ErrRefused) {
		t.Errorf("got %v", err)
	}
	own.Close(t.Context())
	if left := f.Left(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestATrialThatDoesNotBeginLeavesNothing(t *testing.T) {
	for _, call := range []string{"setup", "import"} {
		f := &enginetest.Fake{Fails: []enginetest.Failure{{Call: call, Err: errors.New("full")}}}
		_, err := run.NewTrial(t.Context(), f, trialGroup, "linux/amd64", strings.NewReader("program"))
		if err == nil || !strings.Contains(err.Error(), "full") {
			t.Errorf("%s: %v", call, err)
		}
		if left := f.Left(); len(left) > 0 {
			t.Errorf("%s: left: %q", call, left)
		}
	}
}

// slow is an engine of which one registry does not answer.
type slow struct{ *enginetest.Fake }

func (s slow) Offers(ctx context.Context, p engine.Pull) error {
	if p.Ref == "silent:1" {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Fake.Offers(ctx, p)
}

func TestRegistriesAreAskedSideBySideAndNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := slow{&enginetest.Fake{Registry: map[string]engine.Image{"there:1": {}}}}
		errs := run.Offered(t.Context(), e, []engine.Pull{{Ref: "silent:1"}, {Ref: "there:1"}, {Ref: "none:1"}, {Ref: "silent:1"}})
		if !errors.Is(errs[0], engine.ErrTransient) || !strings.Contains(errs[0].Error(), "no answer within 10s") || errs[3] == nil {
			t.Errorf("silent: %v", errs[0])
		}
		if errs[1] != nil || !errors.Is(errs[2], engine.ErrNoImage) {
			t.Errorf("the others: %v", errs)
		}
	})
}
