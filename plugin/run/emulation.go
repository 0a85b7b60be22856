package run

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
)

// emulationLimit is how long a program of ours may take to say its version,
// emulated, on a busy host.
const emulationLimit = time.Minute

// emulations are the platforms that were tried, each once.
type emulations struct {
	mu    sync.Mutex
	tried map[string]func() error
}

// runs says why the host does not run programs of a platform, if it does not.
// It is asked with a program of ours, which needs no image of any distro.
func (r *runner) runs(ctx context.Context, platform string) error {
	if platform == r.plan.Input.Host.Platform {
		return nil
	}
	r.emulations.mu.Lock()
	try, known := r.emulations.tried[platform]
	if !known {
		try = sync.OnceValue(func() error { return r.tryPlatform(ctx, platform) })
		if r.emulations.tried == nil {
			r.emulations.tried = map[string]func() error{}
		}
		r.emulations.tried[platform] = try
	}
	r.emulations.mu.Unlock()
	return try()
}

// tryPlatform runs our own program for a platform, in an image that holds
// nothing else.
func (r *runner) tryPlatform(ctx context.Context, platform string) error {
	ctx, cancel := context.WithTimeout(ctx, emulationLimit)
	defer cancel()
	bin, err := r.o.Agent(platform)
	if err != nil {
		return fmt.Errorf("%s: %w", platform, err)
	}
	defer bin.Close() //nolint:errcheck // read only
	program, err := io.ReadAll(bin)
	if err != nil {
		return fmt.Errorf("read our own binary for %s: %w", platform, err)
	}
	g := r.group(plan.Job{Name: "platform/" + platform})
	defer r.forget(ctx, g)
	if err := r.engine.Setup(ctx, g); err != nil {
		return fmt.Errorf("try %s: %w", platform, err)
	}
	image, err := r.engine.Import(ctx, "drone-packages/platform:"+hashOf(g.Name), platform,
		map[string]string{engine.LabelGroup: g.Name}, tarOf(map[string]string{check.AgentPath[1:]: string(program)}, 0o755))
	if err != nil {
		return fmt.Errorf("try %s: %w", platform, err)
	}
	id, err := r.engine.Start(ctx, g, engine.Spec{Name: "platform", Image: image.ID, Platform: platform, Command: []string{check.AgentPath, "version"}})
	if err != nil {
		return cannotRun(platform, r.plan.Input.Host, err)
	}
	return r.ended(ctx, id, platform)
}

// ended waits for the program's end.
func (r *runner) ended(ctx context.Context, id engine.ID, platform string) error {
	for {
		state, err := r.engine.State(ctx, id)
		switch {
		case err != nil:
			return fmt.Errorf("try %s: %w", platform, err)
		case state.Running:
		case state.ExitCode != 0:
			return cannotRun(platform, r.plan.Input.Host, fmt.Errorf("a program of ours for it ended with exit code %d", state.ExitCode))
		default:
			return nil
		}
		if err := wait(ctx, pollEmulation); err != nil {
			return fmt.Errorf("try %s: a program of ours for it did not end: %w", platform, err)
		}
	}
}

// pollEmulation is how often the program's end is asked for.
const pollEmulation = 100 * time.Millisecond

// cannotRun says so, with the next step.
func cannotRun(platform string, host plan.Host, why error) error {
	return fmt.Errorf("this %s host (%s) does not run programs for %s: register an emulator for them on it (Debian: the packages qemu-user-static and binfmt-support), or leave %s out of platforms: %w",
		host.Engine, host.Platform, platform, platform, why)
}

// forget removes what a try has made.
func (r *runner) forget(ctx context.Context, g engine.Group) {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), destroyLimit)
	defer cancel()
	_ = r.engine.Destroy(clean, g) // the sweep removes what it could not
}
