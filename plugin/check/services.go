package check

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// services waits for every shipped unit to settle and judges it.
func (a *agent) services(ctx context.Context) error {
	if err := a.dial(ctx); err != nil {
		return err
	}
	if a.skipServices(ctx, "active") {
		return a.keptIfUpgraded()
	}
	var boot booted
	var before served
	if _, err := a.memory.load(bootMemory, &boot); err != nil {
		return err
	}
	if _, err := a.memory.load(servicesMemory, &before); err != nil {
		return err
	}
	now := served{Units: map[string]unit{}, At: time.Now()}
	shipped := a.shipped(ctx)
	for _, s := range shipped {
		if err := a.service(ctx, s, before, now); err != nil {
			return err
		}
	}
	a.strangers(shipped)
	if len(shipped) == 0 {
		a.note("the packages ship nothing that %s starts", a.Init)
	}
	ports, err := a.machine.ports(now.Units, a.told(ctx))
	if err != nil {
		return err
	}
	now.Ports = ports
	if err := a.sockets(now.Units); err != nil {
		return err
	}
	if err := a.aftermath(ctx, boot, before, now); err != nil {
		return err
	}
	if err := a.keptIfUpgraded(); err != nil {
		return err
	}
	return a.memory.save(servicesMemory, now)
}

func (a *agent) keptIfUpgraded() error {
	if a.Expect != Upgraded {
		return nil
	}
	return a.kept()
}

// service judges one unit and adds it to what is remembered.
func (a *agent) service(ctx context.Context, s shippedUnit, before, now served) error {
	if s.Template {
		a.check(skipped(s.Name, "active", "a template: there is no unit until it is given a name"))
		return nil
	}
	w, err := a.settle(ctx, s.Name)
	if err != nil {
		return err
	}
	now.Units[s.Name] = w.unit
	was, known := before.Units[s.Name]
	usual := a.wanted(s, was, known)
	if a.Units[s.Name].Restarted == "false" {
		usual.OldPID = 0
	}
	for _, c := range a.asWanted(judge(w, usual, a.Expect != Declared && known, a.machine.dialect()), w, was, known) {
		c.Duration = result.Span(w.Took)
		if c.Outcome == result.Failed {
			c.Lines = a.units.logs(ctx, s.Name)
		}
		a.check(c)
	}
	return nil
}

// wanted is what a unit should be: as the package declares, or as it was.
func (a *agent) wanted(s shippedUnit, was unit, known bool) shippedUnit {
	switch {
	case !known || a.Expect == Declared:
	case a.Expect == Before:
		s.Enabled, s.Started = was.enabled(), s.Started || was.ActiveState == "active"
	case a.Expect == Upgraded && s.Manual:
		s.Enabled, s.Started = was.enabled(), was.ActiveState == "active"
		s.Stopped = !s.Started
		if s.Started && !a.Administered {
			s.OldPID = was.MainPID
		}
	case a.Expect == Upgraded && s.Started:
		s.Enabled, s.Started = was.enabled(), was.enabled() || was.ActiveState == "active"
		s.Stopped = !s.Started
		// invoke-rc.d leaves alone what the runlevel does not start.
		if was.ActiveState == "active" && (was.Type != typeScript || s.Enabled) {
			s.OldPID = was.MainPID
		}
	}
	return s
}

// settle watches a unit until there is nothing more to wait for.
func (a *agent) settle(ctx context.Context, name string) (watch, error) {
	u, err := a.units.unit(ctx, name)
	if err != nil {
		return watch{}, err
	}
	w := begin(u)
	for last := time.Now(); !w.settled(); {
		if w.Took >= a.Settle {
			w.Timeout = true
			return w, nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return w, err
		}
		if u, err = a.units.unit(ctx, name); err != nil {
			return w, err
		}
		w, last = w.see(u, time.Since(last)), time.Now()
	}
	return w, nil
}

// judge makes checks of a unit that settled: loaded, enabled, active.
func judge(w watch, want shippedUnit, before bool, say dialect) []result.Check {
	if w.LoadState != "loaded" {
		return []result.Check{failed(w.kind(), w.Name, "loaded", "loaded", w.LoadState, whyNotLoaded(w.unit))}
	}
	loaded := result.Check{Kind: w.kind(), Subject: w.Name, Attribute: "loaded", Outcome: result.Passed}
	if w.NeedsReload {
		loaded = failed(w.kind(), w.Name, "loaded", "the unit file that is there", "an older one",
			"systemd was not told that the file changed: "+say.NotReloaded)
	}
	return []result.Check{loaded, judgeEnabled(w.unit, want, before, say), judgeActive(w, want, say)}
}

func whyNotLoaded(u unit) string {
	if u.Type == typeScript {
		return "the package ships the init script and it cannot be executed"
	}
	switch u.LoadState {
	case "not-found":
		return "the package ships it and systemd does not see it: daemon-reload is missing?"
	case "masked":
		return "it is masked: remove left a mask that install did not take away?"
	}
	return "systemd refuses the unit file: see systemd-analyze verify"
}

