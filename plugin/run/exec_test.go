package run_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// Exit codes that are not a program's own say what they mean; 75 is how a
// recipe says that the host, its network or a mirror let it down.
func TestExitCodesSayWhatTheyMean(t *testing.T) {
	for code, c := range map[int]struct {
		outcome result.Outcome
		title   string
		why     string
	}{
		1:   {result.Failed, "build failed (exit 1)", ""},
		75:  {result.Fault, "build failed (exit 75)", "the host, its network or a mirror, not the package"},
		126: {result.Failed, "build failed (exit 126)", "found, but not executable"},
		127: {result.Failed, "build failed (exit 127)", "command not found"},
		137: {result.Failed, "build failed (exit 137)", "killed: out of memory?"},
		143: {result.Failed, "build failed (exit 143)", "terminated"},
	} {
		w := newWorld(t, "debian-12")
		w.rule(enginetest.Rule{Match: "<build>", Code: code})
		got := w.run(t.Context())
		p := phaseOf(t, got, "debian-12/build/greeter", "build")
		if p.Outcome != c.outcome || p.Reason != c.title || got.Outcome != c.outcome {
			t.Errorf("exit %d: %s: %s", code, p.Outcome, p.Reason)
		}
		var facts []result.Fact
		if c.why != "" {
			facts = []result.Fact{{Label: "why", Text: c.why}}
		}
		if d := cmp.Diff(facts, p.Problem.Facts); d != "" {
			t.Errorf("exit %d: %s", code, d)
		}
	}
}

// A command that goes down with its container was not killed for its own
// doing, and nobody asks whether memory ran out.
func TestACommandThatGoesWithItsContainerIsAFault(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
		if err := w.fake.Destroy(ctx, c.Group); err != nil {
			return engine.Exit{}, err
		}
		return c.Hang(ctx)
	}})
	p := phaseOf(t, w.run(t.Context()), "debian-12/build/greeter", "build")
	if p.Outcome != result.Fault || p.Reason != "build: the container is gone: it ended while a command ran in it" || p.Problem.Facts != nil {
		t.Errorf("%s: %s %v", p.Outcome, p.Reason, p.Problem.Facts)
	}
}

func TestAFailureShowsTheLinesThatTell(t *testing.T) {
	w := newWorld(t, "debian-12")
	lines := strings.Repeat("cc -c a.c\n", 30) + "main.c:3:17: error: expected ';'\n" + strings.Repeat("make: leaving\n", 30)
	w.rule(enginetest.Rule{Match: "<build>", Stderr: lines, Code: 2})
	p := phaseOf(t, w.run(t.Context()), "debian-12/build/greeter", "build").Problem
	if p.Title != "build failed (exit 2)" || p.Log != "debian-12/build-greeter.log:35" || len(p.Lines) != 21 {
		t.Errorf("%+v", p)
	}
	if p.Lines[2] != "main.c:3:17: error: expected ';'" || p.Lines[10] != "…" || p.Lines[20] != "make: leaving" {
		t.Errorf("lines %q", p.Lines)
	}
	log := strings.Split(w.file("debian-12/build-greeter.log"), "\n")
	if log[34] != p.Lines[2] {
		t.Errorf("line 35 of the log is %q", log[34])
	}
	if p.Again != "only: debian-12/greeter/build" || p.Shell != "" {
		t.Errorf("again %q, shell %q", p.Again, p.Shell)
	}
}

