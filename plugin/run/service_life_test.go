package run_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

func TestServicesStartBeforeTheMachineAndAreWaitedForAfter(t *testing.T) {
	w := served(t, map[string]settings.Service{
		"a": {Image: "a:1", Port: 1}, "b": {Image: "b:1", Port: 2},
	}, "debian-12")
	w.rule(probed(0, ""))
	w.run(t.Context())
	var order []string
	for _, line := range w.fake.Journal() {
		line, _, _ = strings.Cut(line, " from")
		for _, name := range []string{"setup", "start", "destroy"} {
			if strings.HasPrefix(line, name+" drone-packages-k7q2-debian-12-test") {
				order = append(order, strings.ReplaceAll(line, "drone-packages-k7q2-debian-12-", ""))
			}
		}
	}
	want := []string{"setup test", "start test/a", "start test/b", "start test/test", "start test/test", "start test/test", "start test/test", "start test/test", "destroy test"}
	if d := cmp.Diff(want, order); d != "" {
		t.Error(d)
	}
}

// What the plan says of a service is what its container is.
func TestServicesAreWhatThePlanSays(t *testing.T) {
	var spec engine.Spec
	w := served(t, map[string]settings.Service{"store": {
		Image: "store:2", Entrypoint: settings.Words{"enter"}, Command: settings.Words{"serve", ""}, Hostname: "store.example",
		Environment: settings.Variables{"A": "b"}, Files: settings.Map{"/etc/x": "y"}, Aliases: settings.List{"kept"},
		Ready: settings.Ready{Command: settings.Script{"ask", "", "it"}},
	}}, "debian-12")
	w.in.Settings.CPUs, w.in.Settings.Memory = 1.5, 1<<30
	w.rule(enginetest.Rule{Match: "ask  it", In: "store", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		spec = c.Spec
		return engine.Exit{}, nil
	}})
	w.run(t.Context())
	want := engine.Spec{
		Name: "store", Image: spec.Image, Platform: "linux/amd64", Entrypoint: []string{"enter"}, Args: []string{"serve", ""},
		Hostname: "store.example", Env: map[string]string{"A": "b"}, Files: map[string]string{"/etc/x": "y"}, Aliases: []string{"kept"},
		Reaper: true, Limits: engine.Limits{CPUs: 1.5, Memory: 1 << 30},
	}
	if d := cmp.Diff(want, spec); d != "" {
		t.Error(d)
	}
}

// Whatever became of the job: what its services printed is kept, without
// secrets.
func TestLogsOfServicesAreKept(t *testing.T) {
	for name, rule := range map[string]enginetest.Rule{
		"passed":    {Match: "nothing"},
		"failed":    {Match: "<install>", Code: 1},
		"cancelled": {Match: "<install>", Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := served(t, store(settings.Ready{Log: "starts"}), "debian-12")
			w.o.Secrets = []string{"hunter2"}
			w.manners(func(m *enginetest.Main) { m.Logs = logNote + "password hunter2\n" })
			w.rule(rule)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if name == "cancelled" {
				w.console.when("apt: install\n", cancel)
			}
			w.run(ctx)
			if log := w.file("debian-12/service-store.log"); log != logNote+"password ******\n" {
				t.Errorf("%q", log)
			}
		})
	}
}

// endStore is a command during which the store ends.
func endStore(match string, exit int) enginetest.Rule {
	return enginetest.Rule{Match: match, Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		c.End("store", 137)
		return engine.Exit{Code: exit}, nil
	}}
}

// What failed next to a service that ended may be nobody's package's.
func TestAServiceThatDiesLaterMakesThatPhaseAFault(t *testing.T) {
	const title = "the service store is gone: it ended with exit code 137 (killed: out of memory?)"
	for name, c := range map[string]struct {
		exit int
		then []result.Fact
	}{
		"and the phase fails":  {1, []result.Fact{{Label: "then", Text: "apt: install failed (exit 1)"}}},
		"and the phase passes": {0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := served(t, store(settings.Ready{Log: "starts"}), "debian-12")
			w.rule(endStore("<install>", c.exit))
			got := w.run(t.Context())
			j := jobOf(t, got, "debian-12/test")
			p := phaseOf(t, got, j.Name, "install")
			if got.Outcome != result.Fault || p.Outcome != result.Fault || p.Reason != title {
				t.Fatalf("run %s, install %s (%s)", got.Outcome, p.Outcome, p.Reason)
			}
			want := &result.Problem{
				Title: title, Facts: c.then, Lines: []string{strings.TrimSpace(logNote)}, Log: "debian-12/service-store.log",
				Again: p.Problem.Again,
			}
			if d := cmp.Diff(want, p.Problem); d != "" || p.Problem.Again == "" {
				t.Error(d)
			}
			w.unreached(j, "install fault")
			if log := w.file(p.Problem.Log); log != logNote {
				t.Errorf("kept log: %q", log)
			}
		})
	}
}

