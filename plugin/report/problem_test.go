package report_test

import (
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// One cause for which several phases failed is one thing to mend.
func TestWhatSeveralPhasesEndedByIsToldOnce(t *testing.T) {
	ended := func(phase, title, found string) result.Phase {
		return result.Phase{Name: phase, Outcome: result.Failed, Problem: &result.Problem{Title: title, Facts: []result.Fact{{Label: "found", Text: found}}}}
	}
	run := result.Run{Jobs: []result.Job{{
		Name: "debian-12/test", Kind: "test", Distro: "debian-12", Outcome: result.Failed,
		Phases: []result.Phase{ended("check", "http x: body", "one"), ended("restart", "http x: body", "two"), ended("purge", "leftover /y", "a file"), ended("upgrade", "http x: body", "three")},
	}}}
	var b strings.Builder
	if err := report.Console(&b, run, report.Style{}); err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]int{
		"debian-12 check: http x: body": 1, "found    one": 1, "also     the same in restart, upgrade": 1, "debian-12 purge: leftover /y": 1,
		"http x: body": 1, "two": 0, "three": 0,
	} {
		if got := strings.Count(b.String(), words); got != want {
			t.Errorf("%q is said %d times, want %d:\n%s", words, got, want, b.String())
		}
	}
	if len(run.Jobs[0].Phases[0].Problem.Facts) != 1 {
		t.Error("the results have changed")
	}
}
