package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// upgrading is the begin of a plan's upgrade from somewhere, in words.
func upgrading(t *testing.T, in plan.Input, from ...string) []string {
	t.Helper()
	in.Settings.Test.UpgradeFrom = from
	var words []string
	for _, j := range newPlan(t, in).Jobs {
		for _, phase := range j.Phases {
			for _, s := range phase.Steps {
				if j.Name == "debian-12/test" && phase.Name == "upgrade" {
					words = append(words, s.String())
				}
			}
		}
	}
	return words[1:slices.Index(words, "apt: install the older version")]
}

func TestOlderPackagesThatAreHandedIn(t *testing.T) {
	in := input()
	in.Finished = map[plan.Origin][]string{{Setting: "test.upgrade_from", Format: "deb", Where: "old/debian-12"}: {"old/debian-12/greeter_1_all.deb"}}
	want := []string{
		"copy in old/debian-12/greeter_1_all.deb to /drone-packages/older/given",
		"make a repository of the older packages", "find the older version among them",
	}
	if d := cmp.Diff(want, upgrading(t, in, "old/{{ .distro.name }}")); d != "" {
		t.Error(d)
	}
}

// What a release that is out does amiss, nobody can mend in the one under test.
func TestTheChecksOfAGivenReleaseAreLenient(t *testing.T) {
	for from, want := range map[string][]bool{"": {false, false}, "synthetic": {false, false}, "deb https://x.example/ bookworm main": {true, false}} {
		in := input()
		in.Settings.Test.Check = settings.Checks{Sources: []settings.CheckSource{{File: "x.yml", Text: "{file: {/etc/x: {exists: true}}}"}}}
		if from != "" {
			in.Settings.Test.UpgradeFrom = settings.Origins{from}
		}
		var got []bool
		for _, j := range newPlan(t, in).Jobs {
			for _, phase := range j.Phases {
				for _, s := range phase.Steps {
					if a, ok := s.(plan.AskChecks); ok && j.Name == "debian-12/test" && phase.Name == "upgrade" {
						got = append(got, a.Request.Lenient)
					}
				}
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", from, d)
		}
	}
}

func TestOlderPackagesOfAnArchive(t *testing.T) {
	const line = "deb https://me:word@x.example/ {{ .distro.suite }} main"
	if d := cmp.Diff([]string{"find the older version in deb https://x.example/ bookworm main"}, upgrading(t, input(), line)); d != "" {
		t.Error(d)
	}
	in := input()
	in.Settings.Test.UpgradeFrom = settings.Origins{line, "deb https://y.example/ ./"}
	for _, j := range newPlan(t, in).Jobs {
		for _, phase := range j.Phases {
			for _, s := range phase.Steps {
				if e, ok := s.(plan.Exec); ok && e.Env["DP_ARCHIVE"] != "" && j.Distro == "debian-13" &&
					(e.Env["DP_ARCHIVE"] != "deb https://me:word@x.example/ trixie main\ndeb https://y.example/ ./" || !e.Exact || !e.Tested) {
					t.Errorf("%+v", e)
				}
			}
		}
	}
}

func TestOriginsOfOlderPackagesAreThoseOfTheMachine(t *testing.T) {
	in := targeted(map[string]settings.List{"debian-12": {"debian-13"}})
	in.Settings.Test.UpgradeFrom = settings.Origins{"old/{{ .distro.name }}"}
	got, err := plan.Origins(in)
	if d := cmp.Diff([]plan.Sought{{plan.Origin{Setting: "test.upgrade_from", Format: "deb", Where: "old/debian-13"}, []string{"debian-13"}}}, got); d != "" || err != nil {
		t.Error(err, d)
	}
	in.Settings.Test.UpgradeFrom = settings.Origins{"deb https://x.example {{ .distro.siute }} main"}
	if _, err := plan.Origins(in); err == nil || !strings.HasPrefix(err.Error(), "test.upgrade_from:1:33: ") {
		t.Errorf("got %v", err)
	}
}

func TestNoUpgradeIsTold(t *testing.T) {
	in := input()
	in.Settings.Test.UpgradeFrom = settings.Origins{"none"}
	p := newPlan(t, in)
	if got := phases(p, "debian-12/test"); strings.Contains(got, "grade") {
		t.Errorf("phases: %s", got)
	}
	if !strings.Contains(p.String(), "note: no upgrade is tested: test.upgrade_from is none\n") {
		t.Errorf("not told:\n%s", p)
	}
}

func TestUpgradeFromAndExpectThatCannotBe(t *testing.T) {
	for want, test := range map[string]settings.Test{
		"test.upgrade_from: none excludes all others":                                {UpgradeFrom: settings.Origins{"old", "none"}},
		"test.upgrade_from: synthetic excludes all others":                           {UpgradeFrom: settings.Origins{"synthetic", "old"}},
		"test.upgrade_from: lines for package managers, or paths and URLs, not both": {UpgradeFrom: settings.Origins{"old", "deb https://x ./"}},
		`test.expect: no service is judged in "remove"; there are: install, reboot, reinstall, return, upgrade, downgrade`: {
			Expect: map[string]map[string]settings.Expected{"remove": nil}},
	} {
		in := input()
		in.Settings.Test = test
		if _, err := plan.New(in); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestExpectationsReachTheirPhases(t *testing.T) {
	in := input()
	in.Settings.Test.Expect = map[string]map[string]settings.Expected{
		"install": {"greeter": {Enabled: "disabled"}}, "upgrade": {"greeter.socket": {Active: "kept", Restarted: "false"}},
	}
	got := map[string][]map[string]check.Wanted{}
	for _, j := range newPlan(t, in).Jobs {
		for _, phase := range j.Phases {
			for _, s := range phase.Steps {
				if a, ok := s.(plan.Ask); ok && j.Name == "debian-12/test" && a.Request.Units != nil {
					got[phase.Name] = append(got[phase.Name], a.Request.Units)
				}
			}
		}
	}
	socket := map[string]check.Wanted{"greeter.socket": {Active: "kept", Restarted: "false"}}
	want := map[string][]map[string]check.Wanted{
		"service": {{"greeter.service": {Enabled: "disabled"}}}, "upgrade": {socket, socket, socket, socket},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
