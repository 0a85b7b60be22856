package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// logNote is what the service of these tests prints first.
const logNote = "store 2.1 starts\n"

// served is a world whose machines reach services. They are asked every
// millisecond.
func served(t *testing.T, services map[string]settings.Service, names ...string) *world {
	t.Helper()
	w := newWorld(t, names...)
	for name, s := range services {
		s.Ready.Interval = settings.Duration(time.Millisecond)
		services[name] = s
	}
	w.in.Settings.Services.Named = services
	w.in.Settings.Test.Lifecycle = nil // all of it
	w.in.Catalogue = w.in.Distros
	w.in.Families["debian"].Recipes[distros.Service] = "<service>"
	w.fake.Mains = []enginetest.Main{{Match: "serve", Logs: logNote}}
	return w
}

// store is one service whose readiness is asked in a way.
func store(ready settings.Ready) map[string]settings.Service {
	return map[string]settings.Service{"store": {Image: "store:2", Command: settings.Words{"serve"}, Ready: ready}}
}

// manners gives the main process of the store other manners.
func (w *world) manners(change func(*enginetest.Main)) { change(&w.fake.Mains[0]) }

// probed is an agent whose probes fail so often, then hold; less than zero
// fail always.
func probed(times int, found string) enginetest.Rule {
	return agent(func(r check.Request) []check.Answer {
		if r.Question != check.Probe {
			return nil
		}
		c := result.Check{Kind: r.Probe.Kind, Subject: r.Probe.Target, Attribute: "reachable", Outcome: result.Passed, Found: "an answer"}
		if times != 0 {
			times--
			c.Outcome, c.Found = result.Failed, found
		}
		return []check.Answer{{Check: &c}}
	})
}

// readiness are the ways to ask: how a world is made in which the answer
// becomes yes after so many questions, less than zero never; and what is said
// of the last no.
var readiness = map[string]struct {
	ready settings.Ready
	world func(w *world, after int)
	probe string
	found string
}{
	"tcp": {
		settings.Ready{TCP: 8080}, func(w *world, after int) { w.rule(probed(after, "connection refused")) },
		"tcp 8080", "connection refused",
	},
	"http": {
		settings.Ready{HTTP: "8080/health"}, func(w *world, after int) { w.rule(probed(after, "it answers 503 Service Unavailable")) },
		"http 8080/health", "it answers 503 Service Unavailable",
	},
	"log": {
		settings.Ready{Log: "^ready( now)?$"}, func(w *world, after int) {
			w.manners(func(m *enginetest.Main) {
				if after >= 0 {
					m.Later = append(slices.Repeat([]string{"not ready yet\n"}, after), "ready\n")
				}
			})
		},
		"log ^ready( now)?$", "no such line in its log",
	},
	"command": {
		settings.Ready{Command: settings.Script{"sh", "-c", "ask it"}}, func(w *world, after int) {
			if after != 0 {
				w.rule(enginetest.Rule{Match: "ask it", In: "store", Times: max(after, 0), Stderr: "asking\nnot yet\n", Code: 1})
			}
		},
		"command ask it", "exit 1 not yet",
	},
	"health": {
		settings.Ready{Health: true}, func(w *world, after int) {
			w.manners(func(m *enginetest.Main) {
				m.Health = []string{"starting"}
				if after >= 0 {
					m.Health = append(slices.Repeat(m.Health, after), "healthy")
				}
			})
		},
		"its image's health check", "its health check says starting",
	},
}

func TestServicesThatAreReadyAtOnceOrLater(t *testing.T) {
	for kind, c := range readiness {
		for _, after := range []int{0, 3} {
			t.Run(fmt.Sprint(kind, " after ", after), func(t *testing.T) {
				w := served(t, store(c.ready), "debian-12")
				c.world(w, after)
				got := w.run(t.Context())
				if got.Outcome != result.Passed {
					t.Errorf("outcome %s", got.Outcome)
				}
				p := phaseOf(t, got, "debian-12/test", "services")
				want := []result.Check{{
					Kind: "container", Subject: "store", Attribute: "ready", Outcome: result.Passed, Expected: c.probe, Found: "ready",
				}}
				for i := range p.Checks {
					p.Checks[i].Duration = 0
				}
				if d := cmp.Diff(want, p.Checks); d != "" {
					t.Error(d)
				}
				w.says("debian-12 services", "store is ready (")
			})
		}
	}
}

