package run_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/docker"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/run"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// The image that lab/images.sh makes, and one of it with a health check and a
// user of its own.
const (
	labImage    = "lab/debian:13"
	healthImage = "drone-packages-test/health:13"
	healthFile  = `FROM lab/debian:13
LABEL drone-packages-test=service
USER games
HEALTHCHECK --interval=300ms --timeout=5s --retries=3 CMD test -e /tmp/ready
`
)

// storeScript is a service in a few lines: it says who it is, waits, is ready
// in every way at once, and serves. $UNTIL is what it waits for, $ANSWER what
// it answers.
const storeScript = `echo "the store starts as $(id -un)"
eval "$UNTIL"
touch /tmp/ready
echo ready
exec perl -MIO::Socket::INET -e '
  my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 9, ReuseAddr => 1) or die "no port: $!";
  while (my $c = $s->accept) { my $line = <$c>; print $c "HTTP/1.0 $ENV{ANSWER}\r\n\r\n"; close $c }'
`

// ways to ask the store, and what is said of one that is never ready.
var ways = map[string]struct {
	ready        settings.Ready
	probe, found string
}{
	"tcp":     {settings.Ready{TCP: 8080}, "tcp 8080", "connection refused"},
	"http":    {settings.Ready{HTTP: "8080/health"}, "http 8080/health", "it answers 503 Not Yet"},
	"log":     {settings.Ready{Log: "^ready$"}, "log ^ready$", "no such line in its log"},
	"command": {settings.Ready{Command: settings.Script{"sh", "-c", "test -e /tmp/ready || { echo not yet; exit 3; }"}}, "command test -e /tmp/ready", "exit 3 not yet"},
	"health":  {settings.Ready{Health: true}, "its image's health check", "its health check says "},
}

// fates of the store: what it waits for, and how long we do.
var fates = map[string]struct {
	until    string
	deadline time.Duration
	outcome  result.Outcome
	// found instead of what the way finds, and the last the store said.
	found, last string
}{
	"ready": {":", 2 * time.Minute, result.Passed, "", "ready"},
	"slow":  {"sleep 4; echo awake", 2 * time.Minute, result.Passed, "", "awake\nready"},
	"never": {"echo waiting; sleep 3600", 4 * time.Second, result.Fault, "", "waiting"},
	"dying": {"sleep 1; echo no disk; exit 3", 2 * time.Minute, result.Fault, "it ended with exit code 3", "no disk"},
}

