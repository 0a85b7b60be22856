package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Reboot implements engine.Power.
func (e *Engine) Reboot(ctx context.Context, id engine.ID, grace time.Duration) error {
	seconds := max(1, int(grace.Seconds()))
	if err := e.client.ContainerStop(ctx, string(id), container.StopOptions{Timeout: &seconds}); err != nil {
		return fmt.Errorf("stop the container: %w", gone(err))
	}
	if err := e.client.ContainerStart(ctx, string(id), container.StartOptions{}); err != nil {
		return fmt.Errorf("start the container again: %w", gone(err))
	}
	return nil
}

// State implements engine.Power.
func (e *Engine) State(ctx context.Context, id engine.ID) (engine.State, error) {
	c, err := e.client.ContainerInspect(ctx, string(id))
	if err != nil {
		return engine.State{}, fmt.Errorf("look at the container: %w", gone(err))
	}
	return stateOf(c.State), nil
}

func stateOf(s *container.State) engine.State {
	state := engine.State{Running: s.Running, ExitCode: s.ExitCode}
	if s.Health != nil && s.Health.Status != container.NoHealthcheck {
		state.Health = s.Health.Status
	}
	return state
}

// RemoveContainer implements engine.Power.
func (e *Engine) RemoveContainer(ctx context.Context, id engine.ID) error {
	if err := e.removeContainer(ctx, string(id)); err != nil {
		return fmt.Errorf("remove the container: %w", err)
	}
	return nil
}
