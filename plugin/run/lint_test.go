package run_test

import (
	"context"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// linted is a world in which the linter says something of greeter.
func linted(t *testing.T, lint, said string, code int) *world {
	t.Helper()
	w := newWorld(t, "debian-12")
	w.in.Settings.Lint = lint
	for _, r := range []distros.Recipe{distros.Linter, distros.Lint} {
		w.in.Families["debian"].Recipes[r] = "<" + string(r) + ">"
	}
	w.rule(enginetest.Rule{Match: "<lint>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		if _, err := c.ReadFile(c.Getenv("DP_REPO") + "/greeter/greeter_1.4.0_amd64.deb"); err != nil {
			t.Error(err)
		}
		return engine.Exit{Code: code}, c.Print(said, "")
	}})
	return w
}

const findings = `lintian v2.122.0
finding E greeter no-changelog usr/share/doc/greeter/changelog.gz (non-native package)
finding W greeter initial-upload-closes-no-bugs
finding I greeter hardening-no-bindnow
finding X greeter an-experiment
finding E greeter
`

func TestFindingsOfALinter(t *testing.T) {
	for lint, want := range map[string]struct {
		outcome result.Outcome
		failing string
		title   string
	}{
		"report":  {result.Passed, "", ""},
		"error":   {result.Failed, "no-changelog", "lint greeter: no-changelog"},
		"warning": {result.Failed, "no-changelog initial-upload-closes-no-bugs", "lint greeter: no-changelog (and 1 more)"},
	} {
		t.Run(lint, func(t *testing.T) {
			w := linted(t, lint, findings, 0)
			got := w.run(t.Context())
			p := phaseOf(t, got, "debian-12/lint/greeter", "lint")
			var all, failing []string
			for _, c := range p.Checks {
				all = append(all, c.Severity+" "+c.Attribute)
				if !c.Warning {
					failing = append(failing, c.Attribute)
				}
			}
			const tags = "error no-changelog, warning initial-upload-closes-no-bugs, info hardening-no-bindnow"
			if s := strings.Join(all, ", "); s != tags {
				t.Errorf("found %s, want %s", s, tags)
			}
			if s := strings.Join(failing, " "); p.Outcome != want.outcome || s != want.failing {
				t.Errorf("%s by %q, want %s by %q", p.Outcome, s, want.outcome, want.failing)
			}
			if p.Problem != nil && p.Problem.Title != want.title || p.Problem == nil && want.title != "" {
				t.Errorf("%+v, want %q", p.Problem, want.title)
			}
			if test := phaseOf(t, got, "debian-12/test", "install"); test.Outcome != result.Passed {
				t.Errorf("the test is %s", test.Outcome)
			}
		})
	}
}

func TestALinterThatBreaksIsAFault(t *testing.T) {
	w := linted(t, "report", "lintian: internal error\n", 75)
	if p := phaseOf(t, w.run(t.Context()), "debian-12/lint/greeter", "lint"); p.Outcome != result.Fault || p.Problem.Lines[0] != "lintian: internal error" {
		t.Errorf("%+v", p)
	}
}
