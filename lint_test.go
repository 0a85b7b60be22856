package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	o, p, tags := lint(t, dir, "debian-13/good", "report")
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
	o, _, _ = lint(t, dir, "debian-13/good", "error")
	o.wantRed(t, "debian-13", []string{"lint"}, []string{"debian-13 good lint: lint good: extended-description-is-empty", "warning"})
}

// The same of rpmlint, whose overrides are in a file beside the spec file.
func TestFindingsOfRPMLint(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/rpm/failing")
	override := filepath.Join(dir, "failing.rpmlintrc")
	if err := os.WriteFile(override, []byte(`addFilter("no-url-tag")`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o, p, tags := lint(t, dir, "fedora-43/failing", "report", rpmLab)
	if o.code != 0 || p.Outcome != result.Passed {
		t.Errorf("exit code %d, lint %s", o.code, p.Outcome)
	}
	for _, tag := range []string{"error no-group-tag", "warning no-documentation"} {
		if !slices.Contains(tags, tag) {
			t.Errorf("no %s among %q", tag, tags)
		}
	}
	if slices.Contains(tags, "warning no-url-tag") {
		t.Error("what the package overrides is found")
	}
	o, _, _ = lint(t, dir, "fedora-43/failing", "error", rpmLab)
	o.wantRed(t, "fedora-43", []string{"lint"}, []string{"lint failing: no-group-tag", "lint failing.src: no-group-tag", "warning"})
}

// lint lints one package of a distro: DISTRO/PACKAGE. Its findings are
// "SEVERITY TAG".
func lint(t *testing.T, dir, of, failOn string, environ ...string) (outcome, result.Phase, []string) {
	t.Helper()
	distro, _, _ := strings.Cut(of, "/")
	o := runIn(t, dir, append(environ, "PLUGIN_DISTROS="+distro, "PLUGIN_LINT="+failOn, "PLUGIN_ONLY="+of+"/lint")...)
	var tags []string
	p := o.phases(distro)["lint"]
	for _, c := range p.Checks {
		tags = append(tags, c.Severity+" "+c.Attribute)
	}
	return o, p, tags
}