// A machine may begin again from a snapshot; a service that is gone does not.
func TestNothingBeginsAgainWithoutItsServices(t *testing.T) {
	w := served(t, store(settings.Ready{Log: "starts"}), "debian-12")
	w.rule(endStore("<purge>", 0))
	j := jobOf(t, w.run(t.Context()), "debian-12/test")
	w.unreached(j, "purge fault")
}

// stateless is a host that cannot say how containers are, once it was asked.
type stateless struct {
	engine.Engine
	asked int
}

func (s *stateless) State(ctx context.Context, id engine.ID) (engine.State, error) {
	if s.asked++; s.asked > 1 {
		return engine.State{}, errors.New("the host is busy")
	}
	return s.Engine.State(ctx, id)
}

func TestAServiceIsNotBlamedForItsHost(t *testing.T) {
	w := served(t, store(settings.Ready{Log: "starts"}), "debian-12")
	w.engine = &stateless{Engine: w.fake}
	w.rule(enginetest.Rule{Match: "<install>", Code: 1})
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "install")
	if p.Outcome != result.Failed || p.Reason != "apt: install failed (exit 1)" {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
}

// starts remembers the container of the store.
type starts struct {
	engine.Engine
	store engine.ID
}

func (s *starts) Start(ctx context.Context, g engine.Group, spec engine.Spec) (engine.ID, error) {
	id, err := s.Engine.Start(ctx, g, spec)
	if spec.Name == "store" {
		s.store = id
	}
	return id, err
}

func TestAServiceWhoseContainerIsGoneIsToldSo(t *testing.T) {
	w := served(t, store(settings.Ready{Log: "starts"}), "debian-12")
	e := &starts{Engine: w.fake}
	w.engine = e
	w.rule(enginetest.Rule{Match: "<install>", Do: func(ctx context.Context, _ enginetest.Call) (engine.Exit, error) {
		return engine.Exit{}, e.RemoveContainer(ctx, e.store)
	}})
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "install")
	if p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, "the service store is gone: ") || !strings.Contains(p.Problem.Lines[0], "the log could not be read") {
		t.Errorf("%s: %s %q", p.Outcome, p.Reason, p.Problem.Lines)
	}
}

