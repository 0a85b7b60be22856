package docker

import (
	"os"
	"testing"

	"github.com/docker/docker/api/types/network"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
)

// A taken-over connection is nobody's but ours to close.
func TestExecLeavesNoConnection(t *testing.T) {
	needDocker(t)
	e, id := startOne(t)
	run := func() {
		if _, err := e.Exec(t.Context(), id, engine.Cmd{Args: []string{"true"}}); err != nil {
			t.Fatal(err)
		}
	}
	run() // what is kept is kept by then
	before := openFiles(t)
	for range 20 {
		run()
	}
	if after := openFiles(t); after > before+5 {
		t.Errorf("%d open files, then %d", before, after)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestNetworksTakePacketsAsTheDaemonsOwn(t *testing.T) {
	needDocker(t)
	e := openHere(t, Options{})
	bridge, err := e.client.NetworkInspect(t.Context(), "bridge", network.InspectOptions{})
	if err != nil {
		t.Skipf("this daemon has no bridge of its own: %v", err)
	}
	g := enginetest.NewGroup(t, e, nil)
	if err := e.Setup(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	ours, err := e.client.NetworkInspect(t.Context(), g.Name, network.InspectOptions{})
	if err != nil || ours.Options[optionMTU] != bridge.Options[optionMTU] {
		t.Errorf("%q, not %q, %v", ours.Options[optionMTU], bridge.Options[optionMTU], err)
	}
}
