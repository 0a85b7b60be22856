package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// before is a run in which debian-12 does not build and debian-sid is not
// reached; after is what became of it a day later.
func before() result.Run {
	r := runOf(result.Failed, distro("debian-11"), distro("debian-12"), distro("debian-13"), distro("debian-sid"), distro("ubuntu-24.04"))
	r.ID, r.Started, r.Source.Revision = "a1b2", time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), "v1.3.0"
	broken := r.Jobs[5:10]
	stop(&broken[build], "build", result.Failed, result.Problem{Title: "build failed (exit 2)"}, true)
	unreached("not reached: debian-12/build/greeter failed", result.Skipped, &broken[test])
	stop(&r.Jobs[15+test], "check", result.Failed, result.Problem{Title: "executable /usr/bin/greeter: loads"}, false)
	return r
}

func after() result.Run {
	r := runOf(result.Failed, distro("debian-12"), distro("debian-13"), distro("debian-sid"), distro("ubuntu-24.04"), distro("fedora-43"))
	stop(&r.Jobs[5+test], "install", result.Failed, result.Problem{Title: "apt: install failed (exit 100)"}, true)
	stop(&r.Jobs[10+test], "check", result.Failed, result.Problem{Title: "executable /usr/bin/greeter: loads"}, false)
	ubuntu := r.Jobs[15:20]
	ubuntu[build].Phases[0].Duration = 70
	ubuntu[environment].Duration = 700 // a cache that was cold
	phaseOf(&ubuntu[test], "boot").Duration = 8
	*phaseOf(&ubuntu[test], "purge") = result.Phase{Name: "purge", Outcome: result.Skipped, Reason: "test.lifecycle leaves it out"}
	stop(&r.Jobs[20+test], "service", result.Failed, result.Problem{Title: "service greeterd.service: active"}, false)
	p := &r.Packages[3]
	p.Size, p.FileCount = 96_500, 5
	p.Files = []result.File{
		{Path: "/usr/bin/greeter", Size: 90_000}, {Path: "/usr/share/a", Size: 10}, {Path: "/usr/share/b", Size: 3000},
		{Path: "/usr/share/c", Size: 2000}, {Path: "/usr/share/d", Size: 20},
	}
	r.Packages[2].Size += 900
	return r
}

func compared(t *testing.T, old, run result.Run, s report.Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Compare(&b, old, run, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatBecameOfARun(t *testing.T) {
	golden(t, "compare/changed", compared(t, before(), after(), report.Style{}))
	golden(t, "compare/changed.ascii", compared(t, before(), after(), report.Style{ASCII: true}))
	golden(t, "compare/same", compared(t, before(), before(), report.Style{}))
	golden(t, "compare/silent", compared(t, green(), silent(), report.Style{}))
	golden(t, "compare/nothing", compared(t, green(), nothing(), report.Style{}))
}

func TestAGreenRunThatStaysSoSaysSo(t *testing.T) {
	if got := compared(t, green(), green(), report.Style{}); !strings.HasSuffix(got, "\n\nnothing became red, green, slower or bigger\n") {
		t.Errorf("%s", got)
	}
}

func TestWhatIsComparedIsHarmless(t *testing.T) {
	text := compared(t, hostile(), hostile(), report.Style{}) + compared(t, green(), hostile(), report.Style{})
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r) {
			t.Fatalf("%U is shown", r)
		}
	}
}

func TestAnEndThatIsKeptIsToldInEveryReport(t *testing.T) {
	const want = "kept from run a1b2 of v1.4.0-3-g81cd2ee: debian-12"
	for name, file := range map[string]string{"html": "report.html", "summary": "summary.md"} {
		if text := strings.ReplaceAll(rendered(t, name, file, kept()), `\_`, "_"); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
}
