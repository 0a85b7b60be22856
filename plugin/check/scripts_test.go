package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// exitWith is the error of a command that ended with an exit code.
type exitWith int

func (e exitWith) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
func (e exitWith) ExitCode() int { return int(e) }

// answers are what commands print and how they end, by command line.
type answer struct {
	out  string
	code int
}

// tickerPostinst is what debhelper makes for an init script beside a unit.
const tickerPostinst = `
	if [ -z "$DPKG_ROOT" ] && [ -x "/etc/init.d/ticker" ]; then
		update-rc.d ticker defaults >/dev/null
		if [ -n "$2" ]; then
			_dh_action=restart
		else
			_dh_action=start
		fi
		invoke-rc.d --skip-systemd-native ticker $_dh_action || exit 1
	fi
	deb-systemd-helper enable 'ticker.service' >/dev/null || true
	deb-systemd-invoke $_dh_action 'ticker.service' >/dev/null || true`

// tickerTree is a machine on which ticker is installed and runs with pid 615.
func tickerTree(more map[string]string) map[string]string {
	tree := map[string]string{
		"/etc/init.d/ticker": "NAME=ticker\nDAEMON=/usr/sbin/ticker\nPIDFILE=/var/run/$NAME.pid\n",
		"/usr/sbin/ticker":   "#!/bin/sh\n", "/run/ticker.pid": "615\n",
		"/etc/rc2.d/S01ticker": "-> ../init.d/ticker", "/etc/runlevels/default/ticker": "-> /etc/init.d/ticker",
		"/proc/615/exe": "-> /usr/bin/dash", "/proc/615/cmdline": "/bin/sh\x00/usr/sbin/ticker\x00",
		"/proc/net/tcp": "", "/proc/net/tcp6": "",
		dpkgInfo + "/ticker.list": "/etc/init.d/ticker\n/usr/sbin/ticker\n", dpkgInfo + "/ticker.postinst": tickerPostinst,
	}
	maps.Copy(tree, more)
	maps.DeleteFunc(tree, func(_, text string) bool { return text == "no" })
	return tree
}