func judgeEnabled(u unit, want shippedUnit, before bool, say dialect) result.Check {
	if u.FileState == "static" || u.FileState == "indirect" {
		return skipped(u.Name, "enabled", "it has no [Install] section that could enable it ("+u.FileState+")")
	}
	preset := want.Preset && !before
	if !want.Enabled && !before && !preset {
		return skipped(u.Name, "enabled", "the package does not enable it")
	}
	c := result.Check{Kind: u.kind(), Subject: u.Name, Attribute: "enabled", Expected: "enabled", Found: u.FileState, Outcome: result.Passed}
	if !want.Enabled {
		c.Expected = "disabled"
	}
	if before {
		c.Expected += ", as it was before"
	}
	if preset {
		c.Expected += ", as the presets have it"
	}
	if u.enabled() != want.Enabled {
		c.Outcome = result.Failed
		c.Reason = say.NotEnabled
		if before {
			c.Reason = "what the administrator chose must be kept"
		}
	}
	return c
}

func judgeActive(w watch, want shippedUnit, say dialect) result.Check {
	if w.ConditionFailed && w.ActiveState != "active" {
		return skipped(w.Name, "active", "a Condition of the unit does not hold on this machine")
	}
	if want.Stopped && w.works() && !w.finished() {
		return failed(w.kind(), w.Name, "active", "inactive, as it was: it was "+stoppedWords(want), w.found(),
			"the upgrade started what the administrator had stopped: "+w.mend(say.StartedAnyway, say.StartedAnywayScript))
	}
	if !want.Started && w.ActiveState != "failed" {
		return skipped(w.Name, "active", "the package does not start it; it is "+w.found())
	}
	if w.works() && want.OldPID != 0 && w.MainPID == want.OldPID {
		return failed(w.kind(), w.Name, "active", fmt.Sprintf("restarted: another main pid than %d", want.OldPID), w.found(),
			"the old version's process still runs: "+w.mend(say.NotRestarted, say.NotRestartedScript))
	}
	if w.works() {
		return result.Check{Kind: w.kind(), Subject: w.Name, Attribute: "active", Outcome: result.Passed, Expected: w.wanted(), Found: w.found()}
	}
	return failed(w.kind(), w.Name, "active", w.wanted(), w.found(), whyNotActive(w))
}

func stoppedWords(want shippedUnit) string {
	if want.Manual && want.Enabled {
		return "enabled and stopped"
	}
	return "disabled and stopped"
}

// whyNotActive is the most likely mend.
func whyNotActive(w watch) string {
	switch {
	case w.Type == typeScript:
		return "nothing that its init script starts stays: run the daemon by hand to see why, and have the script's start tell"
	case w.looping():
		return "it exits and is started again; the journal says why"
	case w.Type == "notify" && (w.Result == "timeout" || w.Timeout):
		return "Type=notify: the daemon must send READY=1 before TimeoutStartSec="
	case w.exitCode == 1 && w.exitStatus == 0 && w.ActiveState == "inactive":
		return "it exited with success at once: does it fork into the background (Type=forking)?"
	case w.exitCode == 1 && w.exitStatus == 203:
		return "ExecStart= could not be executed: missing, not executable, or its interpreter is missing"
	case w.exitCode == 1 && w.exitStatus == 217:
		return "the user of User= does not exist"
	}
	return ""
}

func failed(kind, subject, attribute, expected, found, reason string) result.Check {
	return result.Check{
		Kind: kind, Subject: subject, Attribute: attribute, Outcome: result.Failed,
		Expected: expected, Found: found, Reason: reason,
	}
}

func skipped(unitName, attribute, reason string) result.Check {
	return result.Check{
		Kind: unit{Name: unitName}.kind(), Subject: unitName, Attribute: attribute,
		Outcome: result.Skipped, Reason: reason,
	}
}

// aftermath looks for harm anywhere in the machine: units, cores, journal.
func (a *agent) aftermath(ctx context.Context, boot booted, before, now served) error {
	units, err := a.units.failed(ctx)
	if err != nil {
		return err
	}
	for _, u := range units {
		_, judged := now.Units[u]
		if judged || slices.Contains(boot.Failed, u) {
			continue
		}
		c := failed(unit{Name: u}.kind(), u, "failed", "no unit fails", "failed", "it did not fail before the packages were installed")
		c.Lines = a.units.logs(ctx, u)
		a.check(c)
	}
	for _, core := range a.machine.cores(boot.At) {
		a.check(failed("core", core, "none", "no core dump", core, "a program crashed"))
	}
	since := boot.At
	if before.At.After(since) {
		since = before.At
	}
	a.journalErrors(ctx, since)
	return nil
}

// journalErrors lists errors of the journal since a time, as one warning.
func (a *agent) journalErrors(ctx context.Context, since time.Time) {
	lines := a.units.errors(ctx, since)
	if len(lines) == 0 {
		return
	}
	c := failed("journal", "system", "errors", "no errors", fmt.Sprintf("%d lines at priority err or worse", len(lines)), "")
	c.Warning, c.Lines = true, lines[max(0, len(lines)-evidenceLines):]
	a.check(c)
}

// cores are core dumps written since a time.
func (m machine) cores(since time.Time) []string {
	var found []string
	for _, pattern := range []string{"/var/lib/systemd/coredump/*", "/core", "/core.[0-9]*"} {
		matches, _ := filepath.Glob(m.at(pattern)) // the patterns are valid
		for _, path := range matches {
			path = "/" + mustRel(m.root, path)
			info, err := m.lstat(path)
			if err == nil && info.Mode().IsRegular() && info.ModTime().After(since) {
				found = append(found, path)
			}
		}
	}
	return found
}

// mustRel is path below root, which a glob of root's has made.
func mustRel(root, path string) string {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return path
	}
	return rel
}
