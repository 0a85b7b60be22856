package run

import (
	"context"
	"fmt"
	"sync"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// walk does every job of the plan: its needs first, then a slot, then its
// work. There is no barrier: a distro's tests start when its builds are done.
// A job that did not pass skips those that need it, and nothing else; only
// the user, fail_fast or the loss of the host cancels the rest.
func (r *runner) walk(ctx context.Context) []result.Job {
	results := make([]result.Job, len(r.plan.Jobs))
	done := map[string]chan struct{}{}
	index := map[string]int{}
	for i, j := range r.plan.Jobs {
		done[j.Name], index[j.Name] = make(chan struct{}), i
	}
	slots := newSlots(r.plan)
	var wg sync.WaitGroup
	for i, j := range r.plan.Jobs {
		wg.Go(func() {
			defer close(done[j.Name])
			results[i] = r.blank(j)
			for _, need := range j.Needs {
				<-done[need]
				if results[index[need]].Outcome != result.Passed {
					notReached(&results[i], results[index[need]])
				}
			}
			if results[i].Outcome == "" {
				r.inSlot(ctx, slots, j, &results[i])
			}
		})
	}
	wg.Wait()
	return results
}

// notReached says that a job was not done because of one it needs.
func notReached(res *result.Job, need result.Job) {
	if res.Outcome != "" {
		return
	}
	res.Outcome, res.Reason = result.Skipped, fmt.Sprintf("not reached: %s %s", need.Name, need.Outcome)
	if need.Outcome == result.Cancelled {
		res.Outcome = result.Cancelled
	}
}

// inSlot waits for a slot and does the job in it.
func (r *runner) inSlot(ctx context.Context, s slots, j plan.Job, res *result.Job) {
	ready := r.o.Now()
	release, err := s.take(ctx, j.Kind)
	if err != nil {
		res.Outcome, res.Reason = result.Cancelled, err.Error()
		return
	}
	defer release()
	begin := r.o.Now()
	res.Started = result.Span(begin.Sub(r.started))
	res.Waited = result.Span(begin.Sub(ready))
	r.do(ctx, j, res)
	res.Duration = result.Span(r.o.Now().Sub(begin))
	r.afterJob(res)
}

// afterJob cancels the rest where that is asked for.
func (r *runner) afterJob(res *result.Job) {
	bad := res.Outcome == result.Failed || res.Outcome == result.Fault
	if r.o.FailFast && bad {
		r.cancel(fmt.Errorf("%w: %s", errFailFast, res.Name))
	}
}

func (r *runner) blank(j plan.Job) result.Job {
	return result.Job{
		Name: j.Name, Kind: string(j.Kind), Distro: j.Distro,
		Package: j.Package, Platform: j.Platform,
	}
}

// slots bound how many jobs of a kind run at a time. Machines have their own,
// so that a build does not keep a finished one from being tested.
type slots map[plan.Kind]chan struct{}

func newSlots(p plan.Plan) slots {
	builds := make(chan struct{}, max(1, p.Builds))
	return slots{
		plan.BaseImage: builds, plan.Environment: builds, plan.Machine: builds, plan.Build: builds,
		plan.Test: make(chan struct{}, max(1, p.Machines)),
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
