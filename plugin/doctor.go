package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/run"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// Doctor looks at everything that a run needs, at all of it before it judges,
// and shows what it found. What is wrong with the host is a fault; what is
// wrong with the settings or the source alone is a SettingsError.
func Doctor(ctx context.Context, w World) (result.Outcome, error) {
	s := &session{world: w, id: runID()}
	defer s.close()
	c := s.checkUp(ctx)
	if ctx.Err() != nil {
		return result.Cancelled, ctx.Err()
	}
	found := c.findings()
	if err := report.Doctor(w.Stdout, found); err != nil {
		return result.Fault, err
	}
	wrong := slices.DeleteFunc(found, func(f report.Finding) bool { return f.Grade != report.Wrong })
	switch {
	case len(wrong) == 0:
		return result.Passed, nil
	case slices.ContainsFunc(wrong, func(f report.Finding) bool { return f.About != aboutSettings && f.About != aboutSource }):
		return result.Fault, nil
	}
	return result.Fault, &SettingsError{errors.New("doctor: a run would not begin: see settings and source")}
}

// checkup is what the doctor found out: facts, which nobody has judged yet.
type checkup struct {
	version string
	now     time.Time
	ci      host.Host
	// set says where settings came from, in words.
	set      string
	settings settings.Settings
	problems []error
	warnings []string

	// lost is why no engine is there to ask; then of its facts there are none.
	lost error
	host engine.Host
	seen sight

	tree    source.Tree
	treeErr error
	// in is what is asked for, planned what would be done; planErr says why
	// that is nothing.
	in      plan.Input
	planned plan.Plan
	planErr error
}

// checkUp gathers the facts.
func (s *session) checkUp(ctx context.Context) checkup {
	c := checkup{version: s.world.Version, now: time.Now(), ci: s.world.host()}
	var err error
	c.warnings, err = s.read()
	c.problems, c.set, c.settings = problemsOf(err), s.world.setBy(), s.settings
	c.lost = s.connect(ctx)
	c.host = s.host
	s.lookAtSource(ctx, &c)
	if c.lost != nil {
		return c
	}
	x := examiner{
		engine: s.engine, guard: s.engine.CanGuard, agent: s.world.agent,
		tool: func(name string) error { _, err := exec.LookPath(name); return err },
		run:  s.id, login: s.login(),
	}
	c.seen = x.look(ctx, c)
	return c
}

// problemsOf are the errors that one joins.
func problemsOf(err error) []error {
	var several interface{ WrappedErrors() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
		return several.WrappedErrors()
	}
	return []error{err}
}

// lookAtSource finds out what there is to build, and for whom. The root of a
// file system is nobody's source: containers begin there.
func (s *session) lookAtSource(ctx context.Context, c *checkup) {
	if s.settings.Source == "/" {
		c.treeErr = errNoWorkspace
	} else {
		c.treeErr = s.checkOut(ctx)
	}
	if s.checkout == nil {
		s.checkout = &source.Checkout{}
	}
	c.tree = s.checkout.Tree
	a, err := s.where()
	if len(c.settings.Distros) == 0 && c.sourceless() {
		a.in.Distros = nil // nothing is asked for
	}
	c.in, c.planErr = a.in, err
	if err != nil || c.treeErr != nil || len(c.problems) > 0 || c.sourceless() {
		return
	}
	c.planned, c.planErr = s.plan(ctx)
}

// sourceless says whether there is nothing to build, nor to test, whatever the
// distros are.
func (c checkup) sourceless() bool { return len(c.tree.Packages) == 0 && len(c.settings.Packages) == 0 }

// sight is what of the engine was seen.
type sight struct {
	// unguarded is why no watchdog could watch over our container.
	unguarded error
	trial     trial
	// platforms that are not the host's own, and why it does not run their
	// programs.
	platforms map[string]error
	images    []imageSight
	// ours are the images that we made.
	ours []engine.Image
	// kept machines; abandoned is what killed runs left, all that and what is
	// in use.
	kept           []engine.Container
	abandoned, all []string
	leftErr        error
}

// trial is what became of our own program on the engine.
type trial struct {
	err error
	// free and size, in bytes, of what the engine stores on.
	free, size int64
	// rungs of the ladder, as far as they were tried, and why they are refused.
	rungs []rungSight
}

