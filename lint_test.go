package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// Tags of lintian that the good package is known to have, less one that it
// overrides. Whether they fail the run is the user's to say.
func TestFindingsOfLintian(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/broken/good")
	override := filepath.Join(dir, "debian/good.lintian-overrides")
	if err := os.WriteFile(override, []byte("good: section-is-dh_make-template\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	lint := func(failOn string) (outcome, result.Phase, []string) {
		o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_LINT="+failOn, "PLUGIN_ONLY=debian-13/good/lint")
		var tags []string
		for _, c := range o.phases("debian-13")["lint"].Checks {
			tags = append(tags, c.Severity+" "+c.Attribute)
		}
		return o, o.phases("debian-13")["lint"], tags
	}
	o, p, tags := lint("report")
	if o.code != 0 || p.Outcome != result.Passed {
		t.Errorf("exit code %d, lint %s", o.code, p.Outcome)
	}
	for _, tag := range []string{"error extended-description-is-empty", "warning no-manual-page"} {
		if !slices.Contains(tags, tag) {
			t.Errorf("no %s among %q", tag, tags)
		}
	}
	if slices.Contains(tags, "error section-is-dh_make-template") {
		t.Error("what the package overrides is found")
	}
	o, _, _ = lint("error")
	o.wantRed(t, "debian-13", []string{"lint"}, []string{"debian-13 good lint: lint good: extended-description-is-empty", "warning"})
}
