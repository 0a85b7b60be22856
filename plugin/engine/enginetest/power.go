package enginetest

import (
	"context"
	"slices"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Reboot implements engine.Power. What runs in the container ends.
func (f *Fake) Reboot(ctx context.Context, id engine.ID, _ time.Duration) error {
	if err := f.call(ctx, "reboot %s", f.label(id)); err != nil {
		return err
	}
	m, err := f.find(id)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	m.stop()
	m.gone = make(chan struct{})
	f.main(m)
	return nil
}

// State implements engine.Power.
func (f *Fake) State(ctx context.Context, id engine.ID) (engine.State, error) {
	if err := f.call(ctx, "state %s", f.label(id)); err != nil {
		return engine.State{}, err
	}
	m, err := f.find(id)
	if err != nil {
		return engine.State{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.main.Lasts > 0 && m.asked >= m.main.Lasts {
		m.stop()
	}
	state := engine.State{Running: m.running()}
	if !state.Running {
		state.ExitCode = m.main.ExitCode
	}
	if n := len(m.main.Health); n > 0 {
		state.Health = m.main.Health[min(m.asked, n-1)]
	}
	m.asked++
	return state, nil
}

// RemoveContainer implements engine.Power.
func (f *Fake) RemoveContainer(ctx context.Context, id engine.ID) error {
	if err := f.call(ctx, "removecontainer %s", f.label(id)); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.containers {
		if m.id == id {
			m.stop()
		}
	}
	f.containers = slices.DeleteFunc(f.containers, func(m *machine) bool { return m.id == id })
	return nil
}