type rungSight struct {
	plan.Rung
	tried bool
	err   error
}

// examiner looks at an engine.
type examiner struct {
	engine engine.Engine
	// guard says why no watchdog can watch over us, tool why a program cannot
	// be run here.
	guard func(context.Context, engine.Host) error
	agent func(platform string) (io.ReadCloser, error)
	tool  func(name string) error
	run   string
	login *engine.Login
}

func (x examiner) look(ctx context.Context, c checkup) sight {
	var s sight
	if c.host.Self != "" {
		s.unguarded = x.guard(ctx, c.host)
	}
	x.lookLeft(ctx, c.now, &s)
	s.trial = x.try(ctx, c)
	for _, platform := range c.settings.Platforms {
		if platform != c.host.Platform {
			if s.platforms == nil {
				s.platforms = map[string]error{}
			}
			s.platforms[platform] = x.emulates(ctx, c, platform)
		}
	}
	s.images = x.lookForImages(ctx, c.imageJobs())
	return s
}

// lookLeft finds what is there of runs: before we make something ourselves.
func (x examiner) lookLeft(ctx context.Context, now time.Time, s *sight) {
	var errs [4]error
	s.kept, errs[0] = x.engine.Kept(ctx, map[string]string{engine.LabelName: run.MachineName})
	s.abandoned, errs[1] = x.engine.Sweep(ctx, engine.Which{ExpiredAt: now, Orphans: true, Look: true})
	s.all, errs[2] = x.engine.Sweep(ctx, engine.Which{All: true, Look: true})
	for _, kind := range cachedKinds {
		found, err := x.engine.Find(ctx, "", map[string]string{engine.LabelImage: kind})
		s.ours = append(s.ours, found...)
		errs[3] = errors.Join(errs[3], err)
	}
	s.leftErr = errors.Join(errs[:]...)
}

// group is that of a trial.
func (x examiner) group(c checkup, name string) engine.Group {
	labels := map[string]string{engine.LabelRun: x.run, engine.LabelExpires: fmt.Sprint(c.now.Add(time.Hour).Unix())}
	if c.host.Self != "" {
		labels[engine.LabelOwner] = c.host.Self
	}
	return engine.Group{Name: "drone-packages-" + x.run + "-" + name, Labels: labels}
}

// trialLimit is how long all that our own program is asked may take.
const trialLimit = 2 * time.Minute

// try runs our own program on the engine: to see that a container starts, how
// much room there is, and which rights are granted.
func (x examiner) try(ctx context.Context, c checkup) trial {
	ctx, cancel := context.WithTimeout(ctx, trialLimit)
	defer cancel()
	var t trial
	for _, r := range plan.Ladder(planHost(c.host), c.settings.Privileged) {
		t.rungs = append(t.rungs, rungSight{Rung: r})
	}
	t.err = x.ask(ctx, c, &t)
	return t
}

// ask asks for room, and for the rights of one rung after the other until with
// one an init could make control groups. Its error is that no container runs.
func (x examiner) ask(ctx context.Context, c checkup, t *trial) error {
	program, err := x.agent(c.host.Platform)
	if err != nil {
		return err
	}
	defer program.Close() //nolint:errcheck // read only
	own, err := run.NewTrial(ctx, x.engine, x.group(c, "doctor"), c.host.Platform, program)
	if err != nil {
		return err
	}
	defer own.Close(ctx)
	out, err := own.Run(ctx, plan.Container{}, "agent", "space", "/")
	if err != nil {
		return err
	}
	if _, err := fmt.Sscan(out, &t.free, &t.size); err != nil {
		return fmt.Errorf("it printed %q: %w", out, err)
	}
	for i := range t.rungs {
		r := &t.rungs[i]
		_, r.err = own.Run(ctx, r.Container, "agent", "control-groups", fmt.Sprintf("--mount=%t", slices.Contains(r.Container.CapAdd, "SYS_ADMIN")))
		if r.tried = true; r.err == nil {
			break
		}
	}
	return nil
}

func (x examiner) emulates(ctx context.Context, c checkup, platform string) error {
	program, err := x.agent(platform)
	if err != nil {
		return err
	}
	defer program.Close() //nolint:errcheck // read only
	return run.Emulates(ctx, x.engine, x.group(c, "platform"), planHost(c.host), platform, program)
}
