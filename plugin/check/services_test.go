package check

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func runs(pid uint32) unit {
	return unit{Name: "a.service", LoadState: "loaded", ActiveState: "active", SubState: "running",
		FileState: "enabled", Result: "success", Type: "simple", MainPID: pid}
}

func with(u unit, change func(*unit)) unit { change(&u); return u }

func in(active, sub string) unit {
	return with(runs(0), func(u *unit) { u.ActiveState, u.SubState = active, sub })
}

func exited(active, sub string, status int32, restarts uint32) unit {
	return with(in(active, sub), func(u *unit) {
		u.Result, u.ExitCode, u.ExitStatus, u.Restarts = "exit-code", 1, status, restarts
	})
}

// served is a machine whose one package declares a.service enabled and started.
func servedMachine(t *testing.T) machine {
	return files(t, map[string]string{
		"/usr/lib/systemd/system/a.service": "", "/proc/net/tcp": "", "/proc/net/tcp6": "",
		dpkgInfo + "/a.list": "/usr/lib/systemd/system/a.service\n", dpkgInfo + "/a.postinst": "systemctl enable --now a",
	})
}

const (
	isLoaded  = "passed service a.service loaded"
	isEnabled = "passed service a.service enabled | want enabled | found enabled"
)

func TestServices(t *testing.T) {
	active := "failed service a.service active | want active | found "
	auto := func(n uint32) unit { return exited("activating", "auto-restart", 1, n) }
	for name, c := range map[string]struct {
		states []unit
		want   string
	}{
		"a running service passes": {[]unit{in("activating", "start"), runs(7)}, "passed service a.service active | want active | found active (running), pid 7"},
		"one that exits soon after its start is caught in the stability window": {
			[]unit{runs(7), runs(7), exited("failed", "failed", 1, 0)}, active + "failed (failed): exited with status 1/FAILURE"},
		"one that exits with success and was to stay": {
			[]unit{exited("inactive", "dead", 0, 0)}, active + "inactive (dead): exited with status 0/SUCCESS | why it exited with success at once: does it fork into the background (Type=forking)?"},
		"one that is restarted in a loop": {
			[]unit{runs(1), auto(0), runs(2), auto(1), runs(3), auto(2), runs(4), auto(3)},
			active + "exited with status 1/FAILURE 3 times within 1 s | why it exits and is started again; the journal says why"},
		"one that was restarted before and stays now is believed later": {
			[]unit{with(runs(7), func(u *unit) { u.Restarts = 2 })}, "passed service a.service active | want active | found active (running), pid 7"},
		"one that is restarted slowly is not waited for forever": {
			[]unit{auto(1)}, active + "activating (auto-restart), exited with status 1/FAILURE, restarted 1 times"},
		"one that never becomes ready until the deadline": {
			[]unit{with(in("activating", "start"), func(u *unit) { u.Type = "notify" })},
			active + "activating (start): never became ready | why Type=notify: the daemon must send READY=1 before TimeoutStartSec="},
		"one that systemd gave up waiting for": {
			[]unit{with(in("failed", "failed"), func(u *unit) { u.Type, u.Result = "notify", "timeout" })},
			active + "failed (failed): never became ready | why Type=notify: the daemon must send READY=1 before TimeoutStartSec="},
		"one that takes too long to start": {[]unit{in("activating", "start-pre")}, active + "activating (start-pre) still after 30 s"},
		"one that was killed": {
			[]unit{with(exited("failed", "failed", 9, 0), func(u *unit) { u.ExitCode, u.Result = 2, "signal" })}, active + "failed (failed): killed by signal 9"},
		"one that dumped core": {
			[]unit{with(exited("failed", "failed", 11, 0), func(u *unit) { u.ExitCode, u.Result = 3, "core-dump" })}, active + "failed (failed): dumped core by signal 11"},
		"one that could not be executed": {
			[]unit{exited("failed", "failed", 203, 0)}, active + "failed (failed): exited with status 203/EXEC | why ExecStart= could not be executed: missing, not executable, or its interpreter is missing"},
		"one whose user is missing": {
			[]unit{exited("failed", "failed", 217, 0)}, active + "failed (failed): exited with status 217/USER | why the user of User= does not exist"},
		"one that failed for lack of a resource": {
			[]unit{with(in("failed", "failed"), func(u *unit) { u.Result = "resources" })}, active + "failed (failed): resources"},
		"a oneshot that finished passes": {
			[]unit{with(exited("inactive", "dead", 0, 0), func(u *unit) { u.Type, u.Result = "oneshot", "success" })},
			"passed service a.service active | want active or finished | found inactive (dead): exited with status 0/SUCCESS"},
		"a oneshot that failed": {
			[]unit{with(exited("failed", "failed", 2, 0), func(u *unit) { u.Type = "oneshot" })},
			"failed service a.service active | want active or finished | found failed (failed): exited with status 2/INVALIDARGUMENT"},
		"one whose condition does not hold is skipped": {
			[]unit{with(in("inactive", "dead"), func(u *unit) { u.ConditionFailed = true })},
			"skipped service a.service active | why a Condition of the unit does not hold on this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := &fakeInit{units: map[string][]unit{"a.service": c.states}}
				a, said := asking(t, Request{Packages: []Package{{Name: "a"}}}, servedMachine(t), fake)
				if err := a.services(t.Context()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{isLoaded, isEnabled, c.want}, *said); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestJudgeEnabledAndLoaded(t *testing.T) {
	started := shippedUnit{Name: "a.service", Enabled: true, Started: true}
	file := func(state string) unit { return with(runs(7), func(u *unit) { u.FileState = state }) }
	load := func(state string) unit { return with(runs(7), func(u *unit) { u.LoadState = state }) }
	for name, c := range map[string]struct {
		u      unit
		want   shippedUnit
		before bool
		says   string
	}{
		"not enabled though declared": {file("disabled"), started, false,
			"failed service a.service enabled | want enabled | found disabled | why the package's postinst says otherwise"},
		"not enabled as declared": {file("disabled"), shippedUnit{}, false, "skipped service a.service enabled | why the package does not enable it"},
		"static":                  {file("static"), started, false, "skipped service a.service enabled | why it has no [Install] section that could enable it (static)"},
		"enabled though it was not before": {file("enabled"), shippedUnit{}, true,
			"failed service a.service enabled | want disabled, as it was before | found enabled | why what the administrator chose must be kept"},
		"disabled as before": {file("disabled"), shippedUnit{}, true, "passed service a.service enabled | want disabled, as it was before | found disabled"},
		"not found": {load("not-found"), started, false,
			"failed service a.service loaded | want loaded | found not-found | why the package ships it and systemd does not see it: daemon-reload is missing?"},
		"masked": {load("masked"), started, false,
			"failed service a.service loaded | want loaded | found masked | why it is masked: remove left a mask that install did not take away?"},
		"bad": {load("bad-setting"), started, false,
			"failed service a.service loaded | want loaded | found bad-setting | why systemd refuses the unit file: see systemd-analyze verify"},
	} {
		t.Run(name, func(t *testing.T) {
			said := sayAll(judge(watch{unit: c.u}, c.want, c.before, dpkg{}.dialect()))
			if got := said[min(1, len(said)-1)]; got != c.says {
				t.Errorf("got  %s\nwant %s", got, c.says)
			}
		})
	}
}

func TestServicesSayWhatTheySkip(t *testing.T) {
	m := files(t, map[string]string{
		"/usr/lib/systemd/system/a.service": "", "/usr/lib/systemd/system/b@.service": "", "/proc/net/tcp": "",
		dpkgInfo + "/a.list": "/usr/lib/systemd/system/a.service\n/usr/lib/systemd/system/b@.service\n",
	})
	a, said := asking(t, Request{Packages: []Package{{Name: "a"}}}, m, &fakeInit{units: map[string][]unit{"a.service": {in("inactive", "dead")}}})
	if err := a.services(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{isLoaded, "skipped service a.service enabled | why the package does not enable it",
		"skipped service a.service active | why the package does not start it; it is inactive (dead)",
		"skipped service b@.service active | why a template: there is no unit until it is given a name"}
	if diff := cmp.Diff(want, *said); diff != "" {
		t.Error(diff)
	}
}

func TestServicesLookAroundInTheMachine(t *testing.T) {
	m := servedMachine(t)
	if err := put(m.at("/core.12"), "core"); err != nil {
		t.Fatal(err)
	}
	fake := &fakeInit{complained: []string{"a[7]: disk full"}, units: map[string][]unit{"a.service": {with(runs(0), func(u *unit) { u.Type = "oneshot" })}}, failedUnits: []string{"old.service", "other.service"}}
	a, said := asking(t, Request{Packages: []Package{{Name: "a"}}}, m, fake)
	if err := a.memory.save(bootMemory, booted{Failed: []string{"old.service"}, At: time.Unix(1, 0)}); err != nil {
		t.Fatal(err)
	}
	if err := a.services(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"failed service other.service failed | want no unit fails | found failed | why it did not fail before the packages were installed",
		"failed core /core.12 none | want no core dump | found /core.12 | why a program crashed",
		"warning failed journal system errors | want no errors | found 1 lines at priority err or worse",
	}
	if diff := cmp.Diff(want, (*said)[3:]); diff != "" {
		t.Error(diff)
	}
}

func TestBoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, said := asking(t, Request{}, files(t, nil), &fakeInit{states: []string{"starting", "degraded"}, failedUnits: []string{"b.service"}})
		if err := a.boot(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"warning failed service b.service failed at boot | want not failed | found failed | why it failed before any package under test was installed",
			"passed machine systemd booted | found degraded",
		}
		if diff := cmp.Diff(want, *said); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBootGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := asking(t, Request{}, files(t, nil), &fakeInit{states: []string{"starting"}})
		err := a.boot(t.Context())
		if err == nil || err.Error() != "the machine did not boot within 1m0s: starting" {
			t.Errorf("got %v", err)
		}
	})
}

func TestRestart(t *testing.T) {
	want := "service a.service restarts | want a new main pid (was 7) that stays up for 2s | found "
	for name, c := range map[string]struct {
		before unit
		how    string
		after  []unit
		want   string
	}{
		"a new pid that stays passes": {runs(7), "done", []unit{runs(8)}, "passed " + want + "active (running), pid 8"},
		"the same pid":                {runs(7), "done", []unit{runs(7)}, "failed " + want + "active (running), pid 7 | why the restart did not replace the process"},
		"one that fails": {runs(7), "failed", []unit{exited("failed", "failed", 1, 0)},
			"failed " + want + "failed (failed): exited with status 1/FAILURE | why the restart failed: it ran and does not after a restart"},
		"one that dies later": {runs(7), "done", append(times(15, runs(8)), exited("failed", "failed", 1, 0)),
			"failed " + want + "failed (failed): exited with status 1/FAILURE | why it ran and does not after a restart"},
		"one that is replaced later": {runs(7), "done", append(times(15, runs(8)), runs(9)),
			"failed " + want + "active (running), pid 9 | why the new process did not stay"},
		"one that hangs":                   {runs(7), "hangs", nil, "failed " + want + "active (running), pid 7 | why the restart did not replace the process"},
		"one that does not run is skipped": {in("inactive", "dead"), "", nil, "skipped service a.service restarts | why it does not run: inactive"},
		"one without a process is skipped": {runs(0), "", nil, "skipped service a.service restarts | why it has no main process"},
		"one that may not be stopped is skipped": {with(runs(7), func(u *unit) { u.NoManualStop = true }), "", nil,
			"skipped service a.service restarts | why the unit refuses to be stopped by hand (RefuseManualStop=)"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := &fakeInit{how: c.how, units: map[string][]unit{"a.service": {c.before}}, restarted: map[string][]unit{"a.service": c.after}}
				a, said := asking(t, Request{Packages: []Package{{Name: "a"}}}, servedMachine(t), fake)
				if err := a.restart(t.Context()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{c.want}, *said); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// What the init knows of a unit's past counts for the stability window.
func TestWhatWasUpForLongIsBelievedAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		held time.Duration
		unit unit
		took time.Duration
	}{
		"just started":           {0, runs(7), stable},
		"started a while ago":    {stable - pollEvery, runs(7), pollEvery},
		"up for long":            {stable, runs(7), 0},
		"restarted, up for some": {stableAfter - pollEvery, with(runs(7), func(u *unit) { u.Restarts = 1 }), pollEvery},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.unit.Held = c.held
				fake := &fakeInit{units: map[string][]unit{"a.service": {c.unit}}}
				a, _ := asking(t, Request{Packages: []Package{{Name: "a"}}}, servedMachine(t), fake)
				if w, err := a.settle(t.Context(), "a.service"); err != nil || w.Took != c.took || !w.works() {
					t.Errorf("took %s, want %s; %s, %v", w.Took, c.took, w.found(), err)
				}
			})
		})
	}
}

