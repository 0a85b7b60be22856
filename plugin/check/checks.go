package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// sideBySide is how many tests are asked at once: most of them wait.
const sideBySide = 32

// checks asks what the user wants to hold.
func (a *agent) checks(ctx context.Context) error {
	if a.Spec == nil {
		return errors.New("the request has no spec")
	}
	due := a.due()
	if len(due) == 0 {
		a.note("no check is due")
		return nil
	}
	noInit, err := a.dialFor(ctx, due)
	if err != nil {
		return err
	}
	var one sync.Mutex
	var all errgroup.Group
	all.SetLimit(sideBySide)
	for _, t := range due {
		all.Go(func() error {
			checks := a.answer(ctx, t, noInit)
			one.Lock()
			defer one.Unlock()
			if ctx.Err() != nil {
				return nil // what was found is no fault of the package's
			}
			for _, c := range checks {
				a.check(c)
			}
			return nil
		})
	}
	_ = all.Wait() // none returns an error
	return ctx.Err()
}

// due are the tests of this moment; how many are of others is told.
func (a *agent) due() []Test {
	var due []Test
	for _, t := range a.Spec.Tests {
		if t.due(a.Moment) {
			due = append(due, t)
		}
	}
	if n := len(a.Spec.Tests) - len(due); n > 0 {
		a.note("%s not due when %s", plural(n, "check"), a.Moment)
	}
	return due
}

// dialFor speaks to the init, if there is something to ask it. noInit is the
// reason why there is none to ask.
func (a *agent) dialFor(ctx context.Context, tests []Test) (noInit string, err error) {
	services := slices.ContainsFunc(tests, func(t Test) bool { return t.Kind == "service" })
	if !services || a.units != nil {
		return "", nil
	}
	if a.Init == initNone {
		return withoutInit, nil
	}
	if _, err := a.machine.lstat("/run/systemd/system"); err != nil && a.Init == initSystemd {
		return "no systemd runs on this machine", nil
	}
	return "", a.dial(ctx)
}

// answer makes the checks of one test.
func (a *agent) answer(ctx context.Context, t Test, noInit string) []result.Check {
	switch missing := a.missing(t); {
	case t.Skip != "":
		return t.skipAll(t.Skip)
	case missing != "":
		return t.skipAll(fmt.Sprintf("it needs the service %s, which is not here", missing))
	case t.Kind == "service" && noInit != "":
		return t.skipAll(noInit)
	}
	return a.untilPassed(ctx, t)
}

// missing is the first service that a test needs and the machine has not.
func (a *agent) missing(t Test) string {
	for _, name := range t.Services {
		if !slices.Contains(a.Services, name) {
			return name
		}
	}
	return ""
}

// untilPassed tries a test until it passes or its retries are over.
func (a *agent) untilPassed(ctx context.Context, t Test) []result.Check {
	var last []result.Check
	tries, start := 0, time.Now()
	try := func() (struct{}, error) {
		tries++
		last = a.try(ctx, t)
		if slices.ContainsFunc(last, func(c result.Check) bool { return c.Outcome == result.Failed }) {
			return struct{}{}, errors.New("not yet")
		}
		return struct{}{}, nil
	}
	// How the last try went is in its checks.
	_, _ = backoff.Retry(ctx, try, t.Retry.options()...)
	took := time.Since(start)
	for i := range last {
		last[i].Duration += share(i, last, took)
		last[i].Reason, last[i].Place = t.remark(last[i], tries, took), t.Place
	}
	return last
}

// share gives the time of a test that no attribute took to the first one.
func share(i int, checks []result.Check, took time.Duration) result.Seconds {
	if i > 0 {
		return 0
	}
	rest := result.Span(took)
	for _, c := range checks {
		rest -= c.Duration
	}
	return max(rest, 0)
}

func (r Retry) options() []backoff.RetryOption {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval, wait.RandomizationFactor = 100*time.Millisecond, time.Second, 0
	options := []backoff.RetryOption{backoff.WithMaxElapsedTime(r.Within), backoff.WithBackOff(wait)}
	if r.Delay > 0 {
		options = append(options, backoff.WithBackOff(backoff.NewConstantBackOff(r.Delay)))
	}
	if r.Count > 0 || r.Within == 0 {
		options = append(options, backoff.WithMaxTries(uint(r.Count)+1))
	}
	return options
}

// remark is the reason of a check, with what the user should know of its test.
func (t Test) remark(c result.Check, tries int, took time.Duration) string {
	var parts []string
	for _, part := range []string{t.Title, c.Reason} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if tries > 1 && c.Outcome != result.Skipped {
		parts = append(parts, fmt.Sprintf("after %d tries in %s", tries, max(took.Round(100*time.Millisecond), 100*time.Millisecond)))
	}
	if c.Outcome == result.Failed && t.Place != "" {
		parts = append(parts, "asked for in "+t.Place)
	}
	return strings.Join(parts, "; ")
}

// skipAll skips each attribute of a test.
func (t Test) skipAll(reason string) []result.Check {
	var checks []result.Check
	for _, ask := range t.Asks {
		checks = append(checks, t.skipAsk(ask, reason))
	}
	return checks
}

func (t Test) skipAsk(ask Ask, reason string) result.Check {
	return result.Check{
		Kind: t.Kind, Subject: t.shownName(), Attribute: ask.Attribute,
		Outcome: result.Skipped, Reason: reason,
	}
}
