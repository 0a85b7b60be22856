package result

import (
	"cmp"
	"time"
)

// Schema is the version of results.json. Fields are added within a version;
// a change of meaning makes a new one.
const Schema = 1

// Run is everything that happened. It is the published results.json.
type Run struct {
	// Schema is the version of this file's shape.
	Schema int `json:"schema"`
	// Version of drone-packages.
	Version string `json:"version"`
	// ID of the run, four to eight characters of [a-z0-9].
	ID string `json:"id"`
	// Started is when, in RFC 3339.
	Started time.Time `json:"started"`
	// Duration of the whole run in seconds.
	Duration Seconds `json:"duration"`
	// Outcome is the most telling of the jobs'.
	Outcome Outcome `json:"outcome"`
	// Reason of an outcome that no job explains: cancelled by a signal, the
	// host lost, nothing to do.
	Reason string `json:"reason,omitempty"`
	Host   Host   `json:"host"`
	Source Source `json:"source"`
	// Output is the output directory as the user named it: what is told of
	// files starts with it. Paths in here are relative to it.
	Output string `json:"output,omitempty"`
	// Jobs in the plan's order.
	Jobs []Job `json:"jobs"`
	// Packages are the files that were handed over.
	Packages []Package `json:"packages,omitempty"`
	// Saved is what caches spared, in seconds of work measured when the
	// cached thing was made.
	Saved Seconds `json:"saved,omitempty"`
	// Earlier says what of it is kept from earlier runs, where only what was
	// not green was done again.
	Earlier []Earlier `json:"earlier,omitempty"`
}

// Earlier is what is kept of an earlier run: who it was, what it built, and the
// distros whose results are its.
type Earlier struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Source  Source    `json:"source"`
	Distros []string  `json:"distros"`
}

// Host is where it ran, as probed: "docker", "20.10.24", "linux/amd64". Of shards
// that were merged it is what their hosts have in common; the rest is zero.
type Host struct {
	Engine   string `json:"engine"`
	Version  string `json:"version"`
	Platform string `json:"platform"`
	CPUs     int    `json:"cpus"`
	// Memory in bytes.
	Memory int64 `json:"memory"`
	// Cgroup is "1" or "2".
	Cgroup string `json:"cgroup"`
}

// Source is what was built.
type Source struct {
	// Path or URL as the user gave it.
	Path string `json:"path"`
	// Revision as git describes it, if it is under git.
	Revision string `json:"revision,omitempty"`
	// Version that was given to the packages; empty: the changelog's own.
	Version string `json:"version,omitempty"`
	// Files and Size, in bytes, of the tree.
	Files int   `json:"files" jsonschema:"minimum=0"`
	Size  int64 `json:"size" jsonschema:"minimum=0"`
}

// Words say which source it was: its revision, and the version it was given.
func (s Source) Words() string {
	words := cmp.Or(s.Revision, "a source without a revision")
	if s.Version != "" {
		words += ", version " + s.Version
	}
	return words
}

// Job is one piece of work on one distro.
type Job struct {
	// Name is unique in the run: "debian-12/build/greeter", "debian-12/test".
	Name string `json:"name"`
	// Kind: "image", "environment", "machine", "service", "linter", "build", "fetch", "lint" or "test".
	Kind   string `json:"kind"`
	Distro string `json:"distro"`
	// BuiltFor is the distro that a test's packages were built for, where it
	// is another than the one they are tested on.
	BuiltFor string `json:"built_for,omitempty"`
	// Package that is built; empty where all of the distro's are meant.
	Package  string `json:"package,omitempty"`
	Platform string `json:"platform"`
	// Outcome is the most telling of the phases'.
	Outcome Outcome `json:"outcome"`
	// Reason of an outcome other than passed.
	Reason string `json:"reason,omitempty"`
	// Started counts from the run's start; Waited is the time between its
	// needs being done and a slot being free.
	Started  Seconds `json:"started"`
	Waited   Seconds `json:"waited,omitempty"`
	Duration Seconds `json:"duration"`
	// Idle is that part of Duration in which it waited, made ready, for jobs
	// that it began beside: a booted machine for the packages.
	Idle Seconds `json:"idle,omitempty"`
	// Cached says that the work was found done, and Saved what that spared.
	Cached bool    `json:"cached,omitempty"`
	Saved  Seconds `json:"saved,omitempty"`
	Phases []Phase `json:"phases,omitempty"`
	// Log is the job's log file, relative to results.json.
	Log string `json:"log,omitempty"`
	// Kept is the name of the container that was kept for a shell.
	Kept string `json:"kept,omitempty"`
}

