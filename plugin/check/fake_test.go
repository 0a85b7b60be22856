package check

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// fakeInit is a manager scripted by data: each unit goes through its states,
// one for each time it is asked, and stays in the last.
type fakeInit struct {
	mu          sync.Mutex
	states      []string
	units       map[string][]unit
	failedUnits []string
	restarted   map[string][]unit
	how         string
	// acted are the acts asked for; said and complained, what is logged.
	acted            []string
	actErr           error
	said, complained []string
}

func (f *fakeInit) act(_ context.Context, verb, name string) error {
	f.acted = append(f.acted, verb+" "+name)
	return f.actErr
}

func (f *fakeInit) logs(context.Context, string) []string { return f.said }

func (f *fakeInit) errors(context.Context, time.Time) []string { return f.complained }

func (f *fakeInit) state(context.Context) (string, error) {
	s := f.states[0]
	if len(f.states) > 1 {
		f.states = f.states[1:]
	}
	return s, nil
}

func (f *fakeInit) failed(context.Context) ([]string, error) { return f.failedUnits, nil }

func (f *fakeInit) unit(_ context.Context, name string) (unit, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	states := f.units[name]
	if len(states) == 0 {
		return unit{Name: name, LoadState: "not-found", ActiveState: "inactive", SubState: "dead"}, nil
	}
	if len(states) > 1 {
		f.units[name] = states[1:]
	}
	return states[0], nil
}

func (f *fakeInit) restart(ctx context.Context, name string) (string, error) {
	if f.how == "hangs" {
		<-ctx.Done()
		return "", ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.units[name] = f.restarted[name]
	return f.how, nil
}

// files makes a file tree: a path to its content; "-> target" is a link.
func files(t *testing.T, tree map[string]string) machine {
	t.Helper()
	m := machine{root: t.TempDir(), run: func(_ context.Context, name string, _ ...string) (string, error) {
		return "", fmt.Errorf("%s: not here", name)
	}}
	for path, text := range tree {
		if err := os.MkdirAll(filepath.Dir(m.at(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := put(m.at(path), text); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func put(path, text string) error {
	if len(text) > 3 && text[:3] == "-> " {
		return os.Symlink(text[3:], path)
	}
	return os.WriteFile(path, []byte(text), 0o755)
}

// asking makes an agent and where its answers go.
func asking(t *testing.T, r Request, m machine, u manager) (*agent, *[]string) {
	t.Helper()
	var said []string
	r.Format = "deb"
	a := &agent{Request: defaults(r), machine: m, memory: memory(t.TempDir()), units: u}
	a.tell = func(answer Answer) {
		if answer.Note != "" {
			said = append(said, "note "+answer.Note)
		}
		if answer.Check != nil {
			said = append(said, say(*answer.Check))
		}
	}
	return a, &said
}

// say is all of a check that its reader sees.
func say(c result.Check) string {
	s := fmt.Sprintf("%s %s %s %s", c.Outcome, c.Kind, c.Subject, c.Attribute)
	if c.Warning {
		s = "warning " + s
	}
	for _, part := range []struct{ label, text string }{{" want ", c.Expected}, {" found ", c.Found}, {" why ", c.Reason}} {
		if part.text != "" {
			s += " |" + part.label + part.text
		}
	}
	return s
}

func sayAll(checks []result.Check) []string {
	var all []string
	for _, c := range checks {
		all = append(all, say(c))
	}
	return all
}
