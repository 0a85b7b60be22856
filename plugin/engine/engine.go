package engine

import (
	"context"
	"errors"
	"io"
	"time"
)

// Engine is a container host: a Docker daemon, later a Kubernetes cluster.
//
// Every method may be called from many goroutines at once. Every method takes
// a context and returns soon after it ends, with the context's error wrapped.
// An error says that the host failed or refused; what a command inside a
// container did is never an error but an [Exit]. After an error of Setup,
// Start or Exec the group may be half made: Destroy it, which always works on
// whatever is there.
type Engine interface {
	Containers
	Power
	Images
	Daemon
}

// Containers runs groups of containers.
type Containers interface {
	// Setup makes the group's network. Setting up a group twice is an error.
	Setup(ctx context.Context, g Group) error

	// Start creates and starts one container of a group that was set up, and
	// returns when its first process runs. It does not wait for readiness.
	// The container is attached to the group's network under Spec.Name and
	// Spec.Aliases, carries the group's labels and LabelName, and its loopback
	// has ::1 where the host's kernel has IPv6, as every machine's has. The
	// image must be present: see Images.
	// ErrNoImage, ErrRefused (the host rejects what the Spec asks for).
	Start(ctx context.Context, g Group, s Spec) (ID, error)

	// Exec runs one command in a running container and returns when it ended
	// and all of its output was written. One that cannot be run ends with 126
	// or 127, as in a shell, and its output says why. Cmd's writers are called from one
	// goroutine at a time and never after Exec returned. When ctx ends first,
	// Exec returns its error at once; the process may live on until the
	// container is destroyed.
	// ErrGone when the container does not run (any more).
	Exec(ctx context.Context, id ID, c Cmd) (Exit, error)

	// CopyIn unpacks an uncompressed tar stream below dir, which it makes
	// (mode 0755, root) when it is missing. Owners, modes and times are taken
	// from the archive. Never below a tmpfs: the files would be lost.
	CopyIn(ctx context.Context, id ID, dir string, tar io.Reader) error

	// CopyOut returns path as a tar stream whose names start with the last
	// element of path. The caller closes it. What it holds was written by
	// untrusted code: extract it with Unpack only.
	// ErrNotFound when there is no such path.
	CopyOut(ctx context.Context, id ID, path string) (io.ReadCloser, error)

	// Logs writes what the container's first process printed so far.
	Logs(ctx context.Context, id ID, w io.Writer) error

	// Destroy removes the group's containers, volumes and network, and the
	// images with its LabelGroup, running or not, at once (no graceful stop). It is idempotent, also when nothing
	// was ever set up, and removes as much as it can before it returns an
	// error that joins all failures.
	Destroy(ctx context.Context, g Group) error
}

// Power is what one does to a container as to a machine in a rack.
type Power interface {
	// Reboot asks the first process to end by Spec.StopSignal, ends it by
	// force after grace, and starts the container again: the same files, a
	// new tmpfs, the same names on the network. It returns when the first
	// process runs. ErrGone when there is no such container; one that had
	// ended is started.
	Reboot(ctx context.Context, id ID, grace time.Duration) error

	// State says how a container is. ErrGone when there is none.
	State(ctx context.Context, id ID) (State, error)

	// RemoveContainer removes one container of a group at once. Removing what is not
	// there is not an error.
	RemoveContainer(ctx context.Context, id ID) error
}

// Images is the host's local image store.
type Images interface {
	// Find returns the local images that carry all the labels given and, when
	// ref is not empty, are known by that reference or id; newest first.
	// None is not an error.
	Find(ctx context.Context, ref string, labels map[string]string) ([]Image, error)

	// Pull fetches a reference for a platform from its registry. progress, if
	// not nil, is told now and then how many bytes have come, of how many that
	// are known to have to: the total may grow.
	// ErrNoImage, ErrUnauthorized, ErrTransient.
	Pull(ctx context.Context, p Pull, progress func(done, total int64)) (Image, error)

	// Offers asks the registry of a reference whether it has it for a
	// platform, and fetches nothing. An error is what Pull's would be.
	Offers(ctx context.Context, p Pull) error

	// Import makes an image of one layer from the tar stream of a root file
	// system and tags it.
	Import(ctx context.Context, ref, platform string, labels map[string]string, rootfs io.Reader) (Image, error)

	// Commit makes an image of a container as it is now and tags it. The
	// image has no command or environment of the container's and, of our
	// labels, those given only. It does not
	// pause the container: let nothing run in it that writes.
	Commit(ctx context.Context, id ID, ref string, labels map[string]string) (Image, error)

	// Remove removes an image by id or reference. Removing what is not there
	// is not an error.
	Remove(ctx context.Context, image string) error
}

