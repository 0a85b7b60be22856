package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// Options are what a run needs beside its plan.
type Options struct {
	// Source writes the source tree as a tar stream.
	Source func(io.Writer) error
	// Files are the names of those in it.
	Files []string
	// Finished opens a finished package of a format: a file, or a download.
	// What cannot be had however often it is tried is fs.ErrNotExist,
	// fs.ErrPermission or fs.ErrInvalid.
	Finished func(ctx context.Context, name, format string) (io.ReadCloser, error)
	// Agent opens our own static binary for a platform.
	Agent func(platform string) (io.ReadCloser, error)
	// Bootstrap makes a root file system from a mirror. The caller of it
	// reads and closes the stream. Nil: BootstrapHere.
	Bootstrap func(ctx context.Context, b plan.Bootstrap, platform string, log io.Writer) (io.ReadCloser, error)
	// Contents lists what is in a file that is handed over, the first files and
	// how many there are; nil: nothing.
	Contents func(name string, size int64, r io.Reader) ([]result.File, int, error)
	// Dir is the output directory, Owner whom what is written there belongs to.
	Dir   *os.Root
	Owner *engine.Owner
	// Console is where the user looks. Verbose shows every line of every job.
	Console io.Writer
	Verbose bool
	// Live is how large the user's terminal is, in characters: what is at work
	// now is drawn below the lines. Nil: no terminal.
	Live func() (columns, rows int)
	// Login for the registry of base images; may be nil.
	Login *engine.Login
	// Secrets are masked in everything that is written.
	Secrets []string
	// Keep machines for a shell: never, failed, always.
	Keep string
	// FailFast cancels the rest after the first failure.
	FailFast bool
	// Again is a command that does a part of the run once more: only is what the
	// setting of that name takes. Nil: the part alone is told.
	Again func(distro, only string) string
	// Self is the id of the container we run in, if we do.
	Self string
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// keptFor is how long a kept machine may stay, and anything of a run that
// ended so badly that nobody could remove it.
const keptFor = 24 * time.Hour

// Causes for which we cancel what is left ourselves.
var (
	errFailFast = errors.New("fail_fast: another job failed")
	errLost     = fmt.Errorf("the host is lost: %w", engine.ErrUnreachable)
)

// Run carries out the plan. The result is complete whatever happened; the
// error says that it could not be carried out at all. What the run made on
// the engine is gone when Run returns, but for machines that are kept.
func Run(ctx context.Context, p plan.Plan, e engine.Engine, o Options) (result.Run, error) {
	if err := walkable(p.Jobs); err != nil {
		return result.Run{}, err
	}
	r := newRunner(p, e, o)
	defer r.close()
	if err := r.packSource(); err != nil {
		return result.Run{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.cancel = cancel
	r.course = newCourse(p)
	stop, leave := r.console.beat(ctx), r.live(ctx)
	jobs := r.walk(ctx)
	r.dropShared(ctx, jobs)
	leave()
	stop()
	return r.summary(ctx, jobs), nil
}

// runner is the state of one run.
type runner struct {
	plan    plan.Plan
	engine  engine.Engine
	o       Options
	started time.Time
	console *console
	source  *os.File
	cancel  context.CancelCauseFunc

	mu sync.Mutex
	// images by the job that made or found them, outputs by build job.
	images  map[string]engine.Image
	outputs map[string]*output
	// making are the images that are being made or pulled, by reference.
	making map[string]chan struct{}
	// unpacking is held by the build that hands over.
	unpacking sync.Mutex
	// course of the jobs.
	course *course
	// shared services by name.
	shared map[string]*shared
	// emulations are the platforms that were tried.
	emulations emulations
}

// output is what one build job handed over.
type output struct {
	// tar is the stream as it came out, for the machines it is tested on.
	tar *os.File
	// packages it said it made, and the files they are in.
	packages  []check.Package
	announced []result.Package
	// files that are in the output directory.
	files []result.Package
}

func newRunner(p plan.Plan, e engine.Engine, o Options) *runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Bootstrap == nil {
		o.Bootstrap = BootstrapHere
	}
	r := &runner{
		plan: p, engine: e, o: o, started: o.Now(),
		images: map[string]engine.Image{}, outputs: map[string]*output{},
		shared: map[string]*shared{},
	}
	r.console = newConsole(o, r.started, jobWidth(p.Jobs))
	return r
}

// close forgets the temporary files; they have no names any more.
func (r *runner) close() {
	for _, out := range r.outputs {
		_ = out.tar.Close() // read only by now
	}
	if r.source != nil {
		_ = r.source.Close()
	}
}

// packSource writes the source tree into a file once, for all builds.
func (r *runner) packSource() error {
	if !slices.ContainsFunc(r.plan.Jobs, func(j plan.Job) bool { return j.Kind == plan.Build }) {
		return nil
	}
	f, err := scratch()
	if err != nil {
		return err
	}
	r.source = f
	if err := r.o.Source(f); err != nil {
		return fmt.Errorf("pack the source: %w", err)
	}
	return nil
}

// scratch is a temporary file without a name: it is gone however we end.
func scratch() (*os.File, error) {
	f, err := os.CreateTemp("", "drone-packages-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// reread is the file's content from its start, for any number of readers.
func reread(f *os.File) (io.Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return io.NewSectionReader(f, 0, info.Size()), nil
}

// labels are what everything of this run carries.
func (r *runner) labels(j plan.Job) map[string]string {
	labels := map[string]string{
		engine.LabelRun:     r.plan.Input.Run,
		engine.LabelExpires: fmt.Sprint(r.started.Add(keptFor).Unix()),
		LabelJob:            j.Name,
	}
	if r.o.Self != "" {
		labels[engine.LabelOwner] = r.o.Self
	}
	if r.o.Keep != "never" && r.o.Keep != "" && j.Kind == plan.Test {
		labels[engine.LabelKeep] = r.o.Keep
	}
	return labels
}

// MachineName is what a test machine is called on its network.
const MachineName = string(plan.Test)

// LabelJob is the name of the plan's job, by which a shell finds a kept machine.
const LabelJob = "io.drone-packages.job"
