package run

import (
	"context"
	"fmt"
	"sync"
	"time"

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

// tryPlatform runs our own program for a platform.
func (r *runner) tryPlatform(ctx context.Context, platform string) error {
	bin, err := r.o.Agent(platform)
	if err != nil {
		return fmt.Errorf("%s: %w", platform, err)
	}
	defer bin.Close() //nolint:errcheck // read only
	g := r.group(plan.Job{Name: "platform/" + platform})
	return Emulates(ctx, r.engine, g, r.plan.Input.Host, platform, bin)
}

// cannotRun says so, with the next step.
func cannotRun(platform string, host plan.Host, why error) error {
	return fmt.Errorf("this %s host (%s) does not run programs for %s: register an emulator for them on it (Debian: the packages qemu-user-static and binfmt-support), or leave %s out of platforms: %w",
		host.Engine, host.Platform, platform, platform, why)
}
