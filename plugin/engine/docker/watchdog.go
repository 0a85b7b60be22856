package docker

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// labelWatchdog marks the watchdog of a run. It does not carry LabelRun: a
// sweep must not remove who sweeps.
const labelWatchdog = "io.drone-packages.watchdog"

// Guard starts a sibling of our own container, from the same image, that runs
// command as soon as it can and is gone when that has ended. What it returns
// ends it before. It wants the daemon at a unix socket that is mounted into
// our container.
func (e *Engine) Guard(ctx context.Context, h engine.Host, run string, command []string) (stop func(context.Context) error, err error) {
	self, err := e.client.ContainerInspect(ctx, h.Self)
	if err != nil {
		return nil, fmt.Errorf("look at our own container: %w", err)
	}
	socket, err := socketMount(e.host, self.Mounts)
	if err != nil {
		return nil, err
	}
	config := &container.Config{
		Image: h.SelfImage, Entrypoint: command, Cmd: []string{}, User: self.Config.User,
		Labels: map[string]string{labelWatchdog: run, engine.LabelOwner: self.ID}, Env: []string{"DOCKER_HOST=" + e.host},
	}
	// As on our own container, what may use the socket there may here.
	host := &container.HostConfig{
		AutoRemove: true, NetworkMode: "none", Mounts: []mount.Mount{socket},
		GroupAdd: self.HostConfig.GroupAdd, SecurityOpt: self.HostConfig.SecurityOpt, UsernsMode: self.HostConfig.UsernsMode,
	}
	made, err := e.client.ContainerCreate(ctx, config, host, nil,
		platformOf("linux/"+runtime.GOARCH), "drone-packages-"+run+"-watchdog")
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	stop = func(ctx context.Context) error { return e.removeContainer(ctx, made.ID) }
	if err := e.client.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		// What never ran is not removed by the daemon.
		return nil, errors.Join(fmt.Errorf("start the watchdog: %w", err), e.abandon(ctx, stop))
	}
	return stop, nil
}

// CanGuard says why a sibling of our own container cannot watch over it, if so.
func (e *Engine) CanGuard(ctx context.Context, h engine.Host) error {
	self, err := e.client.ContainerInspect(ctx, h.Self)
	if err != nil {
		return fmt.Errorf("look at our own container: %w", err)
	}
	_, err = socketMount(e.host, self.Mounts)
	return err
}

// abandon stops what was not to be, also when ctx has ended.
func (e *Engine) abandon(ctx context.Context, stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return stop(ctx)
}

// socketMount is how our container came by the daemon's socket: by a mount of
// it, or of a directory above.
func socketMount(host string, mounts []container.MountPoint) (mount.Mount, error) {
	file, ok := strings.CutPrefix(host, "unix://")
	if !ok {
		return mount.Mount{}, fmt.Errorf("the daemon is reached by %s, which a sibling may not reach", host)
	}
	for _, m := range mounts {
		if within(noVar(file), noVar(m.Destination)) {
			return mount.Mount{Type: mount.TypeBind, Source: m.Source, Target: m.Destination}, nil
		}
	}
	return mount.Mount{}, fmt.Errorf("%s is no mount of our container", file)
}

// AwaitEnd returns when a container does not run any more, or is not known.
// An error is the context's: whatever else goes wrong, such as a restart of
// the daemon, is waited for.
func (e *Engine) AwaitEnd(ctx context.Context, id string) error {
	for {
		c, err := e.client.ContainerInspect(ctx, id)
		if errdefs.IsNotFound(err) || err == nil && !c.State.Running {
			return nil
		}
		if err == nil && e.ended(ctx, id) {
			continue
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// ended waits for the end of a container. False says that the daemon did not
// tell: connections that are silent for hours get cut.
func (e *Engine) ended(ctx context.Context, id string) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended, failed := e.client.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	select {
	case <-ended:
		return true
	case err := <-failed:
		return err == nil
	}
}

// watchdogs are the watchdogs of all runs; or only those that never ran, or
// ended without being removed, and whose run is gone: it was killed in the
// moment it started them, or the daemon was.
func (e *Engine) watchdogs(ctx context.Context, all bool) ([]thing, error) {
	list, err := e.client.ContainerList(ctx, container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", labelWatchdog)),
	})
	if err != nil {
		return nil, fmt.Errorf("list watchdogs: %w", err)
	}
	var found []thing
	owners := map[string]bool{}
	for _, c := range list {
		t := thing{"container", c.ID, nameOf(c.Names), c.Labels}
		if all || c.State != container.StateRunning && e.orphaned(ctx, t, owners) {
			found = append(found, t)
		}
	}
	return found, nil
}
