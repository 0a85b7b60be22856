package plan

import (
	"time"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// Input is everything a plan depends on.
type Input struct {
	// Tool is our version, Run the run's id.
	Tool, Run string
	Settings  settings.Settings
	Source    source.Tree
	// SourceIn is where the source is in the workspace, slash-separated; empty
	// at its top, or elsewhere.
	SourceIn string
	// Version to give to the packages; empty: their changelog's own.
	Version string
	// Distros asked for, all that are known, and the families they belong to.
	Distros   []distros.Distro
	Catalogue []distros.Distro
	Families  map[string]distros.Family
	Host      Host
	// Finished are the files that each of Origins means.
	Finished map[Origin][]string
	// Images of ours on the host, for the forecast of what comes from cache.
	Images []Image
}

// Host is what the plan wants to know of the container host.
type Host struct {
	Engine, Version string // "docker", "20.10.24"
	Platform        string // "linux/amd64"
	CPUs            int
	Memory          int64  // bytes
	Cgroup          string // "1" or "2"

	AppArmor, SELinux, Rootless, UserNS bool
}

// Image is a cached image of ours, as its labels tell.
type Image struct {
	// Recipe it was made by: Cache.Key.
	Recipe string
	// Seconds it took to make.
	Seconds float64
}

// Plan is what will be done.
type Plan struct {
	Input Input
	Jobs  []Job
	// Services that every test machine reaches by name.
	Services []Service
	// Builds and Machines are how many of each run at a time.
	Builds, Machines int
	// Ladder is how machines boot on this host, the least rights first.
	Ladder []Rung
	// Skips are what the user asked to leave out.
	Skips []Skip
	// Notes are decisions that the user did not make and should know of.
	Notes []string
}

// Skip is a job that is not planned, and why.
type Skip struct {
	Job Job
	Why string
}

// Kind is what a job does.
type Kind string

// The kinds of jobs.
const (
	// BaseImage makes sure that the distro's base image is on the host.
	BaseImage Kind = "image"
	// Environment makes the image a package is built in.
	Environment Kind = "environment"
	// Machine makes the image a test machine boots from.
	Machine Kind = "machine"
	// ServiceImage makes sure that a service's image is on the host.
	ServiceImage Kind = "service"
	// Build builds one package.
	Build Kind = "build"
	// Fetch comes by finished packages, in the place of a build.
	Fetch Kind = "fetch"
	// Linter makes the image that packages are linted in.
	Linter Kind = "linter"
	// Lint has the distro's own linter look at what a build left.
	Lint Kind = "lint"
	// Test takes what was built through its lifecycle on a booted machine.
	Test Kind = "test"
)

// Job is one piece of work, done in one group of containers.
type Job struct {
	// Name is unique: DISTRO/KIND[/PACKAGE].
	Name    string
	Kind    Kind
	Distro  string
	Package string
	// BuiltFor is the distro that a test's packages were built for, where it
	// is another than Distro.
	BuiltFor string
	// Cause says why it is there.
	Cause string
	// By is the file of the source, relative to it, that says how the package
	// is made: debian/control, or a spec file; of a test, that of the first
	// package. Empty: it is not made of the source.
	By string
	// Needs are the names of the jobs that have to pass first.
	Needs []string
	// Beside are those of Needs that it may begin beside: they have to pass
	// only before its phase that Joins.
	Beside []string
	// From is the job whose image the containers are made of.
	From string
	// Platform of its containers.
	Platform string
	// Cache, if set, says when the job's image need not be made again.
	Cache *Cache
	// Base, if set, is how to come by a base image; the job has no phases.
	Base *Base
	// Container is the job's one container, unless a Boot step starts it.
	Container Container
	Phases    []Phase
	// Timeout of each phase, and of all that comes before and after them,
	// such as a pull. Zero: none.
	Timeout time.Duration
}

// Phase is one column of the grid.
type Phase struct {
	Name string
	// Vital: when it does not pass, the phases after it are not reached,
	// unless they begin from a snapshot.
	Vital bool
	// Prepares: it only makes ready for the package, so that running out of
	// time is a fault and not the package's failure.
	Prepares bool
	// Joins: what the job began beside has to have passed before it.
	Joins bool
	// From is the snapshot it begins from, whatever became of the phases
	// between; empty: it goes on where the one before it ended.
	From string
	// Needs is the phase that must have passed for one with a From.
	Needs string
	Steps []Step
}

// Cache names an image by its content: the id of the image it is made from
// and Key, a digest of everything else that goes into it.
type Cache struct {
	Key string
	// Holds is what it spares, in words.
	Holds string
}

// Base is how to come by a distro's base image.
type Base struct {
	// Ref in a registry; Pull is always, if-not-exists or never. Empty Ref:
	// bootstrap only.
	Ref, Pull string
	// Login says that the settings' user is one of this image's registry.
	Login bool
	// Bootstrap, if set, makes it from the distro's mirror.
	Bootstrap *Bootstrap
}

// Bootstrap is how to make a root file system from a mirror.
type Bootstrap struct {
	// Tool is the program: mmdebstrap.
	Tool string
	// Suite, Components and Keyring as the distro has them.
	Suite      string
	Components []string
	Keyring    string
	// Mirror to use instead of the tool's own; may be empty.
	Mirror          string
	CheckValidUntil bool
}

// Container is what a job's container is made of, beside its image.
type Container struct {
	Command []string
	Env     map[string]string
	Tmpfs   map[string]string
	// Privileged, CapAdd, Security, OwnCgroup are rights beyond the ordinary.
	Privileged bool
	CapAdd     []string
	Security   []string
	OwnCgroup  bool
	StopSignal string
	// Reaper: a tiny init reaps orphans.
	Reaper bool
	CPUs   float64
	Memory int64 // bytes
}
