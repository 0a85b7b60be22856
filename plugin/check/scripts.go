package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scriptDir is where init scripts are, under every init that runs some.
const scriptDir = "/etc/init.d/"

// typeScript is the type of a unit that is an init script.
const typeScript = "init script"

// scriptInit is what differs between the inits that run scripts.
type scriptInit struct {
	// command runs an action of a script: service NAME ACTION.
	command string
	// enabled are where a script is linked that is started at boot; %s is its
	// name.
	enabled []string
	// level are commands that print the runlevel, last of the words: the first
	// that works tells. settled are the runlevels of a machine that has booted.
	level   [][]string
	settled []string
	// movers are the programs that run while the runlevel changes.
	movers []string
	// toggle enables and disables a script without LSB headers, which
	// update-rc.d refuses; %s is its name.
	toggle map[string]string
	// crashed lists services that ended by themselves; may be empty.
	crashed []string
}

// scriptInits are Debian's sysvinit, where rc2.d is the runlevel of a machine
// that has booted, and OpenRC, under that one or by itself.
var scriptInits = map[string]scriptInit{
	initSysV: {
		level: [][]string{{"runlevel"}}, settled: []string{"2", "3", "4", "5"},
		command: "service", enabled: []string{"/etc/rcS.d/S[0-9][0-9]%s", "/etc/rc2.d/S[0-9][0-9]%s"},
		movers: []string{"/etc/init.d/rc", "/etc/init.d/rcS", "/lib/init/rc", "/lib/init/rcS"},
	},
	initOpenRC: {
		level: [][]string{{"runlevel"}, {"rc-status", "--nocolor", "--runlevel"}}, settled: []string{"2", "3", "4", "5", "default"},
		command: "rc-service", enabled: []string{"/etc/runlevels/*/%s"},
		movers:  []string{"/etc/init.d/rc", "/etc/init.d/rcS", "/sbin/openrc", "/usr/sbin/openrc", "/sbin/openrc-run", "/usr/sbin/openrc-run"},
		toggle:  map[string]string{"enable": "rc-update add %s default", "disable": "rc-update --all del %s"},
		crashed: []string{"rc-status", "--nocolor", "--crashed"},
	},
}

// scripts is an init that runs init scripts and does not look after what they
// start: what is so of a service, its script and the processes tell.
type scripts struct {
	machine machine
	kind    scriptInit
	// programs are those that the packages ship.
	programs []string
	// quiet is how often in a row nothing was found to move.
	quiet int
}

// quietEnough: between two runlevels there is a moment in which neither moves.
const quietEnough = 3

func (s *scripts) state(ctx context.Context) (string, error) {
	level := s.level(ctx)
	if !slices.Contains(s.kind.settled, level) {
		s.quiet = 0
		return "starting: no runlevel yet", nil
	}
	for _, p := range s.machine.processes() {
		if slices.Contains(s.kind.movers, p.Script) || slices.Contains(s.kind.movers, p.Exe) {
			s.quiet = 0
			return fmt.Sprintf("starting: runlevel %s is being entered", level), nil
		}
	}
	if s.quiet++; s.quiet < quietEnough {
		return "starting: just settled", nil
	}
	return "running", nil
}

// level is the runlevel that the machine is in; empty: none yet.
func (s *scripts) level(ctx context.Context) string {
	for _, c := range s.kind.level {
		out, err := s.machine.run(ctx, c[0], c[1:]...)
		if word := strings.Fields(out); err == nil && len(word) > 0 {
			return word[len(word)-1]
		}
	}
	return ""
}

func (s *scripts) failed(ctx context.Context) ([]string, error) {
	if len(s.kind.crashed) == 0 {
		return nil, nil
	}
	out, err := s.machine.run(ctx, s.kind.crashed[0], s.kind.crashed[1:]...)
	if err != nil && exitCode(err) < 0 {
		return nil, fmt.Errorf("list crashed services: %w", err)
	}
	return strings.Fields(out), nil
}

// unit asks the script for its status, and looks for its main process.
func (s *scripts) unit(ctx context.Context, name string) (unit, error) {
	name = strings.TrimSuffix(name, ".service")
	u := unit{Name: name, Type: typeScript, LoadState: "not-found", ActiveState: "inactive", SubState: "dead", FileState: "disabled"}
	if s.enabled(name) {
		u.FileState = enabledState
	}
	if pid := s.mainPID(name); pid > 0 {
		u.MainPID, u.ActiveState, u.SubState = uint32(pid), "active", "running" //nolint:gosec // a pid fits
	}
	info, err := os.Stat(s.machine.at(scriptDir + name))
	if err != nil || info.Mode()&0o111 == 0 {
		return u, nil //nolint:nilerr // that is its state
	}
	u.LoadState = "loaded"
	_, err = s.machine.run(ctx, s.kind.command, name, "status")
	code := exitCode(err)
	if code < 0 {
		return u, fmt.Errorf("status of %s: %w", name, err)
	}
	return s.read(u, code), nil
}