// askingScripts makes an agent on a machine with an init that runs scripts.
// What it runs is remembered.
func askingScripts(t *testing.T, r Request, tree map[string]string, recorded map[string]answer) (*agent, *[]string, *[]string) {
	t.Helper()
	m := files(t, tree)
	var ran []string
	m.run = func(_ context.Context, name string, args ...string) (string, error) {
		line := strings.Join(append([]string{name}, args...), " ")
		if name == "sh" {
			line = strings.Join(args[3:], " ")
		}
		ran = append(ran, line)
		got, ok := recorded[line]
		switch {
		case !ok:
			return "", fmt.Errorf("%s: not here", line)
		case got.code != 0:
			return got.out, fmt.Errorf("%s: %w", name, exitWith(got.code))
		}
		return got.out, nil
	}
	r.Packages = []Package{{Name: "ticker"}}
	a, said := asking(t, r, m, nil)
	if err := a.dial(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a, said, &ran
}

func TestScriptStates(t *testing.T) {
	gone := map[string]string{"/proc/615/exe": "no", "/proc/615/cmdline": "no", "/run/ticker.pid": "no"}
	for name, c := range map[string]struct {
		init   string
		tree   map[string]string
		status answer
		want   string
	}{
		"one that runs, by its pid file":              {init: initSysV, want: "loaded enabled active (running), pid 615"},
		"one that runs, by its program":               {init: initSysV, tree: map[string]string{"/run/ticker.pid": "no"}, want: "loaded enabled active (running), pid 615"},
		"one that runs, whose script has no status":   {init: initSysV, status: answer{"usage: start|stop", 2}, want: "loaded enabled active (running), pid 615"},
		"one that does not run":                       {init: initSysV, tree: gone, status: answer{"", 3}, want: "loaded enabled inactive (dead)"},
		"one that died":                               {init: initSysV, tree: map[string]string{"/proc/615/exe": "no", "/proc/615/cmdline": "no"}, status: answer{"", 1}, want: "loaded enabled failed (dead): its pid file is left behind"},
		"one that has no process to keep":             {init: initSysV, tree: gone, want: "loaded enabled active (its script says)"},
		"one that is disabled":                        {init: initSysV, tree: map[string]string{"/etc/rc2.d/S01ticker": "no", "/etc/rc2.d/K01ticker": ""}, want: "loaded disabled active (running), pid 615"},
		"one that is not there":                       {init: initSysV, tree: map[string]string{"/etc/init.d/ticker": "no", "/run/ticker.pid": "no"}, want: "not-found enabled not-found"},
		"OpenRC: one that runs":                       {init: initOpenRC, want: "loaded enabled active (running), pid 615"},
		"OpenRC: one that is in no runlevel":          {init: initOpenRC, tree: map[string]string{"/etc/runlevels/default/ticker": "no"}, want: "loaded disabled active (running), pid 615"},
		"OpenRC: one that crashed":                    {init: initOpenRC, tree: gone, status: answer{" * status: crashed\n", 32}, want: "loaded enabled failed (crashed)"},
		"OpenRC: one that was stopped":                {init: initOpenRC, tree: gone, status: answer{" * status: stopped\n", 3}, want: "loaded enabled inactive (dead)"},
		"a pid file that another process's pid is in": {init: initSysV, tree: map[string]string{"/run/ticker.pid": "1\n"}, want: "loaded enabled active (running), pid 615"},
	} {
		t.Run(name, func(t *testing.T) {
			command := scriptInits[c.init].command
			a, _, _ := askingScripts(t, Request{Init: c.init}, tickerTree(c.tree), map[string]answer{command + " ticker status": c.status})
			u, err := a.units.unit(t.Context(), "ticker.service")
			if err != nil {
				t.Fatal(err)
			}
			if got := u.LoadState + " " + u.FileState + " " + (watch{unit: u}).found(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestScriptInitsBoot(t *testing.T) {
	for name, c := range map[string]struct {
		runlevel answer
		tree     map[string]string
		want     string
	}{
		"there is no runlevel at first": {answer{"unknown\n", 1}, nil, "starting: no runlevel yet"},
		"a runlevel is entered":         {answer{"N 2\n", 0}, map[string]string{"/proc/9/exe": "-> /usr/bin/dash", "/proc/9/cmdline": "/bin/sh\x00/etc/init.d/rc\x002\x00"}, "starting: runlevel 2 is being entered"},
		"it shuts down":                 {answer{"2 0\n", 0}, nil, "starting: no runlevel yet"},
		"nothing moves any more":        {answer{"N 2\n", 0}, nil, "running"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := askingScripts(t, Request{Init: initSysV}, tickerTree(c.tree), map[string]answer{"runlevel": c.runlevel})
			got := ""
			for range quietEnough {
				got, _ = a.units.state(t.Context())
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Under an init of its own, OpenRC itself tells the runlevel.
func TestOpenRCBootsWithoutSysvinit(t *testing.T) {
	for level, want := range map[string]string{"sysinit": "starting: no runlevel yet", "default": "running"} {
		a, _, _ := askingScripts(t, Request{Init: initOpenRC}, tickerTree(nil), map[string]answer{"rc-status --nocolor --runlevel": {level + "\n", 0}})
		got := ""
		for range quietEnough {
			got, _ = a.units.state(t.Context())
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", level, got, want)
		}
	}
}

func TestScriptsAreJudged(t *testing.T) {
	gone := map[string]string{"/proc/615/exe": "no", "/proc/615/cmdline": "no", "/run/ticker.pid": "no"}
	const loaded, enabled = "passed service ticker loaded", "passed service ticker enabled | want enabled | found enabled"
	for name, c := range map[string]struct {
		tree   map[string]string
		status int
		want   []string
	}{
		"one that runs passes": {nil, 0, []string{loaded, enabled, "passed service ticker active | want active | found active (running), pid 615"}},
		"one that does not stay": {gone, 3, []string{loaded, enabled,
			"failed service ticker active | want active | found inactive (dead) | why nothing that its init script starts stays: run the daemon by hand to see why, and have the script's start tell"}},
		"one that is in no runlevel": {map[string]string{"/etc/rc2.d/S01ticker": "no"}, 0, []string{loaded,
			"failed service ticker enabled | want enabled | found disabled | why the package's postinst says otherwise", "passed service ticker active | want active | found active (running), pid 615"}},
	} {
		t.Run(name, func(t *testing.T) {
			tree := tickerTree(c.tree)
			synctest.Test(t, func(t *testing.T) {
				a, said, _ := askingScripts(t, Request{Init: initSysV}, tree, map[string]answer{"service ticker status": {code: c.status}})
				if err := a.services(t.Context()); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(c.want, *said); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// A script may be over before there is a process to be seen.
func TestScriptWhoseDaemonIsLate(t *testing.T) {
	tree := tickerTree(map[string]string{"/proc/615/exe": "no", "/proc/615/cmdline": "no"})
	synctest.Test(t, func(t *testing.T) {
		a, said, ran := askingScripts(t, Request{Init: initSysV}, tree, map[string]answer{"service ticker status": {code: 3}})
		s, _ := a.units.(*scripts)
		recorded := s.machine.run
		s.machine.run = func(ctx context.Context, name string, args ...string) (string, error) {
			if len(*ran) == 3 {
				if err := errors.Join(os.MkdirAll(s.machine.at("/proc/615"), 0o755), put(s.machine.at("/proc/615/exe"), "-> /usr/sbin/ticker")); err != nil {
					t.Error(err)
				}
			}
			return recorded(ctx, name, args...)
		}
		if err := a.services(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := "passed service ticker active | want active | found active (running), pid 615"; !slices.Contains(*said, want) {
			t.Errorf("said %v", *said)
		}
	})
}

// invoke-rc.d does not restart what the runlevel does not start, so that its
// old process may stay.
func TestUpgradeOfADisabledScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, said, _ := askingScripts(t, Request{Init: initSysV, Expect: Upgraded}, tickerTree(map[string]string{"/etc/rc2.d/S01ticker": "no"}),
			map[string]answer{"service ticker status": {}})
		was := unit{Name: "ticker", Type: typeScript, ActiveState: "active", MainPID: 615, FileState: "disabled"}
		if err := a.memory.save(servicesMemory, served{Units: map[string]unit{"ticker": was}}); err != nil {
			t.Fatal(err)
		}
		if err := a.services(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []string{"passed service ticker loaded", "passed service ticker enabled | want disabled, as it was before | found disabled",
			"passed service ticker active | want active | found active (running), pid 615"}
		if d := cmp.Diff(want, *said); d != "" {
			t.Error(d)
		}
	})
}

func TestScriptsAreActedOn(t *testing.T) {
	recorded := map[string]answer{
		"service ticker status": {}, "update-rc.d ticker disable": {}, "service ticker start": {}, "service ticker restart": {code: 1},
	}
	synctest.Test(t, func(t *testing.T) {
		a, said, ran := askingScripts(t, Request{Init: initSysV, Active: true}, tickerTree(nil), recorded)
		if err := a.setState(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := a.restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := "failed service ticker restarts | want a new main pid (was 615) that stays up for 2s | found active (running), pid 615 | why the restart did not replace the process"; !slices.Contains(*said, want) {
			t.Errorf("said %v", *said)
		}
		acts := slices.DeleteFunc(slices.Clone(*ran), func(line string) bool { return line == "service ticker status" })
		if d := cmp.Diff([]string{"update-rc.d ticker disable", "service ticker start", "service ticker restart"}, acts); d != "" {
			t.Error(d)
		}
	})
}

func TestScriptLeftRunningAfterRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, said, _ := askingScripts(t, Request{Init: initSysV}, tickerTree(nil), map[string]answer{"service ticker status": {}})
		if err := a.memory.save(servicesMemory, served{Units: map[string]unit{"ticker": {}}}); err != nil {
			t.Fatal(err)
		}
		if err := a.memory.save(installedMemory, shipped{Executables: []string{"/usr/sbin/ticker"}}); err != nil {
			t.Fatal(err)
		}
		if err := a.removed(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(a.machine.at("/etc/init.d/ticker"), 0o644); err != nil { // as debhelper's postrm does
			t.Fatal(err)
		}
		want := []string{
			"failed service ticker stopped | want inactive after removal | found active (running), pid 615 | why prerm does not stop it (invoke-rc.d ticker stop)",
			"failed process /usr/sbin/ticker gone | want no process of the package after removal | found pid 615 still runs | why prerm must stop what the package runs",
		}
		if d := cmp.Diff(want, *said); d != "" {
			t.Error(d)
		}
	})
}

func TestWithoutAnInit(t *testing.T) {
	tree := tickerTree(map[string]string{"/usr/lib/systemd/system/other.service": "",
		dpkgInfo + "/ticker.list": "/etc/init.d/ticker\n/usr/lib/systemd/system/other.service\n"})
	a, said, ran := askingScripts(t, Request{Init: initNone}, tree, nil)
	for _, ask := range []func(context.Context) error{a.services, a.restart, a.setState, a.apply} {
		if err := ask(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"skipped service other.service active | why " + withoutInit, "skipped service ticker active | why " + withoutInit, "note " + withoutInit,
		"skipped service other.service restarts | why " + withoutInit, "skipped service ticker restarts | why " + withoutInit, "note " + withoutInit,
	}
	if d := cmp.Diff(want, *said); d != "" || len(*ran) > 0 {
		t.Errorf("%s\nran %v", d, *ran)
	}
}

func TestCrashedServices(t *testing.T) {
	for init, want := range map[string][]string{initOpenRC: {"own", "sshd"}, initSysV: nil} {
		a, _, _ := askingScripts(t, Request{Init: init}, tickerTree(nil), map[string]answer{"rc-status --nocolor --crashed": {"own\nsshd\n", 0}})
		got, err := a.units.failed(t.Context())
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", init, err, d)
		}
	}
	a, _, _ := askingScripts(t, Request{Init: initOpenRC}, tickerTree(nil), map[string]answer{"rc-status --nocolor --crashed": {"", 1}})
	if got, err := a.units.failed(t.Context()); len(got) > 0 || err != nil {
		t.Errorf("none crashed: %v, %v", got, err)
	}
}

// A script of OpenRC's own kind has no LSB headers, which update-rc.d wants.
func TestScriptWithoutHeadersIsDisabled(t *testing.T) {
	a, _, ran := askingScripts(t, Request{Init: initOpenRC}, tickerTree(nil), map[string]answer{
		"update-rc.d ticker disable": {"update-rc.d: error: own Default-Start contains no runlevels, aborting.\n", 1}, "rc-update --all del ticker": {}})
	if err := a.units.act(t.Context(), "disable", "ticker"); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"update-rc.d ticker disable", "rc-update --all del ticker"}, *ran); d != "" {
		t.Error(d)
	}
}

// rc-update fails where a service is in some runlevels only, and takes it out of
// these.
func TestScriptThatIsDisabledIsSo(t *testing.T) {
	never := map[string]string{"/etc/runlevels/default/ticker": "no"}
	recorded := map[string]answer{"rc-update --all del ticker": {"", 1}}
	a, _, _ := askingScripts(t, Request{Init: initOpenRC}, tickerTree(never), recorded)
	if err := a.units.act(t.Context(), "disable", "ticker"); err != nil {
		t.Error(err)
	}
	a, _, _ = askingScripts(t, Request{Init: initOpenRC}, tickerTree(nil), recorded)
	if err := a.units.act(t.Context(), "disable", "ticker"); err == nil {
		t.Error("it is enabled still, and that is no error")
	}
}

func TestScriptThatDoesNotWhatItIsToldFails(t *testing.T) {
	recorded := map[string]answer{"update-rc.d ticker enable": {}, "service ticker start": {"", 3}, "service ticker status": {"", 3}}
	gone := map[string]string{"/proc/615/exe": "no", "/proc/615/cmdline": "no", "/run/ticker.pid": "no", "/var/log/ticker.log": "no licence file\n"}
	a, said, _ := askingScripts(t, Request{Init: initSysV, Enabled: true, Active: true}, tickerTree(gone), recorded)
	if err := a.setState(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"failed service ticker done | want an administrator's start works | found exit code 3 | why its init script says why"}
	if d := cmp.Diff(want, *said); d != "" {
		t.Error(d)
	}
}

func TestParseScriptPostinst(t *testing.T) {
	both := declared{[]string{"ticker"}, []string{"ticker"}}
	for name, c := range map[string]struct {
		script string
		want   declared
	}{
		"debhelper enables and starts, beside a unit": {tickerPostinst, both},
		"with --no-enable it only starts":             {"update-rc.d ticker defaults-disabled >/dev/null\ninvoke-rc.d ticker start || true", declared{nil, both.Started}},
		"with --no-start it only enables":             {"update-rc.d ticker defaults >/dev/null || exit 1", declared{both.Enabled, nil}},
		"the script itself":                           {`if [ "$1" = configure ]; then /etc/init.d/ticker start; fi`, declared{nil, both.Started}},
		"OpenRC's own, whose verb comes first":        {"rc-update -q add ticker default\nrc-service ticker start\nrc-update del \"$old\"", both},
		"a computed name is not guessed":              {`invoke-rc.d "$name" start`, declared{}},
		"systemctl says nothing of scripts":           {`systemctl start ticker`, declared{}},
		"a test for the script is no start":           {`[ ! -x /etc/init.d/ticker ] || exit 0`, declared{}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, parseScriptPostinst(c.script)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestScriptLogs(t *testing.T) {
	a, _, _ := askingScripts(t, Request{Init: initSysV}, tickerTree(map[string]string{
		"/var/log/ticker.log": "no licence file\n", "/var/log/ticker/error.log": "gave up\n", StatePath + "/ticker.printed": "Starting: failed!\n",
	}), nil)
	if d := cmp.Diff([]string{"Starting: failed!", "no licence file", "gave up"}, a.units.logs(t.Context(), "ticker")); d != "" {
		t.Error(d)
	}
	if got := a.units.errors(t.Context(), time.Time{}); got != nil {
		t.Errorf("errors: %v", got)
	}
}