// What maintainer scripts do is in the journal rather than in apt's output.
func TestAFailureOnAMachineShowsTheJournal(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(enginetest.Rule{Match: "<install>", Stdout: "E: greeter: postinst failed\n", Code: 100})
	w.rule(enginetest.Rule{Match: "journalctl", Stdout: "greeterd: no licence file\n"})
	got := w.run(t.Context())
	p := phaseOf(t, got, "debian-12/test", "install")
	if p.Outcome != result.Failed || p.Reason != "apt: install failed (exit 100)" {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
	if d := cmp.Diff([]string{"E: greeter: postinst failed", "greeterd: no licence file"}, p.Problem.Lines); d != "" {
		t.Error(d)
	}
	if service := phaseOf(t, got, "debian-12/test", "service"); service.Outcome != result.Skipped || service.Reason != "not reached: install failed" {
		t.Errorf("service: %s: %s", service.Outcome, service.Reason)
	}
}

func TestAJournalThatIsEmptyOrUnreadableIsNoEvidence(t *testing.T) {
	for name, journal := range map[string]enginetest.Rule{
		"empty":      {Match: "journalctl"},
		"unreadable": {Match: "journalctl", Err: errors.New("no journalctl")},
	} {
		w := newWorld(t, "debian-12")
		w.rule(enginetest.Rule{Match: "<install>", Stdout: "E: failed\n", Code: 100})
		w.rule(journal)
		p := phaseOf(t, w.run(t.Context()), "debian-12/test", "install")
		if d := cmp.Diff([]string{"E: failed"}, p.Problem.Lines); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestAnErrorOfTheHostIsAFaultWithTheLastOfTheLog(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(enginetest.Rule{Match: "<build>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		return engine.Exit{}, errors.Join(c.Print("half a line", ""), errors.New("the disk is full"))
	}})
	p := phaseOf(t, w.run(t.Context()), "debian-12/build/greeter", "build")
	if p.Outcome != result.Fault || p.Reason != "build: the disk is full" {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
	if last := p.Problem.Lines[len(p.Problem.Lines)-1]; last != "half a line" {
		t.Errorf("the log ends with %q", last)
	}
}

func TestCopiesThatFailAreFaults(t *testing.T) {
	for call, c := range map[string]struct{ job, phase, want string }{
		"copyin drone-packages-k7q2-debian-12-build-greeter/build: /build/source": {"debian-12/build/greeter", "build", "copy in the source tree to /build/source: "},
		"copyin drone-packages-k7q2-debian-12-environment":                        {"debian-12/environment/greeter", "environment", "copy in what the build needs to /build/source: "},
		"copyin drone-packages-k7q2-debian-12-test/test: /drone-packages/repo":    {"debian-12/test", "install", "copy in the built packages to /drone-packages/repo: "},
		"copyout ": {"debian-12/build/greeter", "build", "hand over the packages: "},
	} {
		w := newWorld(t, "debian-12")
		w.fake.Fails = []enginetest.Failure{{Call: call, Err: errors.New("the disk is full")}}
		p := phaseOf(t, w.run(t.Context()), c.job, c.phase)
		if p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, c.want) || !strings.HasSuffix(p.Reason, "the disk is full") {
			t.Errorf("%s: %s: %s", call, p.Outcome, p.Reason)
		}
	}
}

func TestAContainerThatDoesNotStartIsAFault(t *testing.T) {
	for _, call := range []string{"setup", "start"} {
		w := newWorld(t, "debian-12")
		w.fake.Fails = []enginetest.Failure{{Call: call + " drone-packages-k7q2-debian-12-build-greeter", Err: errors.New("no memory")}}
		got := w.run(t.Context())
		j := jobOf(t, got, "debian-12/build/greeter")
		if j.Outcome != result.Fault || !strings.HasSuffix(j.Reason, ": no memory") || len(j.Phases) != 0 {
			t.Errorf("%s: %s: %s", call, j.Outcome, j.Reason)
		}
		w.says("⚡ start the container: " + call)
	}
}

// Of a long log the last lines are held, and counted from its beginning.
func TestALongLogIsReferredToByItsLines(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(enginetest.Rule{Match: "<build>", Stdout: strings.Repeat("more\n", 5000) + "the end\n", Code: 2})
	p := phaseOf(t, w.run(t.Context()), "debian-12/build/greeter", "build").Problem
	file, number, _ := strings.Cut(p.Log, ":")
	at, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(w.file(file), "\n"); lines[at-1] != p.Lines[0] || lines[at-1+len(p.Lines)-1] != "the end" {
		t.Errorf("%s is %q, the problem begins with %q", p.Log, lines[at-1], p.Lines[0])
	}
}
