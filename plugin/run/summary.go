package run

import (
	"context"
	"errors"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// summary makes the run's result of its jobs'.
func (r *runner) summary(ctx context.Context, jobs []result.Job) result.Run {
	in := r.plan.Input
	run := result.Run{
		Schema: result.Schema, Version: in.Tool, ID: in.Run,
		Started: r.started, Duration: result.Span(r.o.Now().Sub(r.started)),
		Host: result.Host{
			Engine: in.Host.Engine, Version: in.Host.Version, Platform: in.Host.Platform,
			CPUs: in.Host.CPUs, Memory: in.Host.Memory, Cgroup: in.Host.Cgroup,
		},
		Source: result.Source{
			Path: in.Source.Path, Revision: in.Source.Revision, Version: in.Version,
			Files: in.Source.Files, Size: in.Source.Size,
		},
		Output: in.Settings.Output,
		Jobs:   append(jobs, r.skips()...),
	}
	for i := range run.Jobs {
		r.console.mask.job(&run.Jobs[i])
	}
	for _, j := range jobs {
		run.Saved += j.Saved
		if out := r.outputs[j.Name]; out != nil {
			run.Packages = append(run.Packages, out.files...)
		}
	}
	run.Outcome, run.Reason = conclude(ctx, jobs)
	r.console.mask.hide(&run.Reason, &run.Source.Path)
	return run
}

// skips are the jobs that the user asked to leave out: never silently.
func (r *runner) skips() []result.Job {
	var jobs []result.Job
	for _, s := range r.plan.Skips {
		job := r.blank(s.Job)
		job.Outcome, job.Reason = result.Skipped, s.Why
		jobs = append(jobs, job)
	}
	return jobs
}

// conclude is the outcome of a run, and its reason where no job explains it.
// What the user cancelled is cancelled, even in its last moment; what we
// cancelled ourselves ended by what made us do so.
func conclude(ctx context.Context, jobs []result.Job) (result.Outcome, string) {
	ours := errors.Is(context.Cause(ctx), errFailFast) || errors.Is(context.Cause(ctx), errLost)
	var outcomes []result.Outcome
	for _, j := range jobs {
		if j.Outcome != result.Cancelled || !ours {
			outcomes = append(outcomes, j.Outcome)
		}
	}
	worst := result.Worst(outcomes...)
	switch {
	case ours:
		return worst, causeOf(ctx).Error()
	case ctx.Err() != nil:
		return result.Cancelled, causeOf(ctx).Error()
	case len(jobs) == 0:
		return worst, "nothing to do"
	}
	return worst, ""
}
