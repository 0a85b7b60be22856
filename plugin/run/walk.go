package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// walk does every job of the plan: its needs first, then a slot, then its
// work. There is no barrier: a distro's tests start when its builds are done,
// and their machines boot meanwhile. A job that did not pass skips those that
// need it, and nothing else; only the user, fail_fast or the loss of the host
// cancels the rest.
func (r *runner) walk(ctx context.Context) []result.Job {
	slots := newSlots(r.plan)
	var wg sync.WaitGroup
	for _, j := range r.plan.Jobs {
		wg.Go(func() {
			l := r.course.of(j.Name)
			defer r.course.end(l)
			l.res = r.blank(j)
			if r.course.ready(j, l) {
				r.inSlot(ctx, slots, j, l)
			}
		})
	}
	wg.Wait()
	return r.course.results(r.plan.Jobs)
}

// notReached says that a job was not done because of one it needs, or because
// of the one that kept that from being done.
func notReached(res *result.Job, need result.Job) {
	switch {
	case res.Outcome != "":
	case need.Outcome == result.Cancelled, need.Outcome == result.Skipped:
		res.Outcome, res.Reason = need.Outcome, need.Reason
	default:
		res.Outcome, res.Reason = result.Skipped, result.NotReached(fmt.Sprintf("%s %s", need.Name, need.Outcome))
	}
}

// inSlot waits for a slot and does the job in it.
func (r *runner) inSlot(ctx context.Context, s slots, j plan.Job, l *leg) {
	ready, res := r.o.Now(), &l.res
	release, err := s.take(ctx, j.Kind)
	if err != nil {
		res.Outcome, res.Reason = result.Cancelled, err.Error()
		return
	}
	defer release()
	l.begin()
	begin := r.o.Now()
	res.Started = result.Span(begin.Sub(r.started))
	res.Waited = result.Span(begin.Sub(ready))
	r.do(ctx, j, res)
	res.Duration = result.Span(r.o.Now().Sub(begin))
	r.afterJob(ctx, res)
}

// afterJob cancels the rest where that is asked for, or where there is nobody
// left to do it.
func (r *runner) afterJob(ctx context.Context, res *result.Job) {
	bad := res.Outcome == result.Failed || res.Outcome == result.Fault
	if res.Outcome == result.Fault && r.hostIsLost(ctx) {
		r.cancel(errLost)
	}
	if r.o.FailFast && bad {
		r.cancel(fmt.Errorf("%w: %s", errFailFast, res.Name))
	}
}

// hostIsLost asks whether the host still answers.
func (r *runner) hostIsLost(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, destroyLimit)
	defer cancel()
	_, err := r.engine.Host(ctx)
	return errors.Is(err, engine.ErrUnreachable)
}

// walkable says why jobs would wait for ever, if they would: it is the plan's
// fault, and no user's.
func walkable(jobs []plan.Job) error {
	needs := map[string][]string{}
	for _, j := range jobs {
		needs[j.Name] = j.Needs
	}
	seen := map[string]bool{}
	for _, j := range jobs {
		for _, name := range j.Beside {
			if !slices.Contains(j.Needs, name) {
				return fmt.Errorf("the plan cannot be walked: %s begins beside %s, which it does not need", j.Name, name)
			}
		}
		if err := wayFrom(j.Name, needs, seen, nil); err != nil {
			return fmt.Errorf("the plan cannot be walked: %w", err)
		}
	}
	return nil
}

// wayFrom follows the needs of a job, on a way that led to it.
func wayFrom(name string, needs map[string][]string, seen map[string]bool, way []string) error {
	if slices.Contains(way, name) {
		return fmt.Errorf("%s needs itself", name)
	}
	if seen[name] {
		return nil
	}
	for _, need := range needs[name] {
		if _, ok := needs[need]; !ok {
			return fmt.Errorf("%s needs %s, which is not in it", name, need)
		}
		if err := wayFrom(need, needs, seen, append(slices.Clone(way), name)); err != nil {
			return err
		}
	}
	seen[name] = true
	return nil
}

func (r *runner) blank(j plan.Job) result.Job {
	return result.Job{
		Name: j.Name, Kind: string(j.Kind), Distro: j.Distro,
		BuiltFor: j.BuiltFor, Package: j.Package, Platform: j.Platform,
	}
}

// slots bound how many jobs of a kind run at a time. Machines have their own,
// so that a build does not keep a finished one from being tested.
type slots map[plan.Kind]chan struct{}

func newSlots(p plan.Plan) slots {
	builds := make(chan struct{}, max(1, p.Builds))
	lints := make(chan struct{}, 1)
	return slots{
		plan.BaseImage: builds, plan.ServiceImage: builds, plan.Environment: builds, plan.Machine: builds, plan.Build: builds, plan.Fetch: builds,
		plan.Test: make(chan struct{}, max(1, p.Machines)),
		// Nothing waits for a linter, and no build for its slot.
		plan.Linter: lints, plan.Lint: lints,
	}
}

// take waits for a slot. The error is the reason why the run was cancelled.
func (s slots) take(ctx context.Context, kind plan.Kind) (release func(), err error) {
	slot := s[kind]
	if ctx.Err() != nil {
		return nil, causeOf(ctx)
	}
	select {
	case slot <- struct{}{}:
		return func() { <-slot }, nil
	case <-ctx.Done():
		return nil, causeOf(ctx)
	}
}
