package main_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// moments are lines by which a run shows which phase it is in.
var moments = map[string]string{
	"environment": "environment  install the toolchain",
	"build":       "build        build",
	"install":     "install      apt: install",
}

var runLine = regexp.MustCompile(`· run (\w+)`)

// TestNothingIsLeftAfterAnySignal interrupts a run in each phase, politely
// and not, and wants everything of it gone within seconds.
func TestNothingIsLeftAfterAnySignal(t *testing.T) {
	for _, phase := range []string{"environment", "build", "install"} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
			t.Run(fmt.Sprintf("%s/%s", phase, signal), func(t *testing.T) {
				interrupt(t, phase, signal)
			})
		}
	}
}

func interrupt(t *testing.T, phase string, signal syscall.Signal) {
	if testing.Short() {
		t.Skip("short: needs the real engine")
	}
	dir := copyTree(t, "testdata/broken/good")
	if phase == "environment" {
		uncached(t, dir)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PLUGIN_IMAGES="+lab, "PLUGIN_DISTROS=debian-13")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var id string
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if m := runLine.FindStringSubmatch(lines.Text()); m != nil {
			id = m[1]
		}
		if strings.Contains(lines.Text(), moments[phase]) {
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // the exit code is looked at below
	if id == "" {
		t.Fatal("the run did not say its id")
	}
	if signal != syscall.SIGKILL && cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("exit code %d, want 130", cmd.ProcessState.ExitCode())
	}
	goneWithin(t, id, 20*time.Second)
}

// uncached makes the environment of a tree one that no run has made before.
func uncached(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, "debian", "control")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	conflict := fmt.Sprintf("Build-Conflicts: nobody-%d\n", time.Now().UnixNano())
	if err := os.WriteFile(file, append([]byte(conflict), text...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// goneWithin waits until nothing of a run is left.
func goneWithin(t *testing.T, id string, limit time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for leftOf(t, id) != "" {
		select {
		case <-ctx.Done():
			t.Fatalf("left %s after the end:\n%s", limit, leftOf(t, id))
		case <-tick.C:
		}
	}
}
