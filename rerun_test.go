package main_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// One distro is red and is mended: just that is done again, and the report
// tells of both, and of which run each is.
func TestRerunDoesWhatWasRed(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/broken/good")
	commit := exec.CommandContext(t.Context(), "sh", "-ec", "git init -q; git add -A; git -c user.name=x -c user.email=x@example.org commit -qm x")
	commit.Dir = dir
	if out, err := commit.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	settings := []string{"PLUGIN_DISTROS=debian-12,debian-13", `PLUGIN_TEST={"lifecycle": "service,check", "check_on": {"debian-13": {"file": {"/etc/nobody-has-this": {"exists": true}}}}}`}
	first := runIn(t, dir, settings...)
	first.wantRed(t, "debian-13", []string{"check"}, nil)
	first.wantRed(t, "debian-12", nil, nil)

	settings = []string{settings[0], `PLUGIN_TEST={"lifecycle": "service,check"}`, "PLUGIN_RERUN=failed"}
	second := runIn(t, dir, settings...)
	if second.code != 0 {
		t.Errorf("exit code %d", second.code)
	}
	log, _, _ := strings.Cut(second.output, gridHead.FindString(second.output))
	for _, want := range []string{"note: rerun: failed: debian-13 was not green in run " + first.run.ID, "debian-12 is kept from it", " debian-13 build "} {
		if !strings.Contains(log, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Contains(log, " debian-12 build ") {
		t.Error("debian-12 was built again")
	}
	if d := cmp.Diff(jobsOn(first.run, "debian-12"), jobsOn(second.run, "debian-12")); d != "" {
		t.Errorf("what was kept is another:\n%s", d)
	}
	for _, j := range jobsOn(second.run, "debian-13") {
		if j.Outcome != result.Passed {
			t.Errorf("%s: %s %s", j.Name, j.Outcome, j.Reason)
		}
	}
	kept := []result.Earlier{{ID: first.run.ID, Started: first.run.Started, Source: first.run.Source, Distros: []string{"debian-12"}}}
	if d := cmp.Diff(kept, second.run.Earlier); d != "" {
		t.Error(d)
	}
	if !strings.Contains(second.output, "2 passed in") || !strings.Contains(second.output, "kept from run "+first.run.ID+" of "+first.run.Source.Revision+": debian-12") {
		t.Error("the end does not tell of both")
	}
	verify := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", "SHA256SUMS")
	verify.Dir = filepath.Join(dir, "dist")
	if out, err := verify.CombinedOutput(); err != nil || strings.Count(string(out), ".deb: OK") != 2 {
		t.Errorf("%v: want two debs\n%s", err, out)
	}

	// Now nothing is red.
	third := runIn(t, dir, settings...)
	if third.code != 0 || !strings.Contains(third.output, "nothing was red in run "+second.run.ID) {
		t.Errorf("exit code %d", third.code)
	}
	if d := cmp.Diff(second.run.Jobs, third.run.Jobs); d != "" {
		t.Errorf("something was done:\n%s", d)
	}
}

func jobsOn(run result.Run, distro string) []result.Job {
	return slices.DeleteFunc(slices.Clone(run.Jobs), func(j result.Job) bool { return j.Distro != distro })
}
