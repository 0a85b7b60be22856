package check

import (
	"fmt"
	"path"
	"slices"
	"time"
)

// unit is the state of one unit at one moment, in systemd's own words.
type unit struct {
	Name                                   string
	LoadState, ActiveState, SubState       string
	FileState, Result, Type, RestartPolicy string
	MainPID, Restarts                      uint32
	ExitCode, ExitStatus                   int32
	ConditionFailed, NoManualStop          bool
	// NeedsReload: systemd has read another file than the one that is there.
	NeedsReload bool `json:",omitempty"`
	// Held is how long it has been in its ActiveState, by the init's own
	// account; 0 where the init keeps none.
	Held   time.Duration `json:"-"`
	Listen []string      `json:",omitempty"`
}

// The stability window: how long a service must have kept its main pid
// before it is believed; longer for one that was restarted already.
const (
	stable        = time.Second
	stableAfter   = 5 * time.Second
	maxRestarts   = 3
	pollEvery     = 100 * time.Millisecond
	evidenceLines = 15
)

// watch is what was seen of a unit until it settled.
type watch struct {
	unit
	// Since is how long it has been as it is, and Took how long it was watched.
	Since, Took time.Duration
	// Again is how often it was restarted meanwhile; Timeout: it did not
	// settle in time.
	Again   uint32
	Timeout bool
	// last time it exited, which an automatic restart has cleared since.
	exitCode, exitStatus int32
}

// begin begins to watch a unit. What the init says of its past counts: a
// daemon that has been up while the package manager went on need not be
// watched for as long again.
func begin(u unit) watch {
	return watch{unit: u, Since: u.Held, exitCode: u.ExitCode, exitStatus: u.ExitStatus}
}

// see takes in the next state, d after the one before.
func (w watch) see(u unit, d time.Duration) watch {
	w.Took += d
	w.Since += d
	if u.Restarts > w.Restarts {
		w.Again += u.Restarts - w.Restarts
	}
	if u.ActiveState != w.ActiveState || u.SubState != w.SubState || u.MainPID != w.MainPID || u.Restarts != w.Restarts {
		w.Since = 0
	}
	w.unit = u
	if u.ExitCode != 0 {
		w.exitCode, w.exitStatus = u.ExitCode, u.ExitStatus
	}
	return w
}

// settled says whether there is nothing more to wait for.
func (w watch) settled() bool {
	switch w.ActiveState {
	case "activating", "deactivating", "reloading", "refreshing":
		return w.looping()
	case "active":
		return w.MainPID == 0 && w.Type != "forking" || w.looping() || w.Since >= w.window()
	}
	// A script may be over before its daemon has a pid file.
	return w.Type != typeScript || w.Since >= w.window()
}

func (w watch) window() time.Duration {
	if w.Restarts > 0 {
		return stableAfter
	}
	return stable
}

// looping: it keeps exiting and being started again.
func (w watch) looping() bool { return w.Again >= maxRestarts }

// finished: a oneshot that did its work and has no process to keep.
func (u unit) finished() bool {
	return u.Type == "oneshot" && u.ActiveState == "inactive" && u.Result == "success" && u.ExitCode != 0
}

// works says whether the unit is as one should be that was started.
func (w watch) works() bool {
	if w.looping() || w.Timeout {
		return false
	}
	return w.ActiveState == "active" || w.finished()
}

// found says how the unit is, with the exit that explains it.
func (w watch) found() string {
	state := fmt.Sprintf("%s (%s)", w.ActiveState, w.SubState)
	switch {
	case w.LoadState != "loaded" && w.ActiveState != "active":
		return w.LoadState
	case w.looping():
		return fmt.Sprintf("%s %d times within %s", w.exit(), w.Again, roughly(w.Took))
	case w.Type == "notify" && (w.Result == "timeout" || w.Timeout && w.ActiveState == "activating"):
		return state + ": never became ready"
	case w.Timeout && w.Restarts > 0:
		return fmt.Sprintf("%s, %s, restarted %d times", state, w.exit(), w.Restarts)
	case w.Timeout:
		return fmt.Sprintf("%s still after %s", state, roughly(w.Took))
	case w.Type == typeScript && w.ActiveState == "failed" && w.SubState == w.Result:
		return state
	case w.ActiveState == "failed" && w.Result != "exit-code" && w.Result != "signal" && w.Result != "core-dump":
		return fmt.Sprintf("%s: %s", state, w.Result)
	case w.ActiveState == "failed", w.ActiveState == "inactive" && w.exitCode != 0:
		return state + ": " + w.exit()
	case w.MainPID != 0:
		return fmt.Sprintf("%s, pid %d", state, w.MainPID)
	}
	return state
}

func roughly(d time.Duration) string {
	return fmt.Sprintf("%d s", int(max(d.Round(time.Second), time.Second).Seconds()))
}

// exit says how the main process ended: codes are those of waitid(2).
func (w watch) exit() string {
	switch w.exitCode {
	case 1:
		return "exited with status " + exitName(w.exitStatus)
	case 2:
		return fmt.Sprintf("killed by signal %d", w.exitStatus)
	case 3:
		return fmt.Sprintf("dumped core by signal %d", w.exitStatus)
	}
	return "exited"
}

// exitNames are systemd's words for exit statuses: systemd.exec(5).
var exitNames = map[int32]string{
	0: "SUCCESS", 1: "FAILURE", 2: "INVALIDARGUMENT", 200: "CHDIR", 202: "FDS", 203: "EXEC", 205: "LIMITS",
	209: "STDOUT", 214: "SETSCHEDULER", 216: "GROUP", 217: "USER", 218: "CAPABILITIES", 219: "CGROUP",
	226: "NAMESPACE", 228: "SECCOMP", 233: "RUNTIME_DIRECTORY", 238: "STATE_DIRECTORY", 239: "CACHE_DIRECTORY",
	240: "LOGS_DIRECTORY", 241: "CONFIGURATION_DIRECTORY",
}

func exitName(status int32) string {
	if name := exitNames[status]; name != "" {
		return fmt.Sprintf("%d/%s", status, name)
	}
	return fmt.Sprint(status)
}

// enabledStates are those in which a unit starts at boot, or at all.
var enabledStates = []string{"enabled", "enabled-runtime", "alias", "generated", "linked"}

func (u unit) enabled() bool { return slices.Contains(enabledStates, u.FileState) }

// wanted is what the unit should be when it was started.
func (u unit) wanted() string {
	if u.Type == "oneshot" {
		return "active or finished"
	}
	return "active"
}

// mend is what to do about a unit, or about an init script.
func (u unit) mend(ofUnit, ofScript string) string {
	if u.Type == typeScript {
		return ofScript
	}
	return ofUnit
}

func (u unit) kind() string {
	if u.Type == typeScript {
		return "service"
	}
	if ext := path.Ext(u.Name); ext != "" {
		return ext[1:]
	}
	return "service"
}
