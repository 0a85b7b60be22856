package enginetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

func askHost(t *testing.T, s *suite) {
	h := s.host
	if h.Name == "" || h.Version == "" || h.API == "" || h.OS == "" || h.Address == "" {
		t.Errorf("names: %+v", h)
	}
	if os, arch, ok := strings.Cut(h.Platform, "/"); !ok || os == "" || arch == "" {
		t.Errorf("platform %q", h.Platform)
	}
	if h.CPUs < 1 || h.Memory < 1<<20 {
		t.Errorf("%d cpus, %d bytes", h.CPUs, h.Memory)
	}
	if h.Cgroup != "1" && h.Cgroup != "2" {
		t.Errorf("cgroup %q", h.Cgroup)
	}
	if (h.Self == "") != (h.SelfImage == "") {
		t.Errorf("ourselves: %q of %q", h.Self, h.SelfImage)
	}
}

func askKept(t *testing.T, s *suite) {
	g := s.setup(t, map[string]string{engine.LabelKeep: "1", "job": "a"})
	id := s.start(t, g, s.idle("machine"))
	ended := s.idle("ended")
	ended.Command = []string{"true"}
	short := s.start(t, g, ended)
	Eventually(t, "the other has ended", func() bool { return !s.runs(t, short) })
	s.start(t, g, s.idle("service"))
	plain, _ := s.machine(t)
	run := map[string]string{engine.LabelRun: g.Labels[engine.LabelRun], "job": "a", engine.LabelName: "machine"}
	kept, err := s.e.Kept(t.Context(), run)
	if err != nil || len(kept) != 1 {
		t.Fatalf("got %+v, %v", kept, err)
	}
	k := kept[0]
	if k.ID != id || k.Name == "" || k.Image == "" || k.Created.IsZero() || !carries(k.Labels, g.Labels) {
		t.Errorf("got %+v", k)
	}
	run["job"] = "b"
	for _, labels := range []map[string]string{run, {engine.LabelRun: plain.Labels[engine.LabelRun]}} {
		if kept, err := s.e.Kept(t.Context(), labels); err != nil || len(kept) > 0 {
			t.Errorf("%v: got %+v, %v", labels, kept, err)
		}
	}
}

// askEnded calls everything with a context that has ended.
func askEnded(t *testing.T, s *suite) {
	g, id := s.machine(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := map[string]func() error{
		"setup":   func() error { return s.e.Setup(ctx, s.group(t, nil)) },
		"start":   func() error { _, err := s.e.Start(ctx, g, s.idle("late")); return err },
		"exec":    func() error { _, err := s.e.Exec(ctx, id, engine.Cmd{Args: shell(scriptTrue)}); return err },
		"copyin":  func() error { return s.e.CopyIn(ctx, id, "/late", archive()) },
		"copyout": func() error { _, err := s.e.CopyOut(ctx, id, "/etc"); return err },
		"logs":    func() error { return s.e.Logs(ctx, id, &bytes.Buffer{}) },
		"destroy": func() error { return s.e.Destroy(ctx, g) },
		"find":    func() error { _, err := s.e.Find(ctx, "", nil); return err },
		"pull": func() error {
			_, err := s.e.Pull(ctx, engine.Pull{Ref: "drone-packages.invalid/none:1", Platform: s.host.Platform}, nil)
			return err
		},
		"offers": func() error {
			return s.e.Offers(ctx, engine.Pull{Ref: "drone-packages.invalid/none:1", Platform: s.host.Platform})
		},
		"import": func() error {
			_, err := s.e.Import(ctx, s.ref(t), s.host.Platform, nil, archive())
			return err
		},
		"commit": func() error { _, err := s.e.Commit(ctx, id, s.ref(t), nil); return err },
		"remove": func() error { return s.e.Remove(ctx, "drone-packages.invalid/none:1") },
		"host":   func() error { _, err := s.e.Host(ctx); return err },
		"sweep":  func() error { _, err := s.e.Sweep(ctx, engine.Which{Run: "suite-none"}); return err },
		"kept":   func() error { _, err := s.e.Kept(ctx, nil); return err },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			if err := call(); !errors.Is(err, context.Canceled) || errors.Is(err, engine.ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
	if !s.runs(t, id) {
		t.Error("destroyed all the same")
	}
}

// sweep sweeps and says what of the runs given runs afterwards.
func (s *suite) sweep(t *testing.T, w engine.Which) string {
	t.Helper()
	names, err := s.e.Sweep(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

func askSweepRun(t *testing.T, s *suite) {
	kept := s.setup(t, map[string]string{engine.LabelKeep: "1"})
	id := s.start(t, kept, s.idle("machine"))
	_, stays := s.machine(t)
	seen := s.sweep(t, engine.Which{Run: kept.Labels[engine.LabelRun], Look: true})
	if !s.runs(t, id) {
		t.Fatal("swept where it was to look")
	}
	swept := s.sweep(t, engine.Which{Run: kept.Labels[engine.LabelRun]})
	if seen != swept {
		t.Errorf("seen: %q", seen)
	}
	if strings.Count(swept, kept.Name) != 2 || strings.Count(swept, "\n") != 1 {
		t.Errorf("not its container and its network: %q", swept)
	}
	if s.runs(t, id) || !s.runs(t, stays) {
		t.Error("not the one run, kept or not, and nothing else")
	}
	if swept := s.sweep(t, engine.Which{}); swept != "" {
		t.Errorf("no condition: %q", swept)
	}
}

// askSweepExpired works in 1970, where nobody else's things expire.
func askSweepExpired(t *testing.T, s *suite) {
	past := s.setup(t, map[string]string{engine.LabelExpires: "1000", engine.LabelKeep: "1"})
	future := s.setup(t, map[string]string{engine.LabelExpires: "3000"})
	gone, stays := s.start(t, past, s.idle("machine")), s.start(t, future, s.idle("machine"))
	if swept := s.sweep(t, engine.Which{ExpiredAt: time.Unix(500, 0)}); strings.Contains(swept, past.Name) {
		t.Errorf("too early: %q", swept)
	}
	swept := s.sweep(t, engine.Which{ExpiredAt: time.Unix(2000, 0)})
	if strings.Count(swept, past.Name) != 2 || strings.Contains(swept, future.Name) {
		t.Errorf("not its container and its network: %q", swept)
	}
	if s.runs(t, gone) || !s.runs(t, stays) {
		t.Error("not what expired, and nothing else")
	}
}

func askSweepOrphans(t *testing.T, s *suite) {
	parents, parent := s.machine(t)
	owned := map[string]string{engine.LabelOwner: string(parent)}
	child := s.setup(t, owned)
	kept := s.setup(t, map[string]string{engine.LabelOwner: string(parent), engine.LabelKeep: "1"})
	childID, keptID := s.start(t, child, s.idle("machine")), s.start(t, kept, s.idle("machine"))
	_, freeID := s.machine(t)
	s.sweep(t, engine.Which{Orphans: true})
	if !s.runs(t, childID) {
		t.Fatal("swept while its owner runs")
	}
	if err := s.e.Destroy(t.Context(), parents); err != nil {
		t.Fatal(err)
	}
	s.sweep(t, engine.Which{Orphans: true})
	if s.runs(t, childID) {
		t.Error("the orphan is still there")
	}
	if !s.runs(t, keptID) {
		t.Error("a kept orphan is gone")
	}
	if !s.runs(t, freeID) {
		t.Error("what never had an owner is gone")
	}
	if left := s.sweep(t, engine.Which{Run: child.Labels[engine.LabelRun]}); left != "" {
		t.Errorf("left of the orphan: %q", left)
	}
}