// read takes in the exit code of a status action: that of the LSB, and 32,
// which OpenRC has for what has crashed. A script that knows no such action
// has processes that tell.
func (s *scripts) read(u unit, code int) unit {
	switch {
	case code == 0 && u.MainPID == 0:
		u.ActiveState, u.SubState = "active", "its script says"
	case code == 32:
		u.ActiveState, u.SubState, u.Result = "failed", "crashed", "crashed"
	case u.MainPID == 0 && (code == 1 || code == 2) && s.pidFile(u.Name) != "":
		u.ActiveState, u.SubState, u.Result = "failed", "dead", "its pid file is left behind"
	}
	return u
}

// exitCode is that of a command that ran; -1 when it did not.
func exitCode(err error) int {
	var exit interface {
		error
		ExitCode() int
	}
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

func (s *scripts) enabled(name string) bool {
	for _, pattern := range s.kind.enabled {
		if found, _ := filepath.Glob(s.machine.at(fmt.Sprintf(pattern, name))); len(found) > 0 {
			return true
		}
	}
	return false
}

// mainPID is the process of a script's pid file, else the first that is one
// of the packages' programs and that none other of them has started.
func (s *scripts) mainPID(name string) int {
	all := s.machine.processes()
	if file := s.pidFile(name); file != "" {
		text, _ := s.machine.read(file)
		pid, _ := strconv.Atoi(strings.TrimSpace(text))
		if slices.ContainsFunc(all, func(p process) bool { return p.PID == pid }) {
			return pid
		}
	}
	script, _ := s.machine.read(scriptDir + name)
	least := 0
	for _, p := range all {
		program := p.Exe
		if slices.Contains(s.programs, p.Script) {
			program = p.Script
		}
		ours := slices.Contains(s.programs, program) && strings.Contains(script, path.Base(program))
		if ours && (least == 0 || p.PID < least) {
			least = p.PID
		}
	}
	return least
}

var pidFileLine = regexp.MustCompile(`(?m)^\s*(?:PIDFILE|pidfile)=["']?([^"'\s]+)`)

// pidFile is the one that a script names, or where pid files are by custom.
func (s *scripts) pidFile(name string) string {
	names := []string{"/run/" + name + ".pid", "/run/" + name + "/" + name + ".pid"}
	script, _ := s.machine.read(scriptDir + name)
	if found := pidFileLine.FindStringSubmatch(script); found != nil {
		own := strings.NewReplacer("${NAME}", name, "$NAME", name, "${RC_SVCNAME}", name, "$RC_SVCNAME", name).Replace(found[1])
		names = append([]string{strings.Replace(own, "/var/run/", "/run/", 1)}, names...)
	}
	for _, file := range names {
		if _, err := s.machine.lstat(file); err == nil {
			return file
		}
	}
	return ""
}

// detached runs a command whose output goes to a file: a daemon that keeps it
// open does not keep us.
const detached = `exec "$@" >"$0" 2>&1 </dev/null`

// outputOf is where what a script printed is, for evidence.
func outputOf(name string) string { return StatePath + "/" + name + ".printed" }

func (s *scripts) do(ctx context.Context, name string, args ...string) error {
	if err := os.MkdirAll(s.machine.at(StatePath), 0o700); err != nil {
		return fmt.Errorf("remember what it prints: %w", err)
	}
	_, err := s.machine.run(ctx, "sh", append([]string{"-c", detached, s.machine.at(outputOf(name))}, args...)...)
	return err
}

func (s *scripts) restart(ctx context.Context, name string) (string, error) {
	err := s.do(ctx, name, s.kind.command, name, "restart")
	switch code := exitCode(err); {
	case ctx.Err() != nil:
		return "", fmt.Errorf("restart %s: %w", name, ctx.Err())
	case code < 0:
		return "", fmt.Errorf("restart %s: %w", name, err)
	case code > 0:
		return fmt.Sprintf("ended with exit code %d", code), nil
	}
	return "done", nil
}

func (s *scripts) act(ctx context.Context, verb, name string) error {
	switch verb {
	case "enable", "disable":
		err := s.do(ctx, name, "update-rc.d", name, verb)
		if other := s.kind.toggle[verb]; err != nil && other != "" {
			err = s.do(ctx, name, strings.Fields(fmt.Sprintf(other, name))...)
		}
		// rc-update complains of each runlevel that a service is not in.
		if s.enabled(name) == (verb == "enable") && exitCode(err) > 0 {
			return nil
		}
		return err
	case applyVerb:
		verb = "restart"
	}
	return s.do(ctx, name, s.kind.command, name, verb)
}

// logs are what the script printed when we ran it, and the ends of the
// service's own logs.
func (s *scripts) logs(_ context.Context, name string) []string {
	files := []string{s.machine.at(outputOf(name))}
	for _, pattern := range []string{"/var/log/%s", "/var/log/%s.log", "/var/log/%s/*", "/var/log/rc.log"} {
		if strings.Contains(pattern, "%s") {
			pattern = fmt.Sprintf(pattern, name)
		}
		found, _ := filepath.Glob(s.machine.at(pattern)) // a name of a file that is there
		files = append(files, found...)
	}
	var lines []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || len(strings.TrimSpace(string(text))) == 0 {
			continue
		}
		all := strings.Split(strings.TrimSpace(string(text)), "\n")
		lines = append(lines, all[max(0, len(all)-evidenceLines):]...)
	}
	return lines[max(0, len(lines)-evidenceLines):]
}

// errors are none: nothing collects them.
func (s *scripts) errors(context.Context, time.Time) []string { return nil }
