package enginetest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Host implements engine.Daemon.
func (f *Fake) Host(ctx context.Context) (engine.Host, error) {
	if err := f.call(ctx, "host"); err != nil {
		return engine.Host{}, err
	}
	if f.Info != (engine.Host{}) {
		return f.Info, nil
	}
	return engine.Host{
		Name: "fake", Version: "1.0", Address: "memory", API: "1.0", Platform: "linux/amd64",
		OS: "memory", CPUs: 2, Memory: 4 << 30, Cgroup: "2",
	}, nil
}

// Sweep implements engine.Daemon.
func (f *Fake) Sweep(ctx context.Context, w engine.Which) ([]string, error) {
	if err := f.call(ctx, "sweep %s", words(w)); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	// Asked before anything is removed: owners may be removed as well.
	running := map[string]bool{}
	for _, m := range f.containers {
		running[string(m.id)] = m.running()
	}
	which := func(labels map[string]string) bool {
		run := labels[engine.LabelRun]
		return run != "" && (w.All || run == w.Run || expired(labels, w.ExpiredAt) || w.Orphans && orphan(labels, running))
	}
	if w.Look {
		return f.names(which), nil
	}
	return f.remove(which), nil
}

// words is a sweep as the journal has it.
func words(w engine.Which) string {
	text := "run=" + w.Run
	if !w.ExpiredAt.IsZero() {
		text += " expired"
	}
	if w.Orphans {
		text += " orphans"
	}
	if w.All {
		text += " all"
	}
	if w.Look {
		text += " look"
	}
	return text
}

func expired(labels map[string]string, at time.Time) bool {
	expires, err := strconv.ParseInt(labels[engine.LabelExpires], 10, 64)
	return err == nil && !at.IsZero() && time.Unix(expires, 0).Before(at)
}

// orphan says whether the owner runs no more.
func orphan(labels map[string]string, running map[string]bool) bool {
	owner := labels[engine.LabelOwner]
	if owner == "" || labels[engine.LabelKeep] != "" {
		return false
	}
	return !running[owner]
}

// Kept implements engine.Daemon.
func (f *Fake) Kept(ctx context.Context, labels map[string]string) ([]engine.Container, error) {
	if err := f.call(ctx, "kept %v", labels); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var kept []engine.Container
	for _, m := range f.containers {
		if m.running() && m.labels[engine.LabelKeep] != "" && carries(m.labels, labels) {
			kept = append(kept, engine.Container{
				ID: m.id, Name: m.group.Name + "-" + m.spec.Name, Image: m.spec.Image,
				Labels: m.labels, Created: m.created,
			})
		}
	}
	return kept, nil
}

// AddVolume makes a volume of a group, which no call of the contract makes.
func (f *Fake) AddVolume(g engine.Group, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.volumes = append(f.volumes, thing{fmt.Sprintf("%s-%s", g.Name, name), groupLabels(g)})
}