// Daemon is the host itself.
type Daemon interface {
	// Host asks what kind of host this is. ErrUnreachable when nobody answers.
	Host(ctx context.Context) (Host, error)

	// Sweep removes containers, volumes, networks and images (those with a
	// LabelRun) of runs that ended badly and returns their names. It touches nothing without our label,
	// and nothing at all where it is asked to look.
	Sweep(ctx context.Context, w Which) ([]string, error)

	// Kept lists our running containers that were kept (LabelKeep) and carry
	// all the labels given.
	Kept(ctx context.Context, labels map[string]string) ([]Container, error)
}

// Errors that callers tell apart with errors.Is.
var (
	// ErrUnreachable: no daemon answers at the address.
	ErrUnreachable = errors.New("the container engine does not answer")
	// ErrNoImage: neither here nor in the registry.
	ErrNoImage = errors.New("no such image")
	// ErrUnauthorized: the registry wants (other) credentials.
	ErrUnauthorized = errors.New("the registry wants other credentials")
	// ErrTransient: the registry cannot be reached, or not now; another try
	// may be worth it.
	ErrTransient = errors.New("the registry is busy or does not answer")
	// ErrRefused: the host rejects what a Spec asks for, such as a right it
	// does not grant or a security option it does not know.
	ErrRefused = errors.New("the container engine refuses")
	// ErrGone: the container does not run.
	ErrGone = errors.New("the container is gone")
	// ErrNotFound: no such path in the container.
	ErrNotFound = errors.New("no such file")
)

// Labels that everything we create carries, so that a sweep can find it.
const (
	// LabelRun is the run's id. Its presence makes a thing ours.
	LabelRun = "io.drone-packages.run"
	// LabelGroup is the job the thing belongs to.
	LabelGroup = "io.drone-packages.group"
	// LabelName is a container's Spec.Name; Start sets it.
	LabelName = "io.drone-packages.name"
	// LabelExpires is the Unix time after which any sweep may remove it.
	LabelExpires = "io.drone-packages.expires"
	// LabelOwner is the id of the container the plugin ran in, if it did.
	LabelOwner = "io.drone-packages.owner"
	// LabelKeep is set where a failed machine is kept for its user: such a
	// thing is swept when it expires, not when its owner is gone.
	LabelKeep = "io.drone-packages.keep"
	// LabelImage marks our images: "base", "environment", "machine" or
	// "service".
	LabelImage = "io.drone-packages.image"
)

// ID is a container's id, opaque.
type ID string

// Group is everything of one job: a network, its containers and volumes.
type Group struct {
	// Name is unique on the host: the run's id and the job's name, made of
	// [a-z0-9_.-].
	Name string
	// Labels are put on all that belongs to the group, besides LabelGroup.
	// LabelRun and LabelExpires must be among them.
	Labels map[string]string
}

// Spec is one container to start.
type Spec struct {
	// Name is its name on the group's network, a DNS label.
	Name string
	// Image is a local image's id or reference.
	Image string
	// Platform is OS/ARCH[/VARIANT]; required, since hosts may hold several.
	Platform string
	// Command replaces the image's entrypoint and command, and runs as root.
	// Empty: the image's own, as the image's own user.
	Command []string
	// Entrypoint replaces the image's entrypoint and leaves out its command,
	// as the image's own user. Not beside Command.
	Entrypoint []string
	// Args replace the image's command: they follow its entrypoint, or the
	// one above. Not beside Command.
	Args []string
	// Files are put in before the first process starts: content by absolute
	// path, owned by root, mode 0644, or 0755 when it begins with #!.
	Files map[string]string
	// Env is the environment of Command and of every Exec.
	Env map[string]string
	// Hostname defaults to Name.
	Hostname string
	// Aliases are further names on the group's network.
	Aliases []string
	// Join are further groups, set up already, whose networks the container
	// is attached to under the same names.
	Join []Group
	// Tmpfs maps paths to mount options.
	Tmpfs map[string]string
	// Rights beyond an ordinary container's. Zero: none.
	Rights Rights
	// StopSignal is what asks the first process to end, e.g. SIGRTMIN+3.
	StopSignal string
	// Reaper puts a tiny init before Command that reaps orphans. Not for
	// containers that run an init of their own.
	Reaper bool
	// Limits. Zero: none.
	Limits Limits
}

