package main_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// docker runs the client and wants it to work.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	// Not bound to the test's context: clean-up runs after its end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// pluginImage is an image with the binary under test, removed in the end.
func pluginImage(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: needs the real engine")
	}
	ref := "drone-packages-test/plugin:" + strings.ToLower(rand.Text()[:10])
	id := docker(t, "create", "lab/debian:13", "true")
	docker(t, "cp", binary, id+":/bin/drone-packages")
	docker(t, "commit", "-c", `ENTRYPOINT ["/bin/drone-packages"]`, "-c", "CMD []", id, ref)
	docker(t, "rm", id)
	t.Cleanup(func() { docker(t, "rmi", ref) })
	return ref
}

const (
	socket = "-v=/var/run/docker.sock:/var/run/docker.sock"
	// nobodyElse keeps a test's plugin container out of everybody's way.
	nobodyElse = "--label=io.drone-packages-test"
)

// contained is a run of the plugin in a container of its own.
type contained struct {
	name, id string
	lines    *bufio.Scanner
	seen     strings.Builder
}

// startContained starts a run on testdata/broken/good.
func startContained(t *testing.T, image string, options ...string) *contained {
	t.Helper()
	c := create(t, image, append([]string{socket, "-w=/work", "-e=PLUGIN_IMAGES=" + lab, "-e=PLUGIN_DISTROS=debian-13"}, options...)...)
	docker(t, "cp", "testdata/broken/good/.", c.name+":/work")
	c.start(t)
	return c
}

// create makes a container of the plugin's image, which is gone in the end with
// all of its run.
func create(t *testing.T, image string, options ...string) *contained {
	t.Helper()
	c := &contained{name: "drone-packages-test-" + strings.ToLower(rand.Text()[:10])}
	docker(t, append(append([]string{"create", "--name", c.name, nobodyElse}, options...), image)...)
	t.Cleanup(func() {
		docker(t, "rm", "-f", "-v", c.name)
		c.gone(t, 10*time.Second)
	})
	return c
}

// start starts the container, to the line that says which run it is.
func (c *contained) start(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", "start", "-a", c.name)
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = write.CloseWithError(cmd.Wait()) }() // ends with its container
	c.lines = bufio.NewScanner(read)
	c.until(t, "· run ")
}

// until reads what the run prints, to a line that has to come.
func (c *contained) until(t *testing.T, moment string) {
	t.Helper()
	for c.lines.Scan() {
		line := c.lines.Text()
		c.seen.WriteString(line + "\n")
		if m := runLine.FindStringSubmatch(line); m != nil {
			c.id = m[1]
		}
		if strings.Contains(line, moment) {
			return
		}
	}
	t.Fatalf("it ended before %q:\n%s", moment, c.seen.String())
}

// drain reads to the end of the run.
func (c *contained) drain() {
	for c.lines.Scan() {
		c.seen.WriteString(c.lines.Text() + "\n")
	}
}

// watchdogs are the watchdogs of a run, in any state.
func (c *contained) watchdogs(t *testing.T) string {
	t.Helper()
	return docker(t, "ps", "-a", "--filter", "label=io.drone-packages.watchdog="+c.id, "--format", "{{.Names}} {{.Status}}")
}

