package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// Step is one thing to do in a job's container. The set is closed: Exec,
// CopyIn, CopyOut, Boot, Ask, AskChecks, StartService, WaitReady,
// WriteFiles, Snapshot, Rewind, Reboot, Look.
type Step interface {
	fmt.Stringer
	step()
}

// Exec runs a shell script with `sh -eu`.
type Exec struct {
	// Title says what happens now, in the words of the log.
	Title  string
	Script string
	// User and Dir it runs in. Empty: root, /.
	User, Dir string
	Env       map[string]string
	// Tested puts the packages under test into $DP_PACKAGES: their names, or
	// NAME=VERSION with Exact; with Older those of the older version.
	Tested, Exact, Older bool
	// Announces: lines "version VERSION: WHY" say which one was chosen, and
	// lines "package NAME VERSION ARCH FILE" what was built,
	// or with Older which older packages there are; $DP_PACKAGES then are
	// those under test, which those have to be older than.
	Announces bool
}

// CopyIn unpacks something into the container.
type CopyIn struct {
	What What
	// Dir is where to.
	Dir string
	// Files, for Control: name to content.
	Files map[string]string
	// Finished, for Finished: the files to come by.
	Finished []FinishedFile
}

// What is what a CopyIn brings.
type What string

// The things a CopyIn brings.
const (
	// Tree is the source tree.
	Tree What = "the source tree"
	// Control is what says what a build needs.
	Control What = "what the build needs"
	// Built is what the build jobs before handed over.
	Built What = "the built packages"
	// Agent is our own program, for recipes that run it.
	Agent What = "our own program"
	// Finished are packages that were built elsewhere.
	Finished What = "the finished packages"
)

// CopyOut hands over what is in Path.
type CopyOut struct{ Path string }

// Boot starts the job's container by the first rung of the ladder that works
// and puts the agent in.
type Boot struct {
	Ladder []Rung
	Ask    check.Request
	// Timeout of each rung.
	Timeout time.Duration
}

// Ask has the agent answer a question. Packages are filled in by the run,
// with Older in the older version.
type Ask struct {
	Request check.Request
	Older   bool
}

// WriteFiles renders templates and writes them into the machine. The versions
// of packages are filled in by the run.
type WriteFiles struct {
	Files  []File
	Values Values
}

// AskChecks has the agent answer the user's checks that are due. They are
// rendered with the versions that packages have, filled in by the run.
type AskChecks struct {
	Request check.Request
	Sources []settings.CheckSource
	Values  Values
	// Older: the older version is installed.
	Older bool
}

// Snapshot remembers the machine as it is, under a name.
type Snapshot struct{ Name string }

// Rewind puts a machine booted from a snapshot in the place of the job's.
type Rewind struct {
	Name string
	Ask  check.Request
}

// Reboot ends the machine's init, starts it again and waits for it.
type Reboot struct {
	Ask check.Request
	// Halt, if set, is a script that ends everything but the init, before the
	// machine is stopped.
	Halt string
}

// Look runs a script whose lines "finding LETTER PACKAGE TAG WORDS…" say what
// a linter has found. Findings of severity FailOn and worse fail the phase;
// empty: none does.
type Look struct {
	Exec
	FailOn Severity
}

// StartService starts a service on the machine's network, or joins the one
// that is shared, and does not wait for it.
type StartService struct{ Service Service }

// WaitReady waits until a service can be used. One that ends or is never
// ready is a fault, not a failure of the package.
type WaitReady struct{ Service Service }

func (Exec) step()         {}
func (CopyIn) step()       {}
func (CopyOut) step()      {}
func (Boot) step()         {}
func (Ask) step()          {}
func (StartService) step() {}
func (WaitReady) step()    {}
func (AskChecks) step()    {}
func (WriteFiles) step()   {}
func (Snapshot) step()     {}
func (Rewind) step()       {}
func (Reboot) step()       {}
func (Look) step()         {}

func (s Exec) String() string { return s.Title }
func (s CopyIn) String() string {
	what := string(s.What)
	if len(s.Finished) > 0 {
		var names []string
		for _, f := range s.Finished {
			names = append(names, withoutUser(f.From))
		}
		what = strings.Join(names, ", ")
	}
	return fmt.Sprintf("copy in %s to %s", what, s.Dir)
}
func (s CopyOut) String() string { return "hand over " + s.Path }
func (s Boot) String() string {
	var names []string
	for _, r := range s.Ladder {
		names = append(names, r.Name)
	}
	return "boot: " + strings.Join(names, ", else ")
}

func (s StartService) String() string {
	if s.Service.Shared {
		return "join the shared " + s.Service.Name
	}
	return "start " + s.Service.Name
}

func (s WaitReady) String() string {
	var probes []string
	for _, p := range s.Service.Ready {
		probes = append(probes, p.String())
	}
	return fmt.Sprintf("wait for %s: %s, for %s at most", s.Service.Name, strings.Join(probes, "; "), s.Service.Within())
}

func (s WriteFiles) String() string {
	var paths []string
	for _, f := range s.Files {
		paths = append(paths, f.Path)
	}
	return "write " + strings.Join(paths, ", ")
}

func (s AskChecks) String() string { return "ask the checks due when " + string(s.Request.Moment) }

func (s Snapshot) String() string { return "remember the machine as " + s.Name }
func (s Rewind) String() string   { return "go back to the machine as " + s.Name }
func (Reboot) String() string     { return "reboot the machine" }

// questions says in words what the agent is asked.
var questions = map[check.Question]string{
	check.Boot:      "wait for the init to settle",
	check.Tree:      "remember the file tree",
	check.Present:   "check versions, conffiles and shipped files",
	check.Installed: "check versions, conffiles, executables, links and modes",
	check.Services:  "check that units settle, enabled and active",
	check.Restart:   "restart units: a new main pid that stays",
	check.Removed:   "check that no process, unit or port is left",
	check.Apply:     "restart units, so that they read it",
	check.Edit:      "edit conffiles, as an administrator would",
	check.Leftovers: "compare the file tree with the one before",
}

func (s Ask) String() string {
	words := questions[s.Request.Question]
	switch {
	case s.Request.Question == check.State:
		words = "make units " + stateWords(s.Request)
	case s.Request.Expect == check.Before:
		words += " as before"
	case s.Request.Expect == check.Upgraded:
		words += " as before the upgrade, in new processes"
	}
	if s.Older {
		words += ", of the older version"
	}
	return words
}

func stateWords(r check.Request) string {
	enabled, active := "disabled", "stopped"
	if r.Enabled {
		enabled = "enabled"
	}
	if r.Active {
		active = "running"
	}
	return enabled + " and " + active
}