// Rights are what a container may do beyond the host's defaults.
type Rights struct {
	Privileged bool
	// CapAdd are capabilities without their CAP_ prefix.
	CapAdd []string
	// Security are options as the host spells them: seccomp=unconfined.
	Security []string
	// OwnCgroup asks for a private cgroup namespace.
	OwnCgroup bool
}

// Limits bound what a container may use.
type Limits struct {
	CPUs   float64
	Memory int64 // bytes
}

// Cmd is one command to run in a container.
type Cmd struct {
	Args []string
	// User is a name or uid, with an optional :group. Empty: root.
	User string
	// Dir is the working directory. Empty: the image's.
	Dir string
	Env map[string]string
	// Stdin may be nil: then the command reads an empty input. An error of it
	// is Exec's.
	Stdin io.Reader
	// Stdout and Stderr may be nil: then the output is dropped, and may be
	// the same writer.
	Stdout, Stderr io.Writer
	// Terminal asks for a terminal; Stderr is then not used.
	Terminal *Terminal
}

// Terminal is the size of the user's terminal in characters.
type Terminal struct{ Rows, Columns uint }

// Exit is how a command ended.
type Exit struct {
	Code int
}

// State is how a container is.
type State struct {
	Running bool
	// ExitCode of the first process, when it does not run.
	ExitCode int
	// Health is what the image's own health check says: "starting",
	// "healthy", "unhealthy"; empty where the image has none.
	Health string
}

// Image is a local image.
type Image struct {
	ID       string
	Refs     []string
	Platform string
	Labels   map[string]string
	// Size in bytes, layers shared with other images included.
	Size    int64
	Created time.Time
}

// Pull says what to fetch, and as whom.
type Pull struct {
	Ref      string
	Platform string
	// Login for the registry; nil: what the host's configuration file has,
	// else anonymous.
	Login *Login
}

// Login is a user of a registry.
type Login struct{ Username, Password string }

// Container is one of ours, running.
type Container struct {
	ID      ID
	Name    string
	Image   string
	Labels  map[string]string
	Created time.Time
}

// Host is what a probe found. Shapes: see the field comments; unknown is "".
type Host struct {
	// Name of the engine and its version: "docker", "20.10.24".
	Name, Version string
	// Address it is reached at, without a password: unix:///var/run/docker.sock.
	// Exposed: that is a network address at which anybody may command it.
	Address string
	Exposed bool
	// API is the version that was negotiated: "1.41".
	API string
	// Platform is the native OS/ARCH.
	Platform string
	// OS in words: "Debian GNU/Linux 12 (bookworm)".
	OS string
	// CPUs and Memory (bytes) of the host.
	CPUs   int
	Memory int64
	// Cgroup is "1" or "2".
	Cgroup string
	// AppArmor, SELinux, Rootless, UserNS: active on the daemon.
	AppArmor, SELinux, Rootless, UserNS bool
	// Self is the id of the container we run in, if we do and it was found.
	Self string
	// SelfImage is that container's image id.
	SelfImage string
}

// Which says what a sweep removes. Conditions, all but Look, are alternatives.
type Which struct {
	// Run removes everything of one run, kept or not.
	Run string
	// ExpiredAt removes what expired before this time. Zero: nothing.
	ExpiredAt time.Time
	// Orphans removes what was owned by a container that does not run any
	// more, unless it is kept.
	Orphans bool
	// All removes everything of ours.
	All bool
	// Look removes nothing: what would be removed is named.
	Look bool
}