// gone wants nothing of the run to be there soon, its watchdog included, and
// says how long that took.
func (c *contained) gone(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	begin := time.Now()
	goneWithin(t, c.id, limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for c.watchdogs(t) != "" {
		if time.Since(begin) > limit {
			t.Fatalf("the watchdog is there %s after the end: %s", limit, c.watchdogs(t))
		}
		<-tick.C
	}
	return time.Since(begin).Round(100 * time.Millisecond)
}

// TestWatchdogInAContainer ends the plugin's container in every way there is,
// but for that of TestKilledAsDroneKills.
func TestWatchdogInAContainer(t *testing.T) {
	image := pluginImage(t)
	kill := []string{"kill", "-s", "KILL"}
	for _, tt := range []struct {
		name    string
		options []string
		moment  string
		end     []string
	}{
		{"killed and removed at once", []string{"--rm"}, moments["build"], kill},
		{"removed by force", nil, moments["install"], []string{"rm", "-f", "-v"}},
		{"stopped", nil, moments["build"], []string{"stop", "-t", "20"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := startContained(t, image, tt.options...)
			c.until(t, tt.moment)
			if !strings.Contains(c.watchdogs(t), "Up") {
				t.Errorf("no watchdog watches: %q", c.watchdogs(t))
			}
			docker(t, append(tt.end, c.name)...)
			t.Logf("all was gone after %s", c.gone(t, 10*time.Second))
		})
	}
	t.Run("ends by itself", func(t *testing.T) {
		t.Parallel()
		c := startContained(t, image, "-e=PLUGIN_TEST={lifecycle: service}")
		c.drain()
		c.gone(t, 0)
	})
}

// What is killed while it makes its watchdog may leave one that never ran, and
// nothing else: nobody is there yet. The next run removes it.
func TestKilledWhileItMakesItsWatchdog(t *testing.T) {
	image := pluginImage(t)
	c := startContained(t, image)
	docker(t, "kill", "-s", "KILL", c.name)
	startContained(t, image).until(t, moments["build"])
	c.gone(t, 10*time.Second)
}

// What is asked to watch a container that is gone already does its work.
func TestWatchdogOfAContainerThatIsGone(t *testing.T) {
	image := pluginImage(t)
	run := "test-" + strings.ToLower(rand.Text()[:10])
	network := docker(t, "network", "create", "--label="+engine.LabelRun+"="+run, "drone-packages-"+run)
	t.Cleanup(func() {
		if leftOf(t, run) != "" {
			docker(t, "network", "rm", network)
		}
	})
	docker(t, "run", "--rm", nobodyElse, socket, image, "watch-owner", run, strings.Repeat("0a", 32))
	nothingLeft(t, run)
}

// Where no watchdog can be had the run says so, and the next run removes what
// it left when it is killed.
func TestNextRunRemovesWhatNobodyWatched(t *testing.T) {
	image := pluginImage(t)
	// The client finds the socket there, but no mount has this name.
	c := startContained(t, image, "-v=/var/run:/host", "-e=DOCKER_HOST=unix:///proc/self/root/host/docker.sock")
	c.until(t, moments["build"])
	if want := "no watchdog (/proc/self/root/host/docker.sock is no mount of our container)"; !strings.Contains(c.seen.String(), want) {
		t.Errorf("it does not say %q", want)
	}
	docker(t, "kill", "-s", "KILL", c.name)
	if leftOf(t, c.id) == "" {
		t.Fatal("who removed what it left?")
	}
	next := startContained(t, image)
	next.until(t, moments["build"])
	if want := "an earlier run was killed; removed"; !strings.Contains(next.seen.String(), want) {
		t.Errorf("the next run does not say %q:\n%s", want, next.seen.String())
	}
	nothingLeft(t, c.id)
}

// TestControlGroupsInContainers asks our own program, with rights and without.
func TestControlGroupsInContainers(t *testing.T) {
	image := pluginImage(t)
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"an ordinary one", []string{image, "agent", "control-groups"}, "no control groups can be made"},
		{"an ordinary one that mounts", []string{image, "agent", "control-groups", "--mount"}, "mount control groups: operation not permitted"},
		{"SYS_ADMIN", []string{"--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined",
			"--cgroupns=private", image, "agent", "control-groups", "--mount"}, ""},
	} {
		out, err := exec.CommandContext(t.Context(), "docker", append([]string{"run", "--rm", nobodyElse}, tt.args...)...).CombinedOutput()
		if (err == nil) != (tt.want == "") || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: %v: %s", tt.name, err, out)
		}
	}
}

// TestWhichContainerWeAreIn asks the doctor in containers of many kinds.
func TestWhichContainerWeAreIn(t *testing.T) {
	image := pluginImage(t)
	other := docker(t, "run", "-d", "--rm", nobodyElse, "--entrypoint=sleep", image, "120")
	t.Cleanup(func() { docker(t, "rm", "-f", other) })
	for _, tt := range []struct {
		name    string
		options []string
		want    bool
	}{
		{"plain", nil, true},
		{"control groups of its own", []string{"--cgroupns=private"}, true},
		{"control groups of its own, workspace in a volume", []string{"--cgroupns=private", "-v=/work", "-w=/work"}, true},
		{"a chosen name", []string{"--cgroupns=private", "--hostname=build.example"}, true},
		{"the host's network", []string{"--network=host"}, true},
		{"the host's name", []string{"--uts=host"}, true},
		{"another's network", []string{"--network=container:" + other}, true},
		{"another's network, control groups of its own", []string{"--network=container:" + other, "--cgroupns=private"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			name := "drone-packages-test-" + strings.ToLower(rand.Text()[:10])
			args := append([]string{"create", "--name", name, nobodyElse, socket}, tt.options...)
			id := docker(t, append(args, image, "doctor")...)
			t.Cleanup(func() { docker(t, "rm", "-f", "-v", name) })
			out := docker(t, "start", "-a", name)
			where, watched := ", in no container that this engine knows, called by", "a watchdog process removes"
			if tt.want {
				where, watched = ", in container "+id[:12]+", called by", "a watchdog container removes"
			}
			for _, want := range []string{where, watched} {
				if !strings.Contains(out, want) {
					t.Errorf("want %q in\n%s", want, out)
				}
			}
		})
	}
}
