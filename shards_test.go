package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// shardSettings is three distros, the last of which is the user's own and red.
const shardSettings = `distros: [debian-12, debian-13, acme]
define: {acme: {family: debian, image: "lab/debian:13", init: systemd-sysv}}
test:
  lifecycle: [service, check, purge]
  check_on: {acme: {file: {/etc/nobody-has-this: {exists: true}}}}
`

// Each distro in a workspace of its own, as a CI system does it, and all of
// them in one: the reports are the same, but for times. A shard that does not
// report is red.
func TestShardsMergedAreOneRun(t *testing.T) {
	one := shardTree(t)
	planned := printed(t, one, 0, "plan", "--format", "json")
	var matrix struct{ Distro []string }
	if err := json.Unmarshal([]byte(printed(t, one, 0, "plan", "--format", "github")), &matrix); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"debian-12", "debian-13", "acme"}, matrix.Distro); d != "" {
		t.Fatal(d)
	}
	fanIn := t.TempDir()
	if err := os.WriteFile(filepath.Join(fanIn, "plan.json"), []byte(planned), 0o644); err != nil {
		t.Fatal(err)
	}
	merge := []string{"report", "merge", "--plan", "plan.json", "--output"}
	var folders []string
	for _, distro := range matrix.Distro {
		dir := shardTree(t)
		o := runIn(t, dir, "PLUGIN_DISTROS="+distro)
		if want := map[string]int{"acme": 1}[distro]; o.code != want {
			t.Errorf("%s by itself: exit code %d", distro, o.code)
		}
		folders = append(folders, filepath.Join(dir, "dist"))
	}
	whole := runIn(t, one)

	printed(t, fanIn, 1, append(append(merge, "dist"), folders...)...)
	merged := resultsIn(t, filepath.Join(fanIn, "dist"))
	if d := cmp.Diff(timeless(whole.run), timeless(merged), butTimes...); d != "" {
		t.Errorf("one run (-), shards merged (+):\n%s", d)
	}
	if d := cmp.Diff(grid(printed(t, one, 1, "report")), grid(printed(t, fanIn, 1, "report"))); d != "" {
		t.Errorf("the grid of one run (-), of shards merged (+):\n%s", d)
	}
	verify := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", "SHA256SUMS")
	verify.Dir = filepath.Join(fanIn, "dist")
	if out, err := verify.CombinedOutput(); err != nil || bytes.Count(out, []byte(".deb: OK")) != 3 {
		t.Errorf("%v: want three debs\n%s", err, out)
	}
	for _, j := range merged.Jobs {
		if _, err := os.Stat(filepath.Join(fanIn, "dist", j.Log)); err != nil {
			t.Errorf("%s: no log: %v", j.Name, err)
		}
	}

	// Nobody knows what became of acme: that is no success of the others.
	out := printed(t, fanIn, 3, append(append(merge, "two"), folders[:2]...)...)
	for _, want := range []string{`acme +⚡ +– +–`, "its shard, acme, did not report", "2 passed, 1 with a fault"} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("it does not say %s:\n%s", want, out)
		}
	}
}

// shardTree is a workspace of those settings.
func shardTree(t *testing.T) string {
	t.Helper()
	dir := copyTree(t, "testdata/broken/good")
	if err := os.WriteFile(filepath.Join(dir, "packages.yml"), []byte(shardSettings), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// printed is what the binary prints to stdout in a folder; it wants an exit code.
func printed(t *testing.T, dir string, code int, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PLUGIN_IMAGES="+lab)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // the exit code is looked at
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("%q: exit code %d, want %d\n%s%s", args, got, code, stdout.String(), stderr.String())
	}
	return stdout.String()
}

func resultsIn(t *testing.T, dir string) result.Run {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	run, err := result.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// grid is what a report begins with, without the times.
func grid(text string) string {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "\n"), "\n\n")
	return regexp.MustCompile(` +\d+:\d\d`).ReplaceAllString(text, "")
}

// timeless is a run without what caches make of it, and without the numbers of
// processes.
func timeless(run result.Run) result.Run {
	pid := regexp.MustCompile(`pid \d+`)
	run.Jobs = slices.Clone(run.Jobs)
	for i, j := range run.Jobs {
		if j.Kind == "environment" || j.Kind == "machine" {
			run.Jobs[i].Cached, run.Jobs[i].Phases = false, nil
		}
		for _, p := range j.Phases {
			for n := range p.Checks {
				p.Checks[n].Found = pid.ReplaceAllString(p.Checks[n].Found, "pid N")
			}
		}
	}
	return run
}

// butTimes is what of two runs of the same must be equal: all but times, what
// caches spared, ids, where it was, and digests of what has times in it.
var butTimes = []cmp.Option{
	cmpopts.IgnoreFields(result.Run{}, "ID", "Started", "Duration", "Saved"),
	cmpopts.IgnoreFields(result.Job{}, "Started", "Waited", "Duration", "Idle", "Saved"),
	cmpopts.IgnoreFields(result.Phase{}, "Duration", "Log"),
	cmpopts.IgnoreFields(result.Check{}, "Duration"),
	cmpopts.IgnoreFields(result.Problem{}, "Log"),
	cmpopts.IgnoreFields(result.Source{}, "Path"),
	cmpopts.IgnoreFields(result.Package{}, "Size", "SHA256"),
	cmpopts.EquateEmpty(),
}
