package docker

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
)

// testImage is made by lab/images.sh.
const testImage = "lab/debian:12"

// careful leaves the orphans of others on this daemon alone: it sweeps with
// the engine's own choice and removal, among the suite's things only.
type careful struct{ *Engine }

func (c careful) Sweep(ctx context.Context, w engine.Which) ([]string, error) {
	if w.All {
		return nil, errors.New("a test does not sweep all")
	}
	things, err := c.things(ctx, engine.LabelRun)
	if err != nil {
		return nil, err
	}
	things = slices.DeleteFunc(things, func(t thing) bool { return !strings.HasPrefix(t.labels[engine.LabelRun], "suite-") })
	if !w.Orphans {
		return c.Engine.Sweep(ctx, w)
	}
	if w.Look {
		return namesOf(c.choose(ctx, things, w)), nil
	}
	return c.remove(ctx, c.choose(ctx, things, w))
}

// openHere is an engine that is closed in the end.
func openHere(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// open is an engine that a test asks the contract of.
func open(t *testing.T, o Options) (engine.Engine, string) {
	t.Helper()
	e := openHere(t, o)
	if _, err := e.Host(t.Context()); err != nil {
		t.Fatalf("these tests want a Docker daemon (or -short): %v", err)
	}
	found, err := e.Find(t.Context(), testImage, nil)
	if err != nil || len(found) == 0 {
		t.Fatalf("no image %s: run lab/images.sh 12 (%v)", testImage, err)
	}
	return careful{e}, testImage
}

func needDocker(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no Docker")
	}
}

func TestDockerHoldsTheContract(t *testing.T) {
	needDocker(t)
	enginetest.Suite(t, func(t *testing.T) (engine.Engine, string) { return open(t, Options{}) })
}

// startOne is one container that waits for commands.
func startOne(t *testing.T) (*Engine, engine.ID) {
	t.Helper()
	wrapped, image := open(t, Options{})
	e := wrapped.(careful).Engine
	g := enginetest.NewGroup(t, e, nil)
	if err := e.Setup(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	id, err := e.Start(t.Context(), g, engine.Spec{
		Name: "one", Image: image, Platform: "linux/" + runtime.GOARCH, Command: []string{"sleep", "infinity"}, Reaper: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, id
}

// A kernel without IPv6 is played by a parameter that this one has not.
func TestKernelWithoutIPv6IsTold(t *testing.T) {
	needDocker(t)
	opened, image := open(t, Options{})
	e := opened.(careful).Engine
	g := engine.Group{Name: "suite-no-ipv6", Labels: map[string]string{engine.LabelRun: "suite-no-ipv6"}}
	if err := e.Setup(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	defer e.Destroy(context.WithoutCancel(t.Context()), g) //nolint:errcheck // a sweep would find it
	s := engine.Spec{Name: "none", Image: image, Platform: "linux/amd64", Command: []string{"true"}}
	h := hostConfig(g, s)
	h.Sysctls = map[string]string{"net.ipv6.conf.none.disable_ipv6": "0"}
	if _, err := e.start(t.Context(), g, s, h); err == nil || !lacksIPv6(err) {
		t.Errorf("got %v", err)
	}
}
