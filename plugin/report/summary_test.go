package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// rendered is the file that a report makes of a run.
func rendered(t testing.TB, name, file string, run result.Run) string {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // read only
	if err := report.Write(root, run, []string{name}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSummary(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			golden(t, filepath.Join("summary", name), rendered(t, "summary", "summary.md", run()))
		})
	}
}

// many is a run with a number of failures, each of which says much.
func many(n int) result.Run {
	run := result.Run{Schema: result.Schema, Outcome: result.Failed, Output: "dist"}
	for i := range n {
		jobs := distro(fmt.Sprintf("distro-%d", i))[build:]
		stop(&jobs[1], "install", result.Failed, result.Problem{Title: "install failed", Lines: []string{strings.Repeat("log ", 1<<7), "::error::forged", "<script>"}}, true)
		jobs[1].Phases[0].Checks = []result.Check{{Kind: "lint", Subject: "greeter", Attribute: "tag", Outcome: result.Failed, Warning: true}}
		jobs[1].Phases[8].Reason = "of its own"
		run.Jobs = append(run.Jobs, jobs...)
		run.Packages = append(run.Packages, result.Package{Name: "greeter", Distro: jobs[0].Distro, Path: jobs[0].Distro + "/greeter.deb"})
	}
	return run
}

func TestSummaryIsCutToWhatGitHubTakesAndSaysSo(t *testing.T) {
	text := rendered(t, "summary", "summary.md", many(10_000))
	if len(text) > 1<<20 || len(text) < 900_000 {
		t.Errorf("%d bytes of 1 MiB", len(text))
	}
	for _, words := range []string{"of 10000 rows", "of 10000 problems", "of 10000 reasons", "of 10000 warnings", "of 10000 packages", "All of it is in `dist/results.json`"} {
		if !strings.Contains(text[len(text)-500:], words) {
			t.Errorf("it does not say %q: %s", words, text[len(text)-500:])
		}
	}
	if text := rendered(t, "summary", "summary.md", many(3)); strings.Contains(text, "Cut") {
		t.Error("of three something is cut")
	}
}

// A reader's Markdown may make links, HTML and headings of what a build said.
func TestSummaryShowsWhatWasSaidAsItIs(t *testing.T) {
	run := runOf(result.Failed, distro("debian-12"))
	bad := "a|b `c` <script>alert(1)</script> [x](javascript:y) *z* _q_ ![i](u)\n# h"
	stop(&run.Jobs[test], "install", result.Failed, result.Problem{Title: bad, Again: "a `` b", Facts: []result.Fact{{Label: bad, Text: bad}}, Lines: []string{"````", bad}}, true)
	run.Packages[0].Name = bad
	text := rendered(t, "summary", "summary.md", run)
	outside, rest, found := strings.Cut(text, "\n`````text\n")
	_, after, closed := strings.Cut(rest, "\n`````\n")
	if !found || !closed {
		t.Fatalf("what holds four backticks is not in a fence of five:\n%s", text)
	}
	for _, raw := range []string{"<", "[x]", "a|b", " `c`", "*z*", "_q_"} {
		if strings.Contains(outside+after, raw) {
			t.Errorf("%q is there as it was:\n%s", raw, outside+after)
		}
	}
	if !strings.Contains(after, "- **again** ``` a `` b ```\n") {
		t.Errorf("the command is not to be copied:\n%s", after)
	}
}
