package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Setup implements engine.Containers.
func (e *Engine) Setup(ctx context.Context, g engine.Group) error {
	_, err := e.client.NetworkCreate(ctx, g.Name, network.CreateOptions{
		Driver: "bridge", Labels: withLabel(g), Options: e.packetSize(ctx),
	})
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "fully subnetted") || strings.Contains(err.Error(), "non-overlapping") {
		return fmt.Errorf("make a network: the daemon has no address range left: remove networks (`drone-packages clean` removes ours) or widen default-address-pools: %w", err)
	}
	return fmt.Errorf("make a network: %w", err)
}

// optionMTU is the largest packet of a network.
const optionMTU = "com.docker.network.driver.mtu"

// packetSize is that of the daemon's own bridge. Where the host's way out
// takes no packets of 1500 bytes its administrator sets the daemon's mtu, but
// that is for this one bridge only: https://github.com/moby/moby/issues/34981.
func (e *Engine) packetSize(ctx context.Context) map[string]string {
	bridge, err := e.client.NetworkInspect(ctx, "bridge", network.InspectOptions{})
	if err != nil || bridge.Options[optionMTU] == "" {
		return nil // a daemon can be without a bridge of its own
	}
	return map[string]string{optionMTU: bridge.Options[optionMTU]}
}

// Start implements engine.Containers. Docker takes ::1 away from containers
// whose network has no IPv6, before 26 (github.com/moby/moby/issues/33099);
// a kernel without IPv6 refuses to give it back.
func (e *Engine) Start(ctx context.Context, g engine.Group, s engine.Spec) (engine.ID, error) {
	h := hostConfig(g, s)
	h.Sysctls = map[string]string{"net.ipv6.conf.lo.disable_ipv6": "0"}
	id, err := e.start(ctx, g, s, h)
	if err == nil || !lacksIPv6(err) {
		return id, err
	}
	h.Sysctls = nil
	return e.start(ctx, g, s, h)
}

// lacksIPv6 says whether the kernel's lack of it is why a container did not
// start. The daemon hands on the words of its runtime.
func lacksIPv6(err error) bool {
	return strings.Contains(err.Error(), "/net/ipv6/") && strings.Contains(err.Error(), "no such file")
}

func (e *Engine) start(ctx context.Context, g engine.Group, s engine.Spec, h *container.HostConfig) (engine.ID, error) {
	name := g.Name + "-" + s.Name + "-" + strings.ToLower(rand.Text()[:4])
	made, err := e.client.ContainerCreate(ctx, containerConfig(g, s), h, networking(g, s), platformOf(s.Platform), name)
	if errdefs.IsNotFound(err) {
		return "", fmt.Errorf("%w: %s: %w", engine.ErrNoImage, s.Image, err)
	}
	if err != nil {
		return "", refused(ctx, err)
	}
	if err := e.furnish(ctx, made.ID, s); err != nil {
		return "", refused(ctx, err)
	}
	if err := e.client.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		return "", refused(ctx, err)
	}
	return engine.ID(made.ID), nil
}

// furnish gives a container what it has to have before it starts.
func (e *Engine) furnish(ctx context.Context, id string, s engine.Spec) error {
	if len(s.Files) > 0 {
		if err := e.client.CopyToContainer(ctx, id, "/", filesTar(s.Files), container.CopyToContainerOptions{}); err != nil {
			return fmt.Errorf("put files in: %w", err)
		}
	}
	for _, g := range s.Join {
		if err := e.client.NetworkConnect(ctx, g.Name, id, endpoint(s)); err != nil {
			return fmt.Errorf("join %s: %w", g.Name, err)
		}
	}
	return nil
}

// refused makes ErrRefused of what the daemon itself said.
func refused(ctx context.Context, err error) error {
	if ctx.Err() != nil || client.IsErrConnectionFailed(err) {
		return fmt.Errorf("start a container: %w", err)
	}
	return fmt.Errorf("%w: %w", engine.ErrRefused, err)
}

// Logs implements engine.Containers.
func (e *Engine) Logs(ctx context.Context, id engine.ID, w io.Writer) error {
	logs, err := e.client.ContainerLogs(ctx, string(id), container.LogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return gone(err)
	}
	_, err = stdcopy.StdCopy(w, w, logs)
	return errors.Join(err, logs.Close())
}

// gone makes ErrGone of what the daemon says of containers that do not run.
func gone(err error) error {
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) {
		return fmt.Errorf("%w: %w", engine.ErrGone, err)
	}
	return err
}