// TestServicesOnRealContainers goes through every way to be ready and every
// fate, each on a booted machine of its own; builds are left out.
func TestServicesOnRealContainers(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no Docker")
	}
	e := realEngine(t)
	buildHealthImage(t)
	p := realPlan(t, e)
	var console bytes.Buffer
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // nothing is buffered
	agent := realAgent(t)
	begin := time.Now()
	got, err := run.Run(t.Context(), p, e, run.Options{
		Source: sourceTar, Dir: root, Console: &console, Keep: "never",
		Agent: func(string) (io.ReadCloser, error) { return os.Open(agent) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d machines in %s", len(ways)*len(fates), time.Since(begin).Round(time.Second))
	var told strings.Builder
	if err := report.Console(&told, got, report.Style{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\n%s", &console, &told)
		}
	})
	for _, way := range slices.Sorted(maps.Keys(ways)) {
		for _, fate := range slices.Sorted(maps.Keys(fates)) {
			t.Run(way+" "+fate, func(t *testing.T) { judgeStore(t, got, told.String(), dir, way, fate) })
		}
	}
	nothingIsLeft(t, p.Input.Run)
}

// judgeStore wants of one machine what its store's way and fate say.
func judgeStore(t *testing.T, got result.Run, told, dir, way, fate string) {
	w, f, name := ways[way], fates[fate], way+"-"+fate
	j := jobOf(t, got, name+"/test")
	p := phaseOf(t, got, j.Name, "services")
	if p.Outcome != f.outcome {
		t.Fatalf("%s: %s\n%+v", p.Outcome, p.Reason, p.Problem)
	}
	log, err := os.ReadFile(filepath.Join(dir, name, "service-store.log"))
	user := map[bool]string{true: "games", false: "root"}[way == "health"]
	if err != nil || !strings.HasPrefix(string(log), "the store starts as "+user+"\n") || !strings.Contains(string(log), f.last+"\n") {
		t.Errorf("its log: %v\n%s", err, log)
	}
	if f.outcome == result.Passed {
		if c := p.Checks[0]; c.Subject != "store" || c.Attribute != "ready" || !strings.HasPrefix(c.Expected, w.probe) {
			t.Errorf("%+v", c)
		}
		return
	}
	found := f.found
	if found == "" {
		found = w.found
	}
	_, digest, there := strings.Cut(told, "⚡ "+name+" services: the service store is not ready\n")
	if !there {
		t.Fatalf("the report does not tell:\n%s", told)
	}
	digest, _, _ = strings.Cut(digest, "\n\n")
	for _, words := range []string{"expected " + w.probe, ", within ", found, "the store starts as " + user, f.last, name + "/service-store.log", "services.store: its image"} {
		if !strings.Contains(digest, words) {
			t.Errorf("the report does not say %q:\n%s", words, digest)
		}
	}
}

// realPlan is a machine for every way and fate, with nothing to install.
func realPlan(t *testing.T, e engine.Engine) plan.Plan {
	t.Helper()
	var all plan.Plan
	for way, w := range ways {
		for fate, f := range fates {
			store := settings.Service{Image: labImage, Ready: w.ready, Entrypoint: settings.Words{"sh", "-c", storeScript}}
			store.Environment = settings.Variables{"UNTIL": f.until, "ANSWER": "200 Fine"}
			if way == "health" {
				store.Image = healthImage
			}
			if way == "http" && fate == "never" { // it is there, and not well
				store.Environment = settings.Variables{"UNTIL": "echo waiting", "ANSWER": "503 Not Yet"}
			}
			store.Ready.Deadline = settings.Duration(f.deadline)
			p := planOf(t, e, store)
			for _, j := range p.Jobs {
				addReal(&all, j, way+"-"+fate)
			}
			all.Input, all.Ladder = p.Input, p.Ladder
		}
	}
	all.Builds, all.Machines = 1, 2
	all.Input.Run = "test-" + strings.ToLower(rand.Text()[:8])
	return all
}

// addReal takes a job into the plan of all; tests end when services are ready.
func addReal(all *plan.Plan, j plan.Job, name string) {
	switch j.Kind {
	case plan.Environment, plan.Build:
		return
	case plan.Test:
		j.Name, j.Distro = name+"/test", name
		j.Needs = slices.DeleteFunc(j.Needs, func(need string) bool { return strings.Contains(need, "/build/") })
		j.Beside, j.Phases = nil, j.Phases[:2]
	}
	if !slices.ContainsFunc(all.Jobs, func(other plan.Job) bool { return other.Name == j.Name }) {
		all.Jobs = append(all.Jobs, j)
	}
}

// planOf is what the product plans for debian-13 and a store.
func planOf(t *testing.T, e engine.Engine, store settings.Service) plan.Plan {
	t.Helper()
	catalogue, err := distros.All()
	if err != nil {
		t.Fatal(err)
	}
	in := input(nil)
	if in.Families, err = distros.Families(); err != nil {
		t.Fatal(err)
	}
	if in.Distros, err = distros.Match(catalogue, []string{"debian-13"}); err != nil {
		t.Fatal(err)
	}
	h, err := e.Host(t.Context())
	if err != nil {
		t.Fatalf("these tests want a Docker daemon (or -short): %v", err)
	}
	in.Host = plan.Host{
		Engine: h.Name, Version: h.Version, Platform: h.Platform, CPUs: h.CPUs, Memory: h.Memory, Cgroup: h.Cgroup,
		AppArmor: h.AppArmor, SELinux: h.SELinux, Rootless: h.Rootless, UserNS: h.UserNS,
	}
	in.Settings.Images, in.Settings.CheckValidUntil = settings.Map{"debian-13": labImage}, true
	in.Settings.BootTimeout = settings.Duration(3 * time.Minute)
	in.Settings.Services.Named = map[string]settings.Service{"store": store}
	p, err := plan.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func realEngine(t *testing.T) engine.Engine {
	t.Helper()
	e, err := docker.Open(docker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// realAgent is the agent alone: the whole binary takes longer to build.
func realAgent(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "agent")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, "../check/testdata/agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the agent: %v\n%s", err, out)
	}
	return file
}

// buildHealthImage makes an image with a health check, for the time of a test.
func buildHealthImage(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", "build", "-q", "-t", healthImage, "-")
	cmd.Stdin = strings.NewReader(healthFile)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", healthImage, err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("docker", "rmi", "-f", healthImage).CombinedOutput(); err != nil {
			t.Errorf("remove %s: %v\n%s", healthImage, err, out)
		}
	})
}

// nothingIsLeft wants no container and no network of a run on the engine.
func nothingIsLeft(t *testing.T, id string) {
	t.Helper()
	for _, list := range [][]string{{"ps", "-aq"}, {"network", "ls", "-q"}} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		out, err := exec.CommandContext(ctx, "docker", append(list, "--filter", "label="+engine.LabelRun+"="+id)...).Output()
		cancel()
		if err != nil || len(out) > 0 {
			t.Errorf("%v: %v, left: %s", list, err, out)
		}
	}
}
