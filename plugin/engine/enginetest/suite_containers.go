package enginetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// The scripts that the suite runs. A fake has to be told what they do.
const (
	scriptTrue     = "true"
	scriptEnv      = `echo "$A $B"`
	scriptUnset    = `echo "${A-unset}"`
	scriptHostname = "hostname"
	scriptPID1     = `cat /proc/1/cmdline | tr '\0' ' '`
	scriptLoopback = `[ ! -e /proc/net/if_inet6 ] || grep -q ' lo$' /proc/net/if_inet6 && echo there`
)

func askSetup(t *testing.T, s *suite) {
	g := s.setup(t, nil)
	if err := s.e.Setup(t.Context(), g); err == nil {
		t.Error("setting up a group twice is no error")
	}
}

func askStart(t *testing.T, s *suite) {
	g := s.setup(t, nil)
	t.Run("with its environment and hostname", func(t *testing.T) {
		spec := s.idle("first")
		spec.Env = map[string]string{"A": "a", "B": "b c"}
		id := s.start(t, g, spec)
		if got := s.sh(t, id, scriptEnv); got != "a b c\n" {
			t.Errorf("environment: %q", got)
		}
		if got := s.sh(t, id, scriptHostname); got != "first\n" {
			t.Errorf("hostname: %q", got)
		}
	})
	t.Run("with the command instead of the image's", func(t *testing.T) {
		spec := s.idle("other")
		spec.Hostname, spec.Reaper = "host-2", false
		id := s.start(t, g, spec)
		if got := s.sh(t, id, scriptPID1); got != "sleep infinity " {
			t.Errorf("first process: %q", got)
		}
		if got := s.sh(t, id, scriptHostname); got != "host-2\n" {
			t.Errorf("hostname: %q", got)
		}
	})
	t.Run("with ::1, where the kernel has IPv6", func(t *testing.T) {
		if got := s.sh(t, s.start(t, g, s.idle("listens")), scriptLoopback); got != "there\n" {
			t.Errorf("a daemon that listens on ::1 finds it %q", got)
		}
	})
	t.Run("of an image that is not there", func(t *testing.T) {
		spec := s.idle("none")
		spec.Image = "drone-packages.invalid/none:" + newRun()
		if _, err := s.e.Start(t.Context(), g, spec); !errors.Is(err, engine.ErrNoImage) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("with a right that is unknown", func(t *testing.T) {
		spec := s.idle("refused")
		spec.Rights.Security = []string{unknownOption}
		_, err := s.e.Start(t.Context(), g, spec)
		if !errors.Is(err, engine.ErrRefused) || !strings.Contains(err.Error(), unknownOption) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("half made groups are destroyed", func(t *testing.T) {
		if err := s.e.Destroy(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if left, err := s.e.Sweep(t.Context(), engine.Which{Run: g.Labels[engine.LabelRun]}); err != nil || len(left) > 0 {
			t.Errorf("left: %q, %v", left, err)
		}
	})
}

const unknownOption = "no-such-option=1"

func askNetwork(t *testing.T, s *suite) {
	g, other := s.setup(t, nil), s.setup(t, nil)
	spec := s.idle("db")
	spec.Aliases = []string{"postgres"}
	s.start(t, g, spec)
	client, stranger := s.start(t, g, s.idle("client")), s.start(t, other, s.idle("stranger"))
	for _, name := range []string{"db", "postgres", "client"} {
		if got := s.sh(t, client, lookup(name)); got != "known\n" {
			t.Errorf("%s in its group: %s", name, got)
		}
		if got := s.sh(t, stranger, lookup(name)); got != "unknown\n" {
			t.Errorf("%s in another group: %s", name, got)
		}
	}
}

func lookup(name string) string {
	return "getent hosts " + name + " >/dev/null && echo known || echo unknown"
}

func askDestroy(t *testing.T, s *suite) {
	t.Run("what was never set up", func(t *testing.T) {
		if err := s.e.Destroy(t.Context(), s.group(t, nil)); err != nil {
			t.Error(err)
		}
	})
	t.Run("what runs and what ended, twice", func(t *testing.T) {
		g := s.setup(t, nil)
		id := s.start(t, g, s.idle("runs"))
		ended := s.idle("ended")
		ended.Command = []string{"true"}
		s.start(t, g, ended)
		for range 2 {
			if err := s.e.Destroy(t.Context(), g); err != nil {
				t.Error(err)
			}
		}
		if s.runs(t, id) {
			t.Error("a container still takes commands")
		}
		if left, err := s.e.Sweep(t.Context(), engine.Which{Run: g.Labels[engine.LabelRun]}); err != nil || len(left) > 0 {
			t.Errorf("left: %q, %v", left, err)
		}
		if err := s.e.Setup(t.Context(), g); err != nil {
			t.Errorf("its name is not free again: %v", err)
		}
	})
	t.Run("nothing of another group", func(t *testing.T) {
		g := s.setup(t, nil)
		_, id := s.machine(t)
		if err := s.e.Destroy(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if !s.runs(t, id) {
			t.Error("the other group's container is gone")
		}
	})
}

func askLogs(t *testing.T, s *suite) {
	g := s.setup(t, nil)
	spec := s.idle("talks")
	spec.Command = shell(scriptTalk)
	id := s.start(t, g, spec)
	var w strings.Builder
	Eventually(t, "both lines in the logs", func() bool {
		w.Reset()
		if err := s.e.Logs(t.Context(), id, &w); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(w.String(), "one\n") && strings.Contains(w.String(), "two\n")
	})
	if err := s.e.Destroy(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if err := s.e.Logs(t.Context(), id, &w); !errors.Is(err, engine.ErrGone) {
		t.Errorf("logs of what is gone: %v", err)
	}
}

const scriptTalk = "echo one; echo two >&2; exec sleep infinity"
