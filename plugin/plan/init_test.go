package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// withInits is input with a family that knows other inits.
func withInits(asked settings.Map) plan.Input {
	in := input()
	in.Settings.Init = asked
	family := in.Families["debian"]
	family.Inits = map[string]distros.Init{
		"systemd":  {Own: true, Packages: []string{"systemd", "dbus"}, Prepare: "mask units"},
		"sysvinit": {Packages: []string{"sysvinit-core"}, Command: []string{"/sbin/init"}, Tmpfs: map[string]string{"/run": "rw"}, Halt: "init 0", Prepare: "no getty"},
		"none":     {Command: []string{"sleep", "infinity"}, Reaper: true},
	}
	in.Families["debian"] = family
	return in
}

func TestEachDistroHasTheInitThatIsAskedFor(t *testing.T) {
	p := newPlan(t, withInits(settings.Map{"debian-*": "sysvinit", "bookworm": "systemd"}))
	for name, want := range map[string][]string{
		"debian-12": {"systemd-sysv systemd dbus", "boots systemd-sysv", "SYS_ADMIN in its own cgroup namespace, else privileged", "systemd", ""},
		"debian-13": {"sysvinit-core", "boots sysvinit", "no added rights", "sysvinit", "init 0"},
	} {
		machine, test := jobOf(t, p, name+"/machine"), jobOf(t, p, name+"/test")
		steps := machine.Phases[0].Steps
		boot, _ := test.Phases[0].Steps[0].(plan.Boot)
		var halt string
		for _, phase := range test.Phases {
			for _, s := range phase.Steps {
				if r, ok := s.(plan.Reboot); ok {
					halt = r.Halt
				}
			}
		}
		got := []string{machine.Container.Env["DP_INIT"], machine.Cause, strings.TrimPrefix(boot.String(), "boot: "), boot.Ask.Init, halt}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
		if len(steps) != 3 || steps[2].String() != "make it fit for a container" {
			t.Errorf("%s: steps %v", name, steps)
		}
	}
	for _, line := range []string{"note: debian-13 is tested on a machine that boots sysvinit\n", "machines boot systemd with "} {
		if !strings.Contains(p.String(), line) {
			t.Errorf("the plan does not say %q", line)
		}
	}
}

func TestWithoutAnInitNoStatesAreGoneThrough(t *testing.T) {
	p := newPlan(t, withInits(settings.Map{"*": "none"}))
	for _, phase := range jobOf(t, p, "debian-13/test").Phases {
		for _, s := range phase.Steps {
			if a, ok := s.(plan.Ask); ok && (a.Request.Question == check.State || a.Request.Init != "none") {
				t.Errorf("%s: %s with init %s", phase.Name, a, a.Request.Init)
			}
		}
	}
	if text := p.String(); strings.Contains(text, "boot systemd") || !strings.Contains(text, "debian-13 is tested on a machine that has no init") {
		t.Errorf("the plan says\n%s", text)
	}
}

func TestAnInitThatTheFamilyDoesNotKnow(t *testing.T) {
	_, err := plan.New(withInits(settings.Map{"debian-13": "openrc"}))
	if want := "init: debian-13 knows no openrc: there are none, systemd, sysvinit"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestPrivilegedAlwaysHoldsForEveryInit(t *testing.T) {
	in := withInits(settings.Map{"*": "sysvinit"})
	in.Settings.Privileged = "always"
	boot, _ := jobOf(t, newPlan(t, in), "debian-13/test").Phases[0].Steps[0].(plan.Boot)
	if len(boot.Ladder) != 1 || !boot.Ladder[0].Container.Privileged {
		t.Errorf("the ladder is %+v", boot.Ladder)
	}
}
