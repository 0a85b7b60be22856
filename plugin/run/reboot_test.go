package run_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// An init that knows no stop signal is told to halt before its machine is
// stopped, and may end whoever told it.
func TestAMachineIsHaltedBeforeItIsStopped(t *testing.T) {
	w := newWorld(t, "debian-12")
	family := w.in.Families["debian"]
	family.Inits = map[string]distros.Init{"sysvinit": {Command: []string{"/sbin/init"}, Halt: "<halt>"}}
	w.in.Families["debian"] = family
	w.in.Settings.Init = settings.Map{"*": "sysvinit"}
	w.in.Settings.Test.Lifecycle = settings.List{"reboot"}
	w.rule(enginetest.Rule{Match: "<halt>", Code: 137})
	if p := phaseOf(t, w.run(t.Context()), "debian-12/test", "reboot"); p.Outcome != result.Passed {
		t.Errorf("reboot %s: %s", p.Outcome, p.Reason)
	}
	calls := w.fake.Journal()
	halt := slices.IndexFunc(calls, func(c string) bool { return strings.Contains(c, "<halt>") })
	stop := slices.IndexFunc(calls, func(c string) bool { return strings.HasPrefix(c, "reboot ") })
	if halt < 0 || stop < halt {
		t.Errorf("halted by call %d, stopped by call %d of\n%s", halt, stop, strings.Join(calls, "\n"))
	}
}
