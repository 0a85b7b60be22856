package enginetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

const (
	scriptGiven  = "stat -c '%a' /etc/given.d/text /etc/given.d/script; cat /etc/given.d/text"
	scriptLate   = "test -e /etc/given.d/text && echo there || echo late; exec sleep infinity"
	scriptFresh  = "test -e /run/before && echo old || echo new; cat /mark"
	scriptBefore = "echo marked >/mark; touch /run/before"
	scriptFails  = "exit 7"
)

func askFiles(t *testing.T, s *suite) {
	g := s.setup(t, nil)
	spec := s.idle("given")
	spec.Command = shell(scriptLate)
	spec.Files = map[string]string{"/etc/given.d/text": "one\n", "/etc/given.d/script": "#!/bin/sh\n"}
	id := s.start(t, g, spec)
	if got := s.sh(t, id, scriptGiven); got != "644\n755\none\n" {
		t.Errorf("got %q", got)
	}
	var w strings.Builder
	Eventually(t, "the first process speaks", func() bool {
		w.Reset()
		return s.e.Logs(t.Context(), id, &w) == nil && w.Len() > 0
	})
	if w.String() != "there\n" {
		t.Errorf("the first process found them %q", w.String())
	}
}

// askArgs: the suite's image has no entrypoint, so arguments are all there
// is, or follow the one that is given.
func askArgs(t *testing.T, s *suite) {
	g := s.setup(t, nil)
	spec := s.idle("args")
	spec.Command, spec.Args, spec.Reaper = nil, []string{"sleep", "infinity"}, false
	id := s.start(t, g, spec)
	if got := s.sh(t, id, scriptPID1); got != "sleep infinity " {
		t.Errorf("first process: %q", got)
	}
	spec.Name, spec.Entrypoint, spec.Args = "entry", []string{"sleep"}, []string{"99999"}
	if got := s.sh(t, s.start(t, g, spec), scriptPID1); got != "sleep 99999 " {
		t.Errorf("first process with an entrypoint: %q", got)
	}
}

func askJoin(t *testing.T, s *suite) {
	shared, g := s.setup(t, nil), s.setup(t, nil)
	db := s.start(t, shared, s.idle("db"))
	spec := s.idle("machine")
	spec.Join = []engine.Group{shared}
	id := s.start(t, g, spec)
	if got := s.sh(t, id, lookup("db")); got != "known\n" {
		t.Errorf("the joined group's container is %q", got)
	}
	if got := s.sh(t, db, lookup("machine")); got != "known\n" {
		t.Errorf("who joined is %q to those there", got)
	}
	spec.Join = []engine.Group{s.group(t, nil)}
	if _, err := s.e.Start(t.Context(), g, spec); !errors.Is(err, engine.ErrRefused) {
		t.Errorf("a group that was not set up: %v", err)
	}
}

func askReboot(t *testing.T, s *suite) {
	g := s.setup(t, nil)
	spec := s.idle("machine")
	spec.Tmpfs = map[string]string{"/run": "rw"}
	id := s.start(t, g, spec)
	s.sh(t, id, scriptBefore)
	if err := s.e.Reboot(t.Context(), id, time.Second); err != nil {
		t.Fatal(err)
	}
	if got := s.sh(t, id, scriptFresh); got != "new\nmarked\n" {
		t.Errorf("after a reboot: %q", got)
	}
	other := s.start(t, g, s.idle("other"))
	if got := s.sh(t, other, lookup("machine")); got != "known\n" {
		t.Errorf("its name is %q", got)
	}
	if err := s.e.Destroy(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if err := s.e.Reboot(t.Context(), id, time.Second); !errors.Is(err, engine.ErrGone) {
		t.Errorf("reboot of what is gone: %v", err)
	}
}

func askState(t *testing.T, s *suite) {
	g, id := s.machine(t)
	state, err := s.e.State(t.Context(), id)
	if err != nil || !state.Running || state.Health != "" {
		t.Errorf("got %+v, %v", state, err)
	}
	spec := s.idle("ended")
	spec.Command = shell(scriptFails)
	ended := s.start(t, g, spec)
	Eventually(t, "it has ended", func() bool {
		state, err = s.e.State(t.Context(), ended)
		return err != nil || !state.Running
	})
	if err != nil || state.ExitCode != 7 {
		t.Errorf("got %+v, %v", state, err)
	}
	if err := s.e.Destroy(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if _, err := s.e.State(t.Context(), id); !errors.Is(err, engine.ErrGone) {
		t.Errorf("state of what is gone: %v", err)
	}
}

func askSnapshot(t *testing.T, s *suite) {
	g, id := s.machine(t)
	s.sh(t, id, scriptMark)
	labels := map[string]string{engine.LabelRun: g.Labels[engine.LabelRun], engine.LabelGroup: g.Name}
	first, err := s.e.Commit(t.Context(), id, s.ref(t), labels)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.e.RemoveContainer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	spec := s.idle("machine")
	spec.Image = first.ID
	again := s.start(t, g, spec)
	if got := s.sh(t, again, scriptMarked); got != "marked\n" {
		t.Errorf("the machine of a snapshot has %q", got)
	}
	second, err := s.e.Commit(t.Context(), again, s.ref(t), labels)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.e.Destroy(t.Context(), g); err != nil {
		t.Error(err)
	}
	for _, image := range []engine.Image{first, second} {
		if found, err := s.e.Find(t.Context(), image.ID, nil); err != nil || len(found) > 0 {
			t.Errorf("a snapshot outlives its group: %+v, %v", found, err)
		}
	}
}

func askRemoveContainer(t *testing.T, s *suite) {
	g, id := s.machine(t)
	other := s.start(t, g, s.idle("other"))
	for range 2 {
		if err := s.e.RemoveContainer(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if s.runs(t, id) || !s.runs(t, other) {
		t.Error("not the one, and nothing else")
	}
	again := s.start(t, g, s.idle("machine"))
	if got := s.sh(t, other, lookup("machine")); got != "known\n" || !s.runs(t, again) {
		t.Errorf("another by its name is %q", got)
	}
}
