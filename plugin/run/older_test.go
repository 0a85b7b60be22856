package run_test

import (
	"context"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// upgradingFrom is a world that upgrades from an archive which tells this.
func upgradingFrom(t *testing.T, tells string) *world {
	t.Helper()
	w := newWorld(t, "debian-12")
	for _, r := range []distros.Recipe{distros.Archive, distros.Upgrade, distros.Downgrade} {
		w.in.Families["debian"].Recipes[r] = "<" + string(r) + ">"
	}
	w.in.Settings.Test.Lifecycle = settings.List{"upgrade"}
	w.in.Settings.Test.UpgradeFrom = settings.Origins{"deb https://x.example/ ./"}
	w.rule(enginetest.Rule{Match: "<archive>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		if got := c.Getenv("DP_PACKAGES"); got != "greeter=1.4.0" {
			t.Errorf("older than what? DP_PACKAGES=%q", got)
		}
		return engine.Exit{}, c.Print(tells, "")
	}})
	return w
}

func TestAnOlderVersionIsUpgraded(t *testing.T) {
	w := upgradingFrom(t, "package greeter 1.3.0 - -\n")
	var asked []string
	w.rule(enginetest.Rule{Match: "<upgrade>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		asked = append(asked, c.Getenv("DP_PACKAGES"))
		return engine.Exit{}, nil
	}})
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "upgrade")
	if p.Outcome != result.Passed || len(asked) != 5 || asked[0] != "greeter=1.3.0" || asked[1] != "greeter=1.4.0" {
		t.Errorf("%s (%s): %q", p.Outcome, p.Reason, asked)
	}
}

func TestAnUpgradeFromNothingIsNone(t *testing.T) {
	for tells, want := range map[string]string{
		"no older greeter: 1.4.0 is under test, there is 1.4.0\n": "there is nothing to upgrade from",
		"package greeter 1.4.0 - -\n":                             "there is nothing to upgrade: greeter 1.4.0 is the version under test as well",
	} {
		p := phaseOf(t, upgradingFrom(t, tells).run(t.Context()), "debian-12/test", "upgrade")
		if p.Outcome != result.Failed || p.Reason != want || p.Problem.Hint == "" {
			t.Errorf("%s: %s: %+v", tells, p.Outcome, p.Problem)
		}
	}
}