// faulty wants the phase services to be a fault with these words, and with
// what the service printed.
func (w *world) faulty(got result.Run, title, expected, found string) {
	w.t.Helper()
	j := jobOf(w.t, got, "debian-12/test")
	p := phaseOf(w.t, got, j.Name, "services")
	if got.Outcome != result.Fault || j.Outcome != result.Fault || p.Outcome != result.Fault {
		w.t.Fatalf("outcomes: run %s, job %s, phase %s", got.Outcome, j.Outcome, p.Outcome)
	}
	facts := []result.Fact{{Label: "expected", Text: expected}, {Label: "found", Text: found}}
	if d := cmp.Diff(facts, p.Problem.Facts); p.Problem.Title != title || d != "" {
		w.t.Errorf("%q %s", p.Problem.Title, d)
	}
	if p.Problem.Log != "debian-12/service-store.log" || len(p.Problem.Lines) == 0 || p.Problem.Lines[0]+"\n" != logNote {
		w.t.Errorf("log %s, lines %q", p.Problem.Log, p.Problem.Lines)
	}
	if log := w.file(p.Problem.Log); !strings.HasPrefix(log, logNote) {
		w.t.Errorf("kept log: %q", log)
	}
	w.unreached(j, "services fault")
}

// unreached wants every phase after the one that stopped the job, those that
// begin from a snapshot too, not to have begun.
func (w *world) unreached(j result.Job, why string) {
	w.t.Helper()
	stopped := slices.IndexFunc(j.Phases, func(p result.Phase) bool { return p.Outcome == result.Fault })
	if stopped < 0 || stopped == len(j.Phases)-1 {
		w.t.Fatalf("nothing stopped it: %+v", j.Phases)
	}
	for _, p := range j.Phases[stopped+1:] {
		if p.Outcome != result.Skipped || p.Reason != "not reached: "+why {
			w.t.Errorf("%s: %s, %s", p.Name, p.Outcome, p.Reason)
		}
	}
}

func TestAServiceThatIsNeverReadyIsAFault(t *testing.T) {
	for kind, c := range readiness {
		t.Run(kind, func(t *testing.T) {
			c.ready.Deadline = settings.Duration(150 * time.Millisecond)
			w := served(t, store(c.ready), "debian-12")
			c.world(w, -1)
			w.faulty(w.run(t.Context()), "the service store is not ready", c.probe+", within 150ms", c.found)
		})
	}
}

func TestAServiceThatDiesIsAFaultAtOnce(t *testing.T) {
	for kind, c := range readiness {
		for name, change := range map[string]func(*enginetest.Main){
			"at once": func(m *enginetest.Main) { m.Ends, m.ExitCode = true, 3 },
			"later":   func(m *enginetest.Main) { m.Lasts, m.ExitCode = 3, 3 },
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				c.ready.Deadline = settings.Duration(time.Hour)
				w := served(t, store(c.ready), "debian-12")
				c.world(w, 1000)
				w.manners(change)
				w.faulty(w.run(t.Context()), "the service store is not ready", c.probe+", within 1h", "it ended with exit code 3")
			})
		}
	}
}

// The time is over while a question is still open.
func TestAProbeThatNeverAnswersIsCutOff(t *testing.T) {
	w := served(t, store(settings.Ready{Command: settings.Script{"ask"}, Deadline: settings.Duration(150 * time.Millisecond)}), "debian-12")
	w.rule(enginetest.Rule{Match: "ask", In: "store", Hang: true})
	w.faulty(w.run(t.Context()), "the service store is not ready", "command ask, within 150ms", "no answer by then")
}

