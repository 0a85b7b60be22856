package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// linting is a plan's input for one distro with a setting of lint.
func linting(lint string, only ...string) plan.Input {
	in := input()
	in.Distros = in.Distros[:1]
	in.Settings.Lint, in.Settings.Only = lint, only
	in.Families["debian"].Recipes[distros.Linter] = "echo linter"
	in.Families["debian"].Recipes[distros.Lint] = "echo lint"
	return in
}

func TestLintIsAJobThatNothingWaitsFor(t *testing.T) {
	p := newPlan(t, linting("report"))
	const want = "debian-12/image debian-12/environment/greeter debian-12/build/greeter debian-12/linter debian-12/lint/greeter debian-12/machine debian-12/test"
	if d := cmp.Diff(want, names(p)); d != "" {
		t.Error(d)
	}
	for _, j := range p.Jobs {
		if j.Kind == plan.Test && strings.Contains(strings.Join(j.Needs, " "), "lint") {
			t.Errorf("the test waits for the linter: %v", j.Needs)
		}
		if j.Kind == plan.Lint && strings.Join(j.Needs, " ") != "debian-12/linter debian-12/build/greeter" {
			t.Errorf("the linter needs %v", j.Needs)
		}
	}
}

func TestNothingIsLintedUnasked(t *testing.T) {
	for _, in := range []plan.Input{linting("never"), linting("report", "debian-12/greeter/build"), linting("report", "debian-12/greeter/restart")} {
		if got := names(newPlan(t, in)); strings.Contains(got, "lint") {
			t.Errorf("lint: %s, only: %s: %s", in.Settings.Lint, in.Settings.Only, got)
		}
	}
}

func TestOnlyTheLint(t *testing.T) {
	p := newPlan(t, linting("error", "debian-12/greeter/lint"))
	if got := names(p); strings.Contains(got, "test") || !strings.Contains(got, "lint/greeter") {
		t.Error(got)
	}
	if why := p.Skips[0].Why; why != "debian-12 is built and not tested: only its lint is asked for" {
		t.Error(why)
	}
	_, err := plan.New(linting("never", "debian-12/greeter/lint"))
	if err == nil || err.Error() != "only: debian-12/greeter/lint: nothing is linted: set lint to report, error or warning" {
		t.Errorf("got %v", err)
	}
}

func TestWhichFindingsFail(t *testing.T) {
	for lint, want := range map[string]string{"report": "", "error": "error", "warning": "error warning"} {
		var failing []string
		for _, j := range newPlan(t, linting(lint)).Jobs {
			if j.Kind != plan.Lint {
				continue
			}
			look, ok := j.Phases[0].Steps[1].(plan.Look)
			if !ok {
				t.Fatalf("%T", j.Phases[0].Steps[1])
			}
			for _, s := range []plan.Severity{plan.SevereError, plan.SevereWarning, plan.SevereInfo} {
				if s.Reaches(look.FailOn) {
					failing = append(failing, string(s))
				}
			}
		}
		if got := strings.Join(failing, " "); got != want {
			t.Errorf("lint: %s: %q fail, want %q", lint, got, want)
		}
	}
}

func TestFinishedPackagesAreLinted(t *testing.T) {
	in := finished()
	in.Settings.Lint = "report"
	in.Settings.Only = settings.List{"test", "trixie"}
	const want = "debian-13/image debian-13/fetch/finished debian-13/linter debian-13/lint/finished debian-13/machine debian-13/test"
	if d := cmp.Diff(want, names(newPlan(t, in))); d != "" {
		t.Error(d)
	}
}
