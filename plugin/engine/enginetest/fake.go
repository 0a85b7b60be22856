package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Fake is an engine that keeps everything in memory. Its zero value works:
// every image can be pulled, every command exits 0 and prints nothing. Set
// the exported fields before it is used. It holds engine.Engine.
type Fake struct {
	// Rules decide what commands do; the first that matches counts.
	Rules []Rule
	// Mains decide what first processes do; without one that matches they
	// print nothing and run until their group is destroyed.
	Mains []Main
	// Fails decide which calls fail.
	Fails []Failure
	// Local are the images that are there from the start, newest first.
	Local []engine.Image
	// Registry are the images that can be pulled, by reference. Nil: all.
	Registry map[string]engine.Image
	// Refuses are security options that this host does not know.
	Refuses []string
	// Info is what Host returns; its zero value stands for a plain host.
	Info engine.Host
	// Pick, if set, is told of every Exec that matched no rule.
	Pick func(ctx context.Context, c Call) (engine.Exit, error)

	mu         sync.Mutex
	journal    []string
	used       map[string]int
	networks   []thing
	containers []*machine
	volumes    []thing
	images     []stored
	serial     int
	listed     bool
}

var _ engine.Engine = (*Fake)(nil)

// Rule says what a command does.
type Rule struct {
	// Match is part of the command's arguments, joined by spaces.
	Match string
	// In is the Spec.Name of the containers it holds in. Empty: all.
	In string
	// Times is how often it holds. Zero: always.
	Times int
	// Stdout and Stderr are what it prints, Code is how it ends.
	Stdout, Stderr string
	Code           int
	// Hang lets it run, once it has printed, until the context or the
	// container ends.
	Hang bool
	// Err is an error of the host.
	Err error
	// Do, if set, decides instead of the five above.
	Do func(ctx context.Context, c Call) (engine.Exit, error)
}

// Main says what a container's first process does.
type Main struct {
	// Match is part of Spec.Command, Entrypoint and Args, joined by spaces.
	Match string
	// Logs is what it prints, each time it is started.
	Logs string
	// Later is what it prints then: a piece before each time its log is read.
	Later []string
	// Ends says that it ends at once, with ExitCode; Lasts, that it does when
	// its state has been asked that often.
	Ends     bool
	Lasts    int
	ExitCode int
	// Health is what the image's health check says, one after the other for
	// each time somebody asks; the last one stays.
	Health []string
}

// Failure makes a call fail instead of doing anything.
type Failure struct {
	// Call is how the call's line in the journal begins.
	Call string
	Err  error
	// Times is how often. Zero: always.
	Times int
}

// thing is a network or a volume.
type thing struct {
	name   string
	labels map[string]string
}

// machine is a container.
type machine struct {
	id      engine.ID
	group   engine.Group
	spec    engine.Spec
	labels  map[string]string
	created time.Time
	files   tree
	logs    string
	gone    chan struct{}
	main    Main
	// asked counts questions for its state, read those for its log.
	asked, read int
}

func (m *machine) running() bool {
	select {
	case <-m.gone:
		return false
	default:
		return true
	}
}

// stop ends the first process; it may have ended before.
func (m *machine) stop() {
	if m.running() {
		close(m.gone)
	}
}

// Journal is a line for every call so far, in the order they came in: the
// method in lower case, what it is about, and what else tells calls apart.
func (f *Fake) Journal() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.journal)
}

// Left is what exists now of groups and runs, by kind and name.
func (f *Fake) Left() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names(func(labels map[string]string) bool { return labels[engine.LabelGroup]+labels[engine.LabelRun] != "" })
}

// call begins every method: it writes the journal and fails where asked to.
// The caller holds no lock.
func (f *Fake) call(ctx context.Context, format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.journal = append(f.journal, line)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	for i, fail := range f.Fails {
		if strings.HasPrefix(line, fail.Call) && f.take(fmt.Sprint("fail ", i), fail.Times) {
			return fmt.Errorf("%s: %w", line, fail.Err)
		}
	}
	return nil
}

// take counts what holds only so many times. The caller holds the lock.
func (f *Fake) take(key string, times int) bool {
	if f.used == nil {
		f.used = map[string]int{}
	}
	f.used[key]++
	return times == 0 || f.used[key] <= times
}

// next is a number that was not used before. The caller holds the lock.
func (f *Fake) next() int {
	f.serial++
	return f.serial
}

// find is a container that exists, running or not.
func (f *Fake) find(id engine.ID) (*machine, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.containers {
		if m.id == id {
			return m, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", engine.ErrGone, id)
}

// label names a container in the journal.
func (f *Fake) label(id engine.ID) string {
	m, err := f.find(id)
	if err != nil {
		return string(id)
	}
	return m.group.Name + "/" + m.spec.Name
}
