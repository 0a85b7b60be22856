package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// going is a world whose machines go through just these phases.
func going(t *testing.T, phases ...string) *world {
	w := newWorld(t, "debian-12")
	w.in.Settings.Test.Lifecycle = phases
	return w
}

func TestAMachineIsRebooted(t *testing.T) {
	w := going(t, "reboot")
	if p := phaseOf(t, w.run(t.Context()), "debian-12/test", "reboot"); p.Outcome != result.Passed {
		t.Errorf("reboot: %+v", p)
	}
	if n := len(w.asked("reboot drone-packages-k7q2-debian-12-test/")); n != 1 {
		t.Errorf("rebooted %d times", n)
	}
	w.says("reboot the machine")
}

func TestAMachineThatDoesNotComeBackIsAFault(t *testing.T) {
	w := going(t, "reboot", "purge")
	w.fake.Fails = []enginetest.Failure{{Call: "reboot", Err: engine.ErrGone}}
	got := w.run(t.Context())
	if p := phaseOf(t, got, "debian-12/test", "reboot"); p.Outcome != result.Fault {
		t.Errorf("reboot: %+v", p)
	}
	if p := phaseOf(t, got, "debian-12/test", "purge"); p.Reason != "not reached: reboot fault" {
		t.Errorf("purge: %+v", p)
	}
}

// What is installed at each step of an upgrade, as its commands say.
func TestAnUpgradeGoesFromTheOlderVersion(t *testing.T) {
	w := going(t, "upgrade", "downgrade")
	var did []string
	for _, recipe := range []string{"upgrade", "downgrade"} {
		w.rule(enginetest.Rule{Match: "<" + recipe + ">", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
			did = append(did, recipe+" "+c.Getenv("DP_PACKAGES"))
			return engine.Exit{}, nil
		}})
	}
	var states []string
	w.rule(agent(func(r check.Request) []check.Answer {
		if r.Question == check.State {
			states = append(states, fmt.Sprintf("enabled %t, active %t", r.Enabled, r.Active))
		}
		return usual(r)
	}))
	got := w.run(t.Context())
	for _, phase := range []string{"upgrade", "downgrade"} {
		if p := phaseOf(t, got, "debian-12/test", phase); p.Outcome != result.Passed {
			t.Errorf("%s: %+v", phase, p)
		}
	}
	const old, now = "upgrade greeter=1.4.0~older", "upgrade greeter=1.4.0"
	if d := cmp.Diff([]string{old, now, now, now, now, "downgrade greeter=1.4.0~older"}, did); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"enabled false, active true", "enabled true, active false", "enabled false, active false"}, states); d != "" {
		t.Error(d)
	}
	if n := len(w.asked("commit drone-packages-k7q2-debian-12-test/")); n != 2 {
		t.Errorf("%d snapshots", n)
	}
	if n := len(w.asked("removecontainer ")); n != 4 {
		t.Errorf("gone back %d times", n)
	}
}

func TestAnUpgradeBeginsFromItsSnapshotWhateverBecameOfTheRest(t *testing.T) {
	w := going(t, "remove", "purge", "upgrade")
	w.rule(enginetest.Rule{Match: "<remove>", Code: 1})
	got := w.run(t.Context())
	for phase, want := range map[string]result.Outcome{"remove": result.Failed, "purge": result.Skipped, "upgrade": result.Passed} {
		if p := phaseOf(t, got, "debian-12/test", phase); p.Outcome != want {
			t.Errorf("%s: %+v", phase, p)
		}
	}
}

func TestAnUpgradeIsNotReachedWithoutItsSnapshot(t *testing.T) {
	w := going(t, "upgrade")
	w.rule(enginetest.Rule{Match: "<dependencies>", Code: 1})
	if p := phaseOf(t, w.run(t.Context()), "debian-12/test", "upgrade"); p.Reason != "not reached: install failed" {
		t.Errorf("upgrade: %+v", p)
	}
}

func TestASnapshotThatCannotBeMadeIsAFault(t *testing.T) {
	w := going(t, "upgrade")
	w.fake.Fails = []enginetest.Failure{{Call: "commit drone-packages-k7q2-debian-12-test", Err: errors.New("no space left")}}
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "install")
	if p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, "remember the machine: ") {
		t.Errorf("install: %+v", p)
	}
}

func TestAnUpgradeToTheSameVersionIsRefused(t *testing.T) {
	w := going(t, "upgrade")
	w.rule(enginetest.Rule{Match: "<index>", In: "test", Stdout: "package greeter 1.4.0 amd64 greeter_1.4.0_amd64.deb\n"})
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "upgrade")
	if p.Outcome != result.Failed || p.Problem.Title != "there is nothing to upgrade: greeter 1.4.0 is the version under test as well" {
		t.Errorf("upgrade: %+v", p)
	}
}

