package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// destroyLimit is how long the teardown of one job may take, after a signal
// as well: whoever asks us to end waits some seconds before they kill.
const destroyLimit = 20 * time.Second

// job is one job while it is done.
type job struct {
	*runner
	plan.Job
	res   *result.Job
	log   *jobLog
	group engine.Group
	id    engine.ID
	// apart are built packages that cannot be installed beside the others.
	apart []string
	// services that were started for it, or joined; lost says that one ended.
	services []service
	lost     bool
	// older packages that were made to upgrade from.
	older []check.Package
	// state its units were brought into, in words; empty: as they were.
	state string
	// rung the machine booted by, and snapshots of it by name.
	rung      plan.Rung
	snapshots map[string]engine.Image
}

// do does one job and writes what happened into res.
func (r *runner) do(ctx context.Context, planned plan.Job, res *result.Job) {
	log, err := r.openLog(planned)
	if err != nil {
		res.Outcome, res.Reason = result.Fault, err.Error()
		return
	}
	defer log.close()
	res.Log = log.name
	j := &job{runner: r, Job: planned, res: res, log: log, group: r.group(planned)}
	if planned.Base != nil {
		j.baseImage(ctx)
		return
	}
	release, err := j.alone(ctx)
	if err != nil {
		j.faultAround(ctx, err)
		return
	}
	defer release()
	if j.fromCache(ctx) {
		return
	}
	defer j.tearDown(ctx)
	j.phases(ctx)
	j.commit(ctx)
}

func (r *runner) group(j plan.Job) engine.Group {
	name := strings.NewReplacer("/", "-", ":", "-", "+", "-").Replace(j.Name)
	return engine.Group{Name: "drone-packages-" + r.plan.Input.Run + "-" + name, Labels: r.labels(j)}
}

// phases does the job's phases in order. After a vital one that did not pass,
// the rest is not reached, and the result says so.
func (j *job) phases(ctx context.Context) {
	if err := within(ctx, "starting the container", j.Timeout, j.setUp); err != nil {
		j.faultAround(ctx, err)
		return
	}
	stopped := ""
	for _, p := range j.Phases {
		if j.beginsAgain(p) {
			stopped = ""
		}
		if stopped == "" && p.Joins && !j.join() {
			return
		}
		if stopped != "" {
			j.res.Phases = append(j.res.Phases, result.Phase{
				Name: p.Name, Outcome: result.Skipped, Reason: result.NotReached(stopped)})
			continue
		}
		done := j.phase(ctx, p)
		j.res.Phases = append(j.res.Phases, done)
		if ends(p, done.Outcome) {
			stopped = fmt.Sprintf("%s %s", p.Name, done.Outcome)
		}
	}
	j.settle()
}

// beginsAgain says whether a phase starts from a snapshot, whatever became of
// those before it but for the one it needs. Services that are gone do not
// begin again.
func (j *job) beginsAgain(p plan.Phase) bool {
	_, there := j.snapshots[p.From]
	return there && !j.lost && slices.ContainsFunc(j.res.Phases, func(done result.Phase) bool {
		return done.Name == p.Needs && done.Outcome == result.Passed
	})
}

// ends says whether the phases after one with this outcome are not reached.
func ends(p plan.Phase, o result.Outcome) bool {
	return o == result.Fault || o == result.Cancelled || o == result.Failed && p.Vital
}

// settle makes the job's outcome of its phases', and its reason that of the
// first which ended so.
func (j *job) settle() {
	var outcomes []result.Outcome
	for _, p := range j.res.Phases {
		outcomes = append(outcomes, p.Outcome)
	}
	j.res.Outcome = result.Worst(outcomes...)
	for _, p := range j.res.Phases {
		if j.res.Reason == "" && p.Outcome == j.res.Outcome {
			j.res.Reason = p.Reason
		}
	}
}

// unasked makes a phase a skipped one that did nothing but ask, and had no
// answer that anything is as it should be: that is no phase that passed.
func unasked(p plan.Phase, done *result.Phase) {
	for _, s := range p.Steps {
		switch s.(type) {
		case plan.Ask, plan.AskChecks:
		default:
			return
		}
	}
	why := ""
	for _, c := range done.Checks {
		if c.Outcome == result.Passed || c.Warning {
			return
		}
		if why == "" {
			why = c.Title() + ": " + c.Reason
		}
	}
	if why == "" && len(done.Notes) > 0 {
		why = done.Notes[len(done.Notes)-1]
	}
	if why == "" {
		why = "the packages have nothing to ask about"
	}
	done.Outcome, done.Reason = result.Skipped, why
}

// faultAround is a job that something befell before or after its phases.
func (j *job) faultAround(ctx context.Context, err error) {
	j.res.Outcome = result.Fault
	if ctx.Err() != nil {
		j.res.Outcome, err = result.Cancelled, causeOf(ctx)
	}
	j.res.Reason = printable(err.Error())
	j.say("%s %s", marks[j.res.Outcome], j.res.Reason)
}