// Place is where a job is done, in words: "debian-12 greeter", or "debian-12 on
// ubuntu-24.04" where what is tested was built for another distro.
func (j Job) Place() string {
	where := j.Distro
	if j.BuiltFor != "" {
		where = j.BuiltFor + " on " + j.Distro
	}
	if j.Package != "" {
		where += " " + j.Package
	}
	return where
}

// Row is the distro that a job is for: where what is tested was built for
// another distro, that one.
func (j Job) Row() string {
	if j.BuiltFor != "" {
		return j.BuiltFor
	}
	return j.Distro
}

// Phase is one column of the grid: "build", "boot", "install", "service" …
type Phase struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	// Reason of an outcome other than passed.
	Reason   string  `json:"reason,omitempty"`
	Duration Seconds `json:"duration"`
	Checks   []Check `json:"checks,omitempty"`
	// Problem is the digest of a failure or fault.
	Problem *Problem `json:"problem,omitempty"`
	// Notes are what a reader should know of a phase that went on: the tier
	// of rights a machine booted with, dependencies that were installed.
	Notes []string `json:"notes,omitempty"`
	// Log is where in the job's log it begins, file:line, relative to
	// results.json.
	Log string `json:"log,omitempty"`
}

// Check is one question asked inside a test machine, and its answer.
type Check struct {
	// Kind: "service", "package", "file", "executable", "process", "port",
	// "journal", "leftover", "lint" …
	Kind string `json:"kind"`
	// Subject is what was asked about: a unit, a path, a package.
	Subject string `json:"subject"`
	// Attribute of the subject: "active", "enabled", "version", "loads" …
	Attribute string  `json:"attribute,omitempty"`
	Outcome   Outcome `json:"outcome"`
	Reason    string  `json:"reason,omitempty"`
	Expected  string  `json:"expected,omitempty"`
	Found     string  `json:"found,omitempty"`
	// Lines are the evidence: journal lines, unit status, at most 20.
	Lines    []string `json:"lines,omitempty"`
	Duration Seconds  `json:"duration,omitempty"`
	// Severity of a linter's finding: "error", "warning" or "info".
	Severity string `json:"severity,omitempty"`
	// Warning: worth a look, never the reason of a failure.
	Warning bool `json:"warning,omitempty"`
	// Place is where somebody asked for it: "packages.yml:12:5". Empty: nobody
	// did.
	Place string `json:"place,omitempty"`
}

// Title is a check in one line: what was asked about, and which attribute of it.
func (c Check) Title() string {
	text := c.Kind
	if c.Subject != c.Kind {
		text += " " + c.Subject
	}
	if c.Attribute != "" {
		text += ": " + c.Attribute
	}
	return text
}

// Problem is a failure told to the one who has to mend it.
type Problem struct {
	// Title is one sentence: "greeterd.service does not run after the upgrade".
	Title string `json:"title"`
	// Facts are labelled lines, in order: before, after, why.
	Facts []Fact `json:"facts,omitempty"`
	// Lines are the 20 or so log lines that matter.
	Lines []string `json:"lines,omitempty"`
	// Hint is the most likely mend.
	Hint string `json:"hint,omitempty"`
	// Log is file:line, relative to results.json.
	Log string `json:"log,omitempty"`
	// File is where it is to be mended, as far as that is known: relative to
	// the workspace, if the source is in there, else to the source. Line
	// counts from 1; 0 is the file as a whole.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty" jsonschema:"minimum=0"`
	// Again says how to do just that again, Shell how to open a shell where
	// it happened.
	Again string `json:"again,omitempty"`
	Shell string `json:"shell,omitempty"`
}

// Fact is one labelled line of a Problem.
type Fact struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// Package is one file handed over.
type Package struct {
	// Name, Version, Arch as the package's own metadata has them; empty for
	// files that are no package (.changes, .buildinfo, logs).
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	Arch    string `json:"arch,omitempty"`
	Distro  string `json:"distro"`
	// Path relative to results.json.
	Path string `json:"path" jsonschema:"minLength=1"`
	// Size in bytes.
	Size int64 `json:"size" jsonschema:"minimum=0"`
	// SHA256 in lower-case hexadecimal.
	SHA256 string `json:"sha256" jsonschema:"pattern=^[0-9a-f]{64}$"`
	// Files in it, the first 1000, and FileCount how many there are; of debs.
	Files     []File `json:"files,omitempty"`
	FileCount int    `json:"file_count,omitempty"`
}

// File is a file that a package holds: "/usr/bin/greeter", and its bytes.
type File struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
}

// Seconds is a span of time, written as a JSON number of seconds.
type Seconds float64

// Span makes Seconds of a duration, rounded to milliseconds.
func Span(d time.Duration) Seconds {
	return Seconds(d.Round(time.Millisecond).Seconds())
}

// Duration is the span as Go has it.
func (s Seconds) Duration() time.Duration {
	return time.Duration(float64(s) * float64(time.Second))
}
