package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

func TestTheAgentIsCopiedIntoTheMachineAndAsked(t *testing.T) {
	w := newWorld(t, "debian-12")
	var asked []check.Request
	w.rule(enginetest.Rule{Match: check.AgentPath, Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		stat, err := c.Stat(check.AgentPath)
		if err != nil || !strings.Contains(stat, " 755 ") {
			t.Errorf("the agent: %s %v", stat, err)
		}
		if content, err := c.ReadFile(check.AgentPath); content != "the agent" {
			t.Errorf("the agent is %q (%v)", content, err)
		}
		var r check.Request
		if err := json.NewDecoder(c.Stdin).Decode(&r); err != nil {
			return engine.Exit{}, err
		}
		asked = append(asked, r)
		return engine.Exit{}, json.NewEncoder(c.Stdout).Encode(check.Answer{End: true})
	}})
	w.run(t.Context())
	var questions []string
	for _, r := range asked {
		questions = append(questions, strings.TrimSpace(string(r.Question)+" "+string(r.Expect)))
		want := []check.Package{{Name: "greeter", Version: "1.4.0"}}
		if r.Question == check.Boot {
			want = nil // the packages may not be built by then
		}
		if d := cmp.Diff(want, r.Packages); d != "" {
			t.Errorf("%s: %s", r.Question, d)
		}
	}
	want := []string{"boot", "tree", "services", "installed", "restart", "services before", "removed", "services before", "removed", "leftovers"}
	if d := cmp.Diff(want, questions); d != "" {
		t.Error(d)
	}
}

func TestAnAgentThatCannotBeReadIsAFault(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.o.Agent = func(string) (io.ReadCloser, error) { return nil, errors.New("gone") }
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "boot")
	if p.Outcome != result.Fault || !strings.Contains(p.Problem.Facts[0].Text, "read our own binary: gone") {
		t.Errorf("boot: %+v", p)
	}
}

// deadline is far beyond what a test may take on its clock.
const deadline = time.Hour

// What an agent may do wrong, and what is said of it.
func TestWhatAnAgentMayDoWrong(t *testing.T) {
	for name, c := range map[string]struct {
		rule enginetest.Rule
		want string
	}{
		"dies without a word":      {enginetest.Rule{}, "ask the agent: the agent stopped before its last answer (0 answers)"},
		"dies amid its answers":    {enginetest.Rule{Stdout: `{"note":"one"}` + "\n"}, "ask the agent: the agent stopped before its last answer (1 answers)"},
		"is killed":                {enginetest.Rule{Code: 137}, "ask the agent: the agent stopped before its last answer (0 answers): exit code 137"},
		"goes with its machine":    {enginetest.Rule{Err: engine.ErrGone}, "ask the agent: the agent stopped before its last answer (0 answers): the container is gone"},
		"talks nonsense for ever":  {enginetest.Rule{Stdout: "hello\n", Hang: true}, `ask the agent: line 1: no answer of an agent: "hello"`},
		"cannot ask":               {enginetest.Rule{Stdout: `{"fault":"services: no bus"}` + "\n" + `{"end":true}` + "\n"}, "services: no bus"},
		"cannot ask several":       {enginetest.Rule{Stdout: `{"fault":"a"}` + "\n" + `{"fault":"b"}` + "\n" + `{"end":true}` + "\n"}, "a; b"},
		"goes on after its answer": {enginetest.Rule{Stdout: `{"fault":"a"}` + "\n" + `{"end":true}` + "\nmore\n"}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "debian-12")
				c.rule.Match, c.rule.Times = check.AgentPath, 1
				c.rule.Stderr = "panic: what went wrong\n"
				w.rule(enginetest.Rule{Match: check.AgentPath, Do: afterBoot(c.rule)})
				got := w.run(t.Context())
				p := phaseOf(t, got, "debian-12/test", "service")
				if p.Outcome != result.Fault || p.Reason != c.want {
					t.Errorf("%s: %s, want %s", p.Outcome, p.Reason, c.want)
				}
				if got.Duration.Duration() > deadline {
					t.Errorf("it was waited for: %vs", got.Duration)
				}
				if log := w.file("debian-12/test.log"); !strings.Contains(log, "panic: what went wrong") {
					t.Errorf("its last words are lost:\n%s", log)
				}
			})
		})
	}
}

// afterBoot is an agent that answers until it is asked about services, where
// it does as a rule says.
func afterBoot(r enginetest.Rule) func(context.Context, enginetest.Call) (engine.Exit, error) {
	return func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
		var asked check.Request
		if err := json.NewDecoder(c.Stdin).Decode(&asked); err != nil {
			return engine.Exit{}, err
		}
		if asked.Question != check.Services {
			return engine.Exit{}, json.NewEncoder(c.Stdout).Encode(check.Answer{End: true})
		}
		if err := c.Print(r.Stdout, r.Stderr); err != nil {
			return engine.Exit{}, err
		}
		if r.Hang {
			return c.Hang(ctx)
		}
		return engine.Exit{Code: r.Code}, r.Err
	}
}

func TestAnswersAreTakenInAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.o.Verbose = true
		seen := newMeeting()
		w.console.when("half way", seen.arrive)
		w.rule(enginetest.Rule{Match: check.AgentPath, Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
			if err := c.Print(`{"note":"half way"}`+"\n", ""); err != nil {
				return engine.Exit{}, err
			}
			if exit, err := seen.wait(ctx); err != nil {
				return exit, err
			}
			return engine.Exit{}, c.Print(`{"end":true}`+"\n", "")
		}})
		if got := w.run(t.Context()); got.Outcome != result.Passed {
			t.Error("an answer is not told before the last one came")
		}
	})
}

func TestFailedChecksAreToldWithWhatWasExpectedAndFound(t *testing.T) {
	w := newWorld(t, "debian-12")
	answers := []check.Answer{
		found(result.Check{Kind: "service", Subject: "greeterd.service", Attribute: "loaded", Outcome: result.Passed}),
		found(result.Check{Kind: "service", Subject: "greeterd.service", Attribute: "active", Outcome: result.Failed,
			Expected: "active", Found: "failed", Reason: "its main process ended with status 7", Lines: []string{"greeterd: no licence file"}}),
		found(result.Check{Kind: "machine", Subject: "noise", Outcome: result.Failed, Found: "odd", Warning: true}),
	}
	for i := range 12 {
		answers = append(answers, found(result.Check{Kind: "port", Subject: fmt.Sprint(i), Outcome: result.Failed, Found: "closed"}))
	}
	w.rule(to(check.Services, answers...))
	got := w.run(t.Context())
	p := phaseOf(t, got, "debian-12/test", "service")
	if p.Outcome != result.Failed || len(p.Checks) != 15 {
		t.Fatalf("service: %+v", p)
	}
	if p.Problem.Title != "service greeterd.service: active (and 12 more)" || p.Problem.Hint != "its main process ended with status 7" {
		t.Errorf("%+v", p.Problem)
	}
	if d := cmp.Diff([]string{"greeterd: no licence file"}, p.Problem.Lines); d != "" {
		t.Error(d)
	}
	var facts []string
	for _, f := range p.Problem.Facts {
		facts = append(facts, f.Label+" "+f.Text)
	}
	want := []string{"expected active", "found failed"}
	for i := range 10 {
		want = append(want, fmt.Sprintf("also port %d: closed", i))
	}
	if d := cmp.Diff(append(want, "also 2 more"), facts); d != "" {
		t.Error(d)
	}
	w.says("✗ service: service greeterd.service: active (and 12 more) (15 checks)")
	if check := phaseOf(t, got, "debian-12/test", "check"); check.Outcome != result.Passed {
		t.Errorf("the phase after a failed one that is not vital: %s", check.Outcome)
	}
}

func TestWarningsFailNothing(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(to(check.Leftovers, found(result.Check{Kind: "leftover", Subject: "/var/lib/greeter", Outcome: result.Failed, Found: "left behind", Warning: true})))
	if got := w.run(t.Context()); got.Outcome != result.Passed {
		t.Errorf("the run: %s", got.Outcome)
	}
}

// A phase that asked and heard of nothing that is as it should be has not
// passed.
func TestAPhaseInWhichNothingWasAskedIsSkippedAndSaysWhy(t *testing.T) {
	ran := found(result.Check{Kind: "service", Subject: "a.service", Outcome: result.Passed})
	stopped := found(result.Check{Kind: "service", Subject: "b.service", Attribute: "restarts", Outcome: result.Skipped, Reason: "it does not run: failed"})
	odd := found(result.Check{Kind: "journal", Subject: "error", Outcome: result.Failed, Warning: true})
	for name, c := range map[string]struct {
		answers []check.Answer
		outcome result.Outcome
		reason  string
	}{
		"one was asked":   {[]check.Answer{stopped, ran}, result.Passed, ""},
		"none was asked":  {[]check.Answer{stopped, stopped}, result.Skipped, "service b.service: restarts: it does not run: failed"},
		"there is none":   {[]check.Answer{{Note: "the packages ship no unit"}}, result.Skipped, "the packages ship no unit"},
		"not a word":      {nil, result.Skipped, "the packages have nothing to ask about"},
		"only a warning":  {[]check.Answer{odd}, result.Passed, ""},
		"one that failed": {[]check.Answer{stopped, found(result.Check{Kind: "service", Subject: "c", Outcome: result.Failed})}, result.Failed, "service c"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "debian-12")
			w.rule(to(check.Restart, c.answers...))
			got := w.run(t.Context())
			if p := phaseOf(t, got, "debian-12/test", "restart"); p.Outcome != c.outcome || p.Reason != c.reason {
				t.Errorf("%s: %s", p.Outcome, p.Reason)
			}
			if p := phaseOf(t, got, "debian-12/test", "purge"); p.Outcome != result.Passed {
				t.Errorf("purge: %s: %s", p.Outcome, p.Reason)
			}
			if j := jobOf(t, got, "debian-12/test"); c.outcome != result.Failed && (j.Outcome != result.Passed || j.Reason != "") {
				t.Errorf("the test: %s: %s", j.Outcome, j.Reason)
			}
			if c.outcome == result.Skipped {
				w.says("○ restart: " + c.reason)
			}
		})
	}
}