// setUp makes the group and, unless a Boot step will, its container.
func (j *job) setUp(ctx context.Context) error {
	if err := j.engine.Setup(ctx, j.group); err != nil {
		return fmt.Errorf("start the container: %w", err)
	}
	if j.Kind == plan.Test {
		return nil
	}
	id, err := j.start(ctx, j.Container)
	if err != nil {
		return fmt.Errorf("start the container: %w", err)
	}
	j.id = id
	return nil
}

// phase does one phase's steps until one does not pass.
func (j *job) phase(ctx context.Context, p plan.Phase) result.Phase {
	begin := j.o.Now()
	done := result.Phase{Name: p.Name, Outcome: result.Passed, Log: j.log.ref(j.log.lines() + 1)}
	j.log.begin(p.Name)
	err := within(ctx, p.Name, j.Timeout, func(ctx context.Context) error { return j.steps(ctx, p.Steps, &done) })
	if err != nil {
		j.judge(ctx, p, err, &done)
	} else {
		unasked(p, &done)
	}
	j.blameServices(ctx, &done)
	done.Duration = result.Span(j.o.Now().Sub(begin))
	if done.Problem != nil {
		done.Problem.Again = j.again(p.Name)
	}
	if done.Problem != nil && done.Outcome == result.Failed {
		done.Problem.File, done.Problem.Line = j.toMend(*done.Problem, done.Checks)
	}
	j.announce(done)
	return done
}

func (j *job) steps(ctx context.Context, steps []plan.Step, done *result.Phase) error {
	for _, step := range steps {
		if err := j.step(ctx, step, done); err != nil {
			return err
		}
	}
	return nil
}

// again says how to do a phase once more, and what comes before it.
func (j *job) again(phase string) string {
	distro := j.Distro
	if j.BuiltFor != "" {
		distro = j.BuiltFor
	}
	part := distro
	if j.Package != "" {
		part += "/" + j.Package
	}
	switch j.Kind {
	case plan.Build, plan.Lint:
		part += "/" + phase
	case plan.Test:
		part += "/*/" + phase
	}
	if j.o.Again == nil {
		return "only: " + part
	}
	return j.o.Again(distro, part)
}

// shell says how to enter the job's machine.
func (j *job) shell() string {
	if j.o.Self != "" {
		return fmt.Sprintf("the same %s run with -it, and shell %s at its end", j.plan.Input.Host.Engine, j.Name)
	}
	return "drone-packages shell " + j.Name
}

// failure is an error that is the package's fault.
type failure struct{ problem result.Problem }

func (f *failure) Error() string { return f.problem.Title }

// fault is an error with a digest that is not the package's fault.
type fault struct{ problem result.Problem }

func (f *fault) Error() string { return f.problem.Title }

// judge says whose fault an error of a phase is. What ran out of time is the
// package's failure, unless the phase only prepared for it.
func (j *job) judge(ctx context.Context, p plan.Phase, err error, done *result.Phase) {
	var failed *failure
	var faulty *fault
	var late *timeout
	switch {
	case errors.As(err, &failed):
		done.Outcome, done.Problem = result.Failed, &failed.problem
	case ctx.Err() != nil:
		done.Outcome, done.Reason = result.Cancelled, causeOf(ctx).Error()
		return
	case errors.As(err, &faulty):
		done.Outcome, done.Problem = result.Fault, &faulty.problem
	case errors.As(err, &late) && !p.Prepares:
		done.Outcome, done.Problem = result.Failed, j.evidence(err)
	default:
		done.Outcome, done.Problem = result.Fault, j.evidence(err)
	}
	if j.Kind == plan.ServiceImage && done.Outcome == result.Failed {
		done.Outcome = result.Fault // nobody's package is in it
	}
	done.Reason = done.Problem.Title
}

// evidence is an error with the last of the log.
func (j *job) evidence(err error) *result.Problem {
	return &result.Problem{Title: printable(err.Error()), Lines: j.log.tail(), Log: j.log.here()}
}

// keeps says whether a machine with this outcome is kept for a shell.
func (j *job) keeps(o result.Outcome) bool {
	if j.Kind != plan.Test || o == result.Cancelled || j.id == "" {
		return false
	}
	bad := o == result.Failed || o == result.Fault
	return j.o.Keep == "always" || j.o.Keep == "failed" && bad
}

// tearDown removes what the job made, unless it is kept.
func (j *job) tearDown(ctx context.Context) {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), destroyLimit)
	defer cancel()
	j.keepServiceLogs(clean)
	if j.keeps(j.res.Outcome) {
		j.keep()
		return
	}
	if err := j.engine.Destroy(clean, j.group); err != nil {
		j.say("! could not remove everything: %v", err)
	}
}

// keep leaves the machine to the user, as the last phase left it: where another
// failed, there is no way back.
func (j *job) keep() {
	j.res.Kept = j.group.Name
	for _, p := range slices.Backward(j.res.Phases) {
		if p.Problem != nil {
			p.Problem.Shell = j.shell()
		}
		if p.Outcome != result.Skipped {
			break
		}
	}
	j.say("kept for 24 h: %s", j.shell())
}
