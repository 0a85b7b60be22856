package enginetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// patience bounds what ought to happen at once.
const patience = 30 * time.Second

// Suite asks every sentence of the contract of an engine. newEngine is called
// once; image is a local image with a shell and the usual small commands, for
// the platform that Host names.
//
// It works under labels of its own and never sweeps All. Sweeping orphans,
// though, reaches the orphans of others on the same host: an engine on a
// shared host should be wrapped so that it leaves them alone.
func Suite(t *testing.T, newEngine func(t *testing.T) (e engine.Engine, image string)) {
	e, image := newEngine(t)
	h, err := e.Host(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{e: e, image: image, host: h}
	for _, part := range []struct {
		name string
		ask  func(*testing.T, *suite)
	}{
		{"setup", askSetup}, {"start", askStart}, {"network", askNetwork},
		{"exec", askExec}, {"exec input", askInput}, {"exec terminal", askTerminal},
		{"exec output is whole", askOutput}, {"exec side by side", askConcurrent},
		{"exec ends with its context", askCancel}, {"exec in what is gone", askGone},
		{"copy in", askCopyIn}, {"copy out", askCopyOut}, {"logs", askLogs}, {"destroy", askDestroy},
		{"start with files", askFiles}, {"start with arguments", askArgs}, {"join", askJoin},
		{"reboot", askReboot}, {"state", askState}, {"snapshot", askSnapshot}, {"remove a container", askRemoveContainer},
		{"import", askImport}, {"commit", askCommit}, {"find", askFind}, {"remove", askRemove},
		{"host", askHost}, {"kept", askKept}, {"ended contexts", askEnded},
		{"sweep a run", askSweepRun}, {"sweep what expired", askSweepExpired}, {"sweep orphans", askSweepOrphans},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting for containers to go
			part.ask(t, s)
		})
	}
}

type suite struct {
	e     engine.Engine
	image string
	host  engine.Host
}

// label of what the suite makes, so that a person knows it.
const runPrefix = "suite-"

func newRun() string { return runPrefix + strings.ToLower(rand.Text()[:10]) }

// NewGroup names a group of a fresh run and removes it in the end. It is not
// set up yet.
func NewGroup(t *testing.T, e engine.Containers, more map[string]string) engine.Group {
	t.Helper()
	run := newRun()
	labels := map[string]string{
		engine.LabelRun:     run,
		engine.LabelExpires: strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10),
	}
	for name, value := range more {
		labels[name] = value
	}
	g := engine.Group{Name: "drone-packages-" + run, Labels: labels}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := e.Destroy(ctx, g); err != nil {
			t.Errorf("destroy in the end: %v", err)
		}
	})
	return g
}

// group is NewGroup on the suite's engine.
func (s *suite) group(t *testing.T, more map[string]string) engine.Group {
	t.Helper()
	return NewGroup(t, s.e, more)
}

// setup is a group with its network.
func (s *suite) setup(t *testing.T, more map[string]string) engine.Group {
	t.Helper()
	g := s.group(t, more)
	if err := s.e.Setup(t.Context(), g); err != nil {
		t.Fatalf("setup: %v", err)
	}
	return g
}

// idle is a Spec of a container that waits for commands.
func (s *suite) idle(name string) engine.Spec {
	return engine.Spec{
		Name: name, Image: s.image, Platform: s.host.Platform,
		Command: []string{"sleep", "infinity"}, Reaper: true,
	}
}

func (s *suite) start(t *testing.T, g engine.Group, spec engine.Spec) engine.ID {
	t.Helper()
	id, err := s.e.Start(t.Context(), g, spec)
	if err != nil {
		t.Fatalf("start %s: %v", spec.Name, err)
	}
	return id
}

// machine is one idle container in a group of its own.
func (s *suite) machine(t *testing.T) (engine.Group, engine.ID) {
	t.Helper()
	g := s.setup(t, nil)
	return g, s.start(t, g, s.idle("machine"))
}

// sh runs a script that has to end with 0 and returns what it printed.
func (s *suite) sh(t *testing.T, id engine.ID, script string) string {
	t.Helper()
	var out bytes.Buffer
	exit, err := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(script), Stdout: &out, Stderr: &out})
	if err != nil || exit.Code != 0 {
		t.Fatalf("%s: exit %d, %v\n%s", script, exit.Code, err, out.String())
	}
	return out.String()
}

func shell(script string) []string { return []string{"sh", "-c", script} }

// runs says whether a container takes commands.
func (s *suite) runs(t *testing.T, id engine.ID) bool {
	t.Helper()
	_, err := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptTrue)})
	if err != nil && !errors.Is(err, engine.ErrGone) {
		t.Fatal(err)
	}
	return err == nil
}

// Eventually asks again and again for a while.
func Eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ask() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// onWrite calls back once, when something was written, and remembers all.
type onWrite struct {
	do   func()
	text strings.Builder
}

func (w *onWrite) Write(b []byte) (int, error) {
	if w.text.Len() == 0 {
		defer w.do()
	}
	return w.text.Write(b)
}
