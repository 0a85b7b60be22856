package report_test

import (
	"path/filepath"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

func TestSARIF(t *testing.T) {
	for _, name := range []string{"linted", "green", "warned"} {
		golden(t, filepath.Join("sarif", name), rendered(t, "sarif", "lint.sarif", runs[name]()))
	}
}

func TestSARIFNamesRulesLevelsAndFiles(t *testing.T) {
	read, err := sarif.FromString(rendered(t, "sarif", "lint.sarif", linted()))
	if err != nil {
		t.Fatal(err)
	}
	run := read.Runs[0]
	if n := len(run.Tool.Driver.Rules); n != 3 {
		t.Errorf("%d rules of three tags", n)
	}
	for i, want := range []struct{ rule, level, file string }{
		{"no-changelog", "error", "dist/debian-12/greeter_1.4.0_amd64.deb"},
		{"initial-upload-closes-no-bugs", "warning", "dist/debian-12/greeter_1.4.0_amd64.deb"},
		{"no-changelog", "error", ""},
		{"hardening-no-bindnow", "note", "dist/debian-12/greeter_1.4.0_amd64.deb"},
	} {
		got := run.Results[i]
		file := ""
		if at := got.Locations[0].PhysicalLocation; at != nil {
			file = *at.ArtifactLocation.URI
		}
		if *got.RuleID != want.rule || got.Level != want.level || file != want.file || *run.Tool.Driver.Rules[got.RuleIndex].ID != want.rule {
			t.Errorf("%d: %s %s in %q, want %v", i, *got.RuleID, got.Level, file, want)
		}
	}
}
