package docker

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

var (
	mountedHostname = regexp.MustCompile(`containers/([0-9a-f]{64})/(?:userdata/)?(?:hostname|hosts|resolv\.conf)`)
	longID          = regexp.MustCompile(`[0-9a-f]{64}`)
	shortID         = regexp.MustCompile(`^[0-9a-f]{12}$`)
)

// findSelf is the container we run in and its image; empty outside one.
func (e *Engine) findSelf(ctx context.Context) (id, image string) {
	if !exists("/.dockerenv") && !exists("/run/.containerenv") {
		return "", ""
	}
	hostname, err := os.Hostname()
	if err != nil {
		hostname = ""
	}
	for _, candidate := range selfCandidates(readFile("/proc/self/mountinfo"), readFile("/proc/self/cgroup"), hostname) {
		c, err := e.client.ContainerInspect(ctx, candidate)
		if err == nil && c.State.Running {
			return c.ID, c.Image
		}
	}
	return "", ""
}

// selfCandidates are ids that may be ours, the surest first.
func selfCandidates(mountinfo, cgroup, hostname string) []string {
	var ids []string
	if m := mountedHostname.FindStringSubmatch(mountinfo); m != nil {
		ids = append(ids, m[1])
	}
	if all := longID.FindAllString(cgroup, -1); len(all) > 0 {
		ids = append(ids, all[len(all)-1])
	}
	if shortID.MatchString(hostname) {
		ids = append(ids, hostname)
	}
	return ids
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func readFile(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(text)
}

// labelWatchdog marks the watchdog of a run. It does not carry LabelRun: a
// sweep must not remove who sweeps.
const labelWatchdog = "io.drone-packages.watchdog"

// Guard starts a sibling of our own container, from the same image, that
// removes everything of the run as soon as ours is gone. What it returns ends
// it. It wants the daemon at a unix socket that is mounted into our container.
func (e *Engine) Guard(ctx context.Context, h engine.Host, run, executable string) (stop func(context.Context) error, err error) {
	socket, err := e.socketMount(ctx, h.Self)
	if err != nil {
		return nil, err
	}
	init := true
	made, err := e.client.ContainerCreate(ctx,
		&container.Config{
			Image: h.SelfImage, Entrypoint: []string{executable, "watch-owner", run},
			Cmd: []string{}, Labels: map[string]string{labelWatchdog: run}, Env: []string{"DOCKER_HOST=" + e.host},
		},
		&container.HostConfig{Init: &init, AutoRemove: true, NetworkMode: "none", Mounts: []mount.Mount{socket}},
		nil, platformOf(h.Platform), "drone-packages-"+run+"-watchdog")
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	stop = func(ctx context.Context) error { return e.removeContainer(ctx, made.ID) }
	if err := e.client.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	return stop, nil
}

// socketMount is how our container came by the daemon's socket.
func (e *Engine) socketMount(ctx context.Context, self string) (mount.Mount, error) {
	file, ok := strings.CutPrefix(e.host, "unix://")
	if !ok {
		return mount.Mount{}, fmt.Errorf("the daemon is reached by %s, which a sibling may not reach", e.host)
	}
	c, err := e.client.ContainerInspect(ctx, self)
	if errdefs.IsNotFound(err) {
		return mount.Mount{}, fmt.Errorf("our own container is not known: %w", err)
	}
	if err != nil {
		return mount.Mount{}, err
	}
	for _, m := range c.Mounts {
		if m.Destination == file || "/var"+m.Destination == file || m.Destination == "/var"+file {
			return mount.Mount{Type: mount.TypeBind, Source: m.Source, Target: file}, nil
		}
	}
	return mount.Mount{}, fmt.Errorf("%s is no mount of our container", file)
}
