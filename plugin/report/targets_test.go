package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

func TestOtherDistrosStandBelowTheOneBuiltFor(t *testing.T) {
	passed := func(names ...string) []result.Phase {
		var all []result.Phase
		for _, name := range names {
			all = append(all, result.Phase{Name: name, Outcome: result.Passed})
		}
		return all
	}
	run := result.Run{Outcome: result.Fault, Jobs: []result.Job{
		{Name: "debian-12/build/greeter", Kind: "build", Distro: "debian-12", Package: "greeter", Outcome: result.Passed, Phases: passed("build")},
		{Name: "debian-12/test", Kind: "test", Distro: "debian-12", Outcome: result.Passed, Phases: passed("boot", "install")},
		{Name: "debian-13/machine", Kind: "machine", Distro: "debian-13", Outcome: result.Passed},
		{Name: "debian-12/test/debian-13", Kind: "test", Distro: "debian-13", BuiltFor: "debian-12", Outcome: result.Failed, Phases: []result.Phase{
			{Name: "boot", Outcome: result.Passed}, {Name: "install", Outcome: result.Failed, Problem: &result.Problem{Title: "apt: install failed"}}}},
		{Name: "ubuntu-26.04/image", Kind: "image", Distro: "ubuntu-26.04", Outcome: result.Fault, Reason: "no such image"},
		{Name: "debian-12/test/ubuntu-26.04", Kind: "test", Distro: "ubuntu-26.04", BuiltFor: "debian-12", Outcome: result.Skipped, Reason: "not reached: ubuntu-26.04/image fault"},
	}}
	var b bytes.Buffer
	if err := report.Console(&b, run, report.Style{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"debian-12         ✓     ✓       ✓",
		"  debian-13       ·     ✓       ✗",
		"  ubuntu-26.04    ·     ⚡      –",
		"✗ debian-12 on debian-13 install: apt: install failed",
		"1 passed, 1 failed, 1 with a fault, 1 skipped in",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\nubuntu-26.04 ") || strings.Contains(b.String(), "\ndebian-13 ") {
		t.Errorf("a row of its own for a distro that nothing is built for:\n%s", b.String())
	}
}
