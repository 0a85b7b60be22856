package check

import (
	"time"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// Root is where everything of ours lives inside a test machine. It is no part
// of any file tree that is compared.
const Root = "/drone-packages"

// Paths inside a test machine.
const (
	// AgentPath is the agent's binary.
	AgentPath = Root + "/agent"
	// StatePath is a directory in which the agent remembers, from one
	// question to the next, what it saw: the file tree, units and their pids.
	StatePath = Root + "/state"
)

// Question is what a Request asks.
type Question string

// The closed set of questions. All but Boot, Tree and Checks need
// Request.Packages.
const (
	// Boot waits until the init has settled: running or degraded. A degraded
	// one lists its failed units as warnings.
	Boot Question = "boot"
	// Tree remembers the file tree as it is now, for Leftovers. It answers
	// with no check.
	Tree Question = "tree"
	// Installed checks what the packages themselves promise: installed at
	// the version given; conffiles present; every executable finds its
	// interpreter and its shared libraries; no dangling symlink, no
	// world-writable file; users made; what cron, logrotate, man and shells
	// read is as they want it; setuid and capabilities listed: all of it is in
	// docs/derived.md. It remembers files and executables for Removed.
	Installed Question = "installed"
	// Present is the part of Installed that an upgrade may break: the
	// version, conffiles and shipped files.
	Present Question = "present"
	// Services waits for every unit the packages ship to settle, then checks
	// that it is loaded, and enabled and active as the package declares; that
	// sockets are listened on as units declare; that no unit of the machine
	// failed since Boot; no core dump; and lists the journal's errors as
	// warnings. It remembers pids, ports and what was enabled.
	Services Question = "services"
	// Restart restarts each unit that runs, and checks for a new main pid
	// that stays up for Request.Stay.
	Restart Question = "restart"
	// Removed checks that nothing the packages shipped is still at work: no
	// process of theirs, no unit active, no port listening. Conffiles and
	// data may stay.
	Removed Question = "removed"
	// Apply restarts every unit the packages start, since its configuration
	// was written. It answers with no check.
	Apply Question = "apply"
	// Edit changes the conffiles as an administrator would and remembers what
	// the service has made, for Upgraded to look at. It answers with no check.
	Edit Question = "edit"
	// State brings every unit the packages start into the state that
	// Request.Enabled and Request.Active say, and remembers it. It answers with
	// what an init script did not do.
	State Question = "state"
	// Probe asks once whether a service on the network can be reached:
	// Request.Probe. It wants no packages.
	Probe Question = "probe"
	// Leftovers compares the file tree with the one remembered: what is new,
	// changed or gone is named, apart from accepted noise.
	Leftovers Question = "leftovers"
	// Checks asks what Request.Spec wants, as far as it is due at
	// Request.Moment: all tests side by side, each until it passes or its
	// retries are over. One check for each attribute, as each test is done.
	Checks Question = "checks"
)

// Request is the one thing an agent reads. Its zero values are sensible but
// for Question and Format.
type Request struct {
	Question Question `json:"question"`
	// Format of the packages: "deb", "rpm", "pacman" or "apk".
	Format string `json:"format"`
	// Presets: the distro says which units an installation enables, and nobody
	// but an administrator starts them. Administered: nobody else restarts them
	// either, after an upgrade. NoPurge: no removal takes what was made since
	// the installation, so that this stays on purpose.
	Presets      bool `json:"presets,omitempty"`
	Administered bool `json:"administered,omitempty"`
	NoPurge      bool `json:"no_purge,omitempty"`
	// Init of the machine: systemd, if empty, sysvinit, openrc, or none.
	Init string `json:"init,omitempty"`
	// Packages under test, as built.
	Packages []Package `json:"packages,omitempty"`
	// Expect is what must hold of the services: which lifecycle stage it is.
	Expect Expect `json:"expect,omitempty"`
	// Settle is how long a unit may take to settle, and Boot to boot.
	// Default 30 s and 60 s, in nanoseconds as Go has them.
	Settle time.Duration `json:"settle,omitempty"`
	Boot   time.Duration `json:"boot,omitempty"`
	// Stay is how long a restarted service is watched. Default 2 s.
	Stay time.Duration `json:"stay,omitempty"`
	// Enabled and Active are what a State question makes of units.
	Enabled bool `json:"enabled,omitempty"`
	Active  bool `json:"active,omitempty"`
	// Units are what a Services question wants of units, by name, in the
	// place of what is usual.
	Units map[string]Wanted `json:"units,omitempty"`
	// Probe is what a Probe question is about.
	Probe *Probing `json:"probe,omitempty"`
	// Noise are further globs that Leftovers accepts, "**" crossing slashes.
	Noise []string `json:"noise,omitempty"`
	// Spec is what Checks asks, and Moment when it does; empty: everything.
	Spec   *Spec  `json:"spec,omitempty"`
	Moment Moment `json:"moment,omitempty"`
	// Lenient: what fails is a warning, for it is another version that is under
	// test.
	Lenient bool `json:"lenient,omitempty"`
	// Services are the names of those that this machine has, for tests that
	// need some.
	Services []string `json:"services,omitempty"`
}

// Wanted is what somebody wants of a unit. Empty: what is usual.
type Wanted struct {
	// Enabled is kept, enabled or disabled; Active kept, active or inactive;
	// Restarted true or false.
	Enabled   string `json:"enabled,omitempty"`
	Active    string `json:"active,omitempty"`
	Restarted string `json:"restarted,omitempty"`
}

// Probing is one try to reach a service.
type Probing struct {
	// Kind is "tcp" or "http".
	Kind string `json:"kind"`
	// Target is HOST:PORT, or a URL.
	Target string `json:"target"`
}

// Package is one built package as its metadata names it.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Expect says how a Services question judges "enabled" and "active".
type Expect string

// What can be expected of services.
const (
	// Declared: as the package declares. The zero value.
	Declared Expect = ""
	// Before: enabled as it was the last time Services was asked, running.
	// For a reinstall, and for an install after a removal.
	Before Expect = "before"
	// Upgraded: enabled as it was before the upgrade; running, with a new
	// main pid, if it was enabled or ran; what the administrator edited kept.
	Upgraded Expect = "upgraded"
)

// Answer is one line of an agent's output: a check, a note, or the end.
type Answer struct {
	Check *result.Check `json:"check,omitempty"`
	// Note is told to the reader of the log.
	Note string `json:"note,omitempty"`
	// Fault says that the agent could not ask: ours, not the package's.
	Fault string `json:"fault,omitempty"`
	End   bool   `json:"end,omitempty"`
}