func TestHeld(t *testing.T) {
	for _, c := range []struct {
		since, now uint64
		want       time.Duration
	}{{0, 9e6, 0}, {7e6, 9e6, 2 * time.Second}, {9e6, 7e6, 0}} {
		if got := held(c.since, c.now); got != c.want {
			t.Errorf("held(%d, %d) = %s, want %s", c.since, c.now, got, c.want)
		}
	}
}

// Two daemons are watched for as long as one.
func TestRestartsAreWatchedSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		units := func(pid uint32) map[string][]unit {
			b := runs(pid)
			b.Name = "b.service"
			return map[string][]unit{"a.service": {runs(pid)}, "b.service": {b}}
		}
		m := files(t, map[string]string{
			"/usr/lib/systemd/system/a.service": "", "/usr/lib/systemd/system/b.service": "",
			dpkgInfo + "/a.list": "/usr/lib/systemd/system/a.service\n/usr/lib/systemd/system/b.service\n",
		})
		a, said := asking(t, Request{Packages: []Package{{Name: "a"}}}, m, &fakeInit{how: "done", units: units(7), restarted: units(8)})
		begin := time.Now()
		if err := a.restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != a.Stay || len(*said) != 2 {
			t.Errorf("took %s, want %s; said %q", took, a.Stay, *said)
		}
	})
}

func times(n int, u unit) []unit {
	var all []unit
	for range n {
		all = append(all, u)
	}
	return all
}

// An older release that was handed in is not what is under test.
func TestWhatFailsOfAnotherVersionIsAWarning(t *testing.T) {
	a, said := asking(t, Request{Lenient: true}, servedMachine(t), &fakeInit{})
	a.check(failed("http", "x", "body", "/a/", "b", ""))
	a.check(failed("http", "x", "body", "/a/", "b", "p.yml:1:2"))
	want := []string{
		"warning failed http x body | want /a/ | found b | why the older version does it, which is not under test",
		"warning failed http x body | want /a/ | found b | why p.yml:1:2; the older version does it, which is not under test",
	}
	if diff := cmp.Diff(want, *said); diff != "" {
		t.Error(diff)
	}
}