// What will not pass with time is told at once: the deadline is an hour.
func TestAProbeThatCannotHoldIsNotAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		ready        settings.Ready
		rule         enginetest.Rule
		probe, found string
	}{
		"no health check": {
			settings.Ready{Health: true}, enginetest.Rule{Match: "nothing"},
			"its image's health check", "its image has no health check: say tcp, http, log or command",
		},
		"no such command": {
			settings.Ready{Command: settings.Script{"sh", "-c", "pg_isredy"}}, enginetest.Rule{Match: "pg_isredy", Stderr: "sh: 1: pg_isredy: not found\n", Code: 127},
			"command pg_isredy", "command not found: exit 127 sh: 1: pg_isredy: not found",
		},
		"not executable": {
			settings.Ready{Command: settings.Script{"/etc/passwd"}}, enginetest.Rule{Match: "/etc/passwd", Code: 126},
			"command /etc/passwd", "found, but not executable: exit 126",
		},
		"no question": {
			settings.Ready{HTTP: "80/%zz"}, agent(func(r check.Request) []check.Answer {
				if r.Question == check.Probe {
					return []check.Answer{{Fault: "probe: invalid URL escape"}}
				}
				return nil
			}),
			"http 80/%zz", "probe: invalid URL escape",
		},
		"no pattern": {
			settings.Ready{Log: "[a"}, enginetest.Rule{Match: "nothing"},
			"log [a", "error parsing regexp: missing closing ]: `[a`",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.ready.Deadline = settings.Duration(time.Hour)
			w := served(t, store(c.ready), "debian-12")
			w.rule(c.rule)
			w.faulty(w.run(t.Context()), "the service store is not ready", c.probe+", within 1h", c.found)
		})
	}
}

// The machine that asks may be lost: that says nothing of the service.
func TestAMachineThatIsLostIsNotItsServicesFault(t *testing.T) {
	w := served(t, store(settings.Ready{TCP: 1, Deadline: settings.Duration(time.Hour)}), "debian-12")
	w.rule(enginetest.Rule{Match: check.AgentPath, Err: engine.ErrGone})
	booted := agent(nil)
	booted.Times = 1
	w.rule(booted)
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "services")
	if p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, "ask the agent: ") || !strings.HasSuffix(p.Reason, "the container is gone") {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
}

func TestAllProbesHaveToHold(t *testing.T) {
	ready := settings.Ready{Log: "starts", Command: settings.Script{"ask"}, HTTP: "1/x", Health: true, TCP: 2, Deadline: settings.Duration(150 * time.Millisecond)}
	w := served(t, store(ready), "debian-12")
	w.manners(func(m *enginetest.Main) { m.Health = []string{"healthy"} })
	w.rule(probed(0, ""))
	if got := w.run(t.Context()); got.Outcome != result.Passed {
		t.Errorf("outcome %s", got.Outcome)
	}
	for _, asked := range []string{"debian-12-test/store: ask", "logs ", "state "} {
		if len(w.asked(asked)) == 0 {
			t.Errorf("%q was not asked", asked)
		}
	}
	w = served(t, store(ready), "debian-12")
	w.manners(func(m *enginetest.Main) { m.Health = []string{"healthy"} })
	w.rule(probed(-1, "refused"))
	w.faulty(w.run(t.Context()), "the service store is not ready", "http 1/x, within 150ms", "refused")
}

// The machine asks what it will use: by name, on its own network.
func TestNetworkProbesAreAskedInTheMachine(t *testing.T) {
	var targets []string
	w := served(t, store(settings.Ready{TCP: 8080, HTTP: "8080/health?a=b"}), "debian-12")
	w.rule(agent(func(r check.Request) []check.Answer {
		if r.Question == check.Probe {
			targets = append(targets, r.Probe.Kind+" "+r.Probe.Target)
		}
		return nil
	}))
	w.run(t.Context())
	if d := cmp.Diff([]string{"http http://store:8080/health?a=b", "tcp store:8080"}, targets); d != "" {
		t.Error(d)
	}
}