// A failure in one of the states says which.
func TestAFailureSaysWhatTheAdministratorHadDone(t *testing.T) {
	w := going(t, "upgrade")
	stopped := false
	w.rule(agent(func(r check.Request) []check.Answer {
		stopped = stopped || r.Question == check.State && !r.Enabled && !r.Active
		if stopped && r.Expect == check.Upgraded {
			return []check.Answer{found(result.Check{Kind: "service", Subject: "a.service", Attribute: "active", Outcome: result.Failed})}
		}
		return usual(r)
	}))
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "upgrade")
	if p.Problem == nil || !slices.Contains(p.Problem.Facts, result.Fact{Label: "before", Text: "make units disabled and stopped"}) {
		t.Errorf("upgrade: %+v", p.Problem)
	}
}

// written are the files of a machine, by path, as the commands that write
// them got them.
func written(w *world) map[string]string {
	files := map[string]string{}
	w.rule(enginetest.Rule{Match: `cat >"$DP_FILE"`, Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		var text strings.Builder
		buffer := make([]byte, 1024)
		for {
			n, err := c.Stdin.Read(buffer)
			text.Write(buffer[:n])
			if err != nil {
				break
			}
		}
		files[c.Getenv("DP_FILE")] = c.Getenv("DP_MODE") + " " + c.Getenv("DP_OWNER") + " " + text.String()
		return engine.Exit{}, nil
	}})
	return files
}

func TestFilesAreRenderedWithWhatWasBuilt(t *testing.T) {
	w := going(t, "service")
	w.in.Source.Packages[0].Control = "Source: greeter\n\nPackage: greeter\n"
	w.in.Settings.Test.Files = map[string]settings.File{
		"/etc/a": {Content: "{{ .packages.greeter.version }} on {{ .distro.name }}", Mode: "0640", Owner: "root:adm"},
		"/etc/b": {Content: "early", When: "before"},
	}
	files := written(w)
	got := w.run(t.Context())
	if d := cmp.Diff(map[string]string{"/etc/a": "0640 root:adm 1.4.0 on debian-12", "/etc/b": "  early"}, files); d != "" {
		t.Error(d)
	}
	if p := phaseOf(t, got, "debian-12/test", "configure"); p.Outcome != result.Passed {
		t.Errorf("configure: %+v", p)
	}
	w.says("write /etc/a", "write /etc/b")
}

func TestAFileThatCannotBeWritten(t *testing.T) {
	w := going(t, "service")
	w.in.Settings.Test.Files = map[string]settings.File{"/etc/a": {Content: "x", Owner: "nobody-has-this-name"}}
	w.rule(enginetest.Rule{Match: `cat >"$DP_FILE"`, Stderr: "chown: invalid user: 'nobody-has-this-name'\n", Code: 1})
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "configure")
	if p.Outcome != result.Failed || p.Problem.Title != "write /etc/a failed (exit 1)" || !slices.Contains(p.Problem.Lines, "chown: invalid user: 'nobody-has-this-name'") {
		t.Errorf("configure: %+v", p.Problem)
	}
}

// A package that the build made under another name than debian/control says.
func TestATemplateThatDoesNotRenderInTheEnd(t *testing.T) {
	w := going(t, "service")
	w.in.Source.Packages[0].Control = "Source: greeter\n\nPackage: other\n"
	w.in.Settings.Test.Files = map[string]settings.File{"/etc/a": {Content: "{{ .packages.other.version }}", Origin: "packages.yml:3:5"}}
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "configure")
	if p.Outcome != result.Failed || p.Problem.Title != "the template of /etc/a does not render" || !strings.Contains(strings.Join(p.Problem.Lines, ""), "packages.yml:3:5:1:13: ") {
		t.Errorf("configure: %+v", p.Problem)
	}
}

func TestChecksAreAskedAtTheirMoments(t *testing.T) {
	w := going(t, "check", "restart", "reboot", "upgrade")
	w.in.Source.Packages[0].Control = "Source: greeter\n\nPackage: greeter\n"
	w.in.Settings.Test.Check.Sources = []settings.CheckSource{{File: "goss.yaml", Text: "package: {greeter: {installed: true, versions: ['{{ .packages.greeter.version }}']}}\n"}}
	var asked []string
	w.rule(agent(func(r check.Request) []check.Answer {
		if r.Question == check.Checks {
			want, err := json.Marshal(r.Spec.Tests[0].Asks)
			if err != nil {
				t.Error(err)
			}
			version := "1.4.0"
			if strings.Contains(string(want), "~older") {
				version = "1.4.0~older"
			}
			asked = append(asked, string(r.Moment)+" "+version)
		}
		return usual(r)
	}))
	w.run(t.Context())
	want := []string{"installed 1.4.0", "restarted 1.4.0", "rebooted 1.4.0", "installed 1.4.0~older", "upgraded 1.4.0"}
	if d := cmp.Diff(want, asked); d != "" {
		t.Error(d)
	}
}

// What cannot be installed cannot be upgraded to; that is told once.
func TestAnUpgradeIsNotReachedWhereTheInstallFailed(t *testing.T) {
	w := going(t, "upgrade")
	w.rule(enginetest.Rule{Match: "<install>", Code: 1})
	if p := phaseOf(t, w.run(t.Context()), "debian-12/test", "upgrade"); p.Reason != "not reached: install failed" {
		t.Errorf("upgrade: %+v", p)
	}
}