func TestACancelledRunDoesNotBlameItsServices(t *testing.T) {
	w := served(t, store(settings.Ready{TCP: 1, Deadline: settings.Duration(time.Hour)}), "debian-12")
	w.rule(probed(-1, "refused"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.console.when("✓ boot", cancel)
	got := w.run(ctx)
	if p := phaseOf(t, got, "debian-12/test", "services"); got.Outcome != result.Cancelled || p.Outcome != result.Cancelled || p.Reason != "cancelled" {
		t.Errorf("run %s, services %s (%s)", got.Outcome, p.Outcome, p.Reason)
	}
}

func TestAServiceThatCannotStartIsAFault(t *testing.T) {
	w := served(t, store(settings.Ready{TCP: 1}), "debian-12")
	w.fake.Fails = []enginetest.Failure{{Call: "start drone-packages-k7q2-debian-12-test/store", Err: engine.ErrRefused}}
	got := w.run(t.Context())
	p := phaseOf(t, got, "debian-12/test", "boot")
	if p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, "start the service store: ") {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
	w.unreached(jobOf(t, got, "debian-12/test"), "boot fault")
}

func TestAServiceWithoutImageIsAFaultOfItsOwn(t *testing.T) {
	w := served(t, store(settings.Ready{TCP: 1}), "debian-12")
	w.fake.Registry = map[string]engine.Image{"debian-12:latest": {ID: "d12", Refs: []string{"debian-12:latest"}, Platform: "linux/amd64"}}
	got := w.run(t.Context())
	want := map[string]result.Outcome{
		"services/store:2": result.Fault, "debian-12/image": result.Passed, "debian-12/environment/greeter": result.Passed,
		"debian-12/build/greeter": result.Passed, "debian-12/machine": result.Passed, "debian-12/test": result.Skipped,
	}
	if d := cmp.Diff(want, outcomes(got)); d != "" || got.Outcome != result.Fault {
		t.Errorf("%s\n%s", got.Outcome, d)
	}
	if j := jobOf(t, got, "debian-12/test"); j.Reason != "not reached: services/store:2 fault" {
		t.Errorf("reason %q", j.Reason)
	}
	w.says("services store  ")
	w.file("services/service-store.log")
}

// A machine that does not boot by a rung leaves its services alone.
func TestServicesOutliveARungOfTheLadder(t *testing.T) {
	w := served(t, store(settings.Ready{TCP: 1}), "debian-12")
	w.rule(probed(0, ""))
	w.rule(enginetest.Rule{Match: check.AgentPath, Times: 1, Err: errors.New("it does not boot")})
	got := w.run(t.Context())
	if got.Outcome != result.Passed {
		t.Errorf("outcome %s", got.Outcome)
	}
	if starts := len(w.asked("start drone-packages-k7q2-debian-12-test/store")); starts != 1 {
		t.Errorf("the store was started %d times", starts)
	}
}

// made is a service of a distro's own packages.
func made() map[string]settings.Service {
	return map[string]settings.Service{"store": {From: "debian-12", Install: settings.List{"store", "tools"}, Prepare: "<prepare>", Port: 80}}
}

func TestServicesOfADistroAreMadeOnce(t *testing.T) {
	w := served(t, made(), "debian-12")
	w.rule(probed(0, ""))
	var packages string
	w.rule(enginetest.Rule{Match: "<service>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		packages = c.Getenv("DP_PACKAGES")
		return engine.Exit{}, nil
	}})
	if got := w.run(t.Context()); got.Outcome != result.Passed || packages != "store tools" {
		t.Errorf("outcome %s, packages %q", got.Outcome, packages)
	}
	if n := len(w.asked("<prepare>")); n != 1 {
		t.Errorf("prepared %d times", n)
	}
	got := w.run(t.Context())
	if j := jobOf(t, got, "services/store+debian-12"); !j.Cached || len(w.asked("<prepare>")) != 1 {
		t.Errorf("a second run makes it again: %+v", j)
	}
	w.says("services store  ", "the service's packages from cache")
}

func TestServicesOfADistroBootByTheFirstRungThatIsNotRefused(t *testing.T) {
	w := served(t, made(), "debian-12")
	w.rule(probed(0, ""))
	w.in.Host.Cgroup, w.fake.Refuses = "1", []string{"seccomp=unconfined"}
	var specs []engine.Spec
	w.rule(enginetest.Rule{Match: "journalctl", In: "store", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		specs = append(specs, c.Spec)
		return engine.Exit{}, c.Print("its journal\n", "")
	}})
	w.run(t.Context())
	if len(specs) != 1 || !specs[0].Rights.Privileged || specs[0].StopSignal == "" || specs[0].Reaper || specs[0].Env["container"] == "" || len(specs[0].Command) == 0 {
		t.Errorf("got %+v", specs)
	}
	if log := w.file("debian-12/service-store.log"); log != "its journal\n" {
		t.Errorf("log %q", log)
	}
	w.in.Settings.Privileged = "never"
	got := w.run(t.Context())
	if p := phaseOf(t, got, "debian-12/test", "boot"); p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, "start the service store: the container engine refuses") {
		t.Errorf("never privileged: %s: %s", p.Outcome, p.Reason)
	}
}

// Packages of a service are no packages under test.
func TestAServiceThatCannotBeMadeIsAFault(t *testing.T) {
	for _, script := range []string{"<service>", "<prepare>"} {
		w := served(t, made(), "debian-12")
		w.rule(enginetest.Rule{Match: script, Stderr: "E: Unable to locate package stroe\n", Code: 100})
		got := w.run(t.Context())
		j := jobOf(t, got, "services/store+debian-12")
		if got.Outcome != result.Fault || j.Outcome != result.Fault || !strings.Contains(strings.Join(j.Phases[0].Problem.Lines, "\n"), "stroe") {
			t.Errorf("%s: run %s, job %s %+v", script, got.Outcome, j.Outcome, j.Phases[0].Problem)
		}
	}
}

func TestAComposeFileOfFiveServicesIsRun(t *testing.T) {
	text, err := os.ReadFile("../settings/testdata/compose/five.yml")
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := settings.Load([]string{"PLUGIN_SERVICES=compose.yaml", "TOKEN=t", "POSTGRES_PASSWORD=p"}, fstest.MapFS{
		"compose.yaml": {Data: text}, "common.env": {}, "web/site.conf": {}, ".env": {Data: []byte("NAME=world\nLEVEL=3\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := served(t, s.Services.Named, "debian-12", "debian-13")
	w.rule(probed(0, ""))
	w.fake.Mains = []enginetest.Main{{Match: "/bin/serve", Health: []string{"starting", "healthy"}}}
	got := w.run(t.Context())
	for _, distro := range []string{"debian-12", "debian-13"} {
		var ready []string
		for _, c := range phaseOf(t, got, distro+"/test", "services").Checks {
			ready = append(ready, c.Subject+" "+string(c.Outcome))
		}
		if d := cmp.Diff([]string{"cache passed", "db passed", "queue passed", "web passed", "worker passed"}, ready); d != "" {
			t.Errorf("%s: %s", distro, d)
		}
		w.file(distro + "/service-queue.log")
	}
	if j := jobOf(t, got, "debian-13/test"); j.Outcome != result.Passed || plan.Kind(j.Kind) != plan.Test {
		t.Errorf("%s", j.Outcome)
	}
}
