package run

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Tries of a pull; fewer where there is another way to an image, for whom a
// registry is out of reach for good.
const (
	pullTries          = 4
	pullTriesBootstrap = 2
)

// pull pulls, and again after a while where that may help.
func (j *job) pull(ctx context.Context, p engine.Pull) (engine.Image, error) {
	tries := uint(pullTries)
	if j.Base.Bootstrap != nil {
		tries = pullTriesBootstrap
	}
	once := func() (engine.Image, error) {
		t := j.moves("pulling "+p.Ref, 0)
		image, err := j.engine.Pull(ctx, p, t.at)
		text := j.moved(t)
		if err == nil {
			j.say("pulled %s: %s", p.Ref, text)
		}
		if err != nil && !errors.Is(err, engine.ErrTransient) {
			err = backoff.Permanent(err)
		}
		return image, err
	}
	again := func(err error, wait time.Duration) {
		j.say("%v; once more in %.1fs", err, wait.Seconds())
	}
	// About 1, 3 and 9 seconds.
	waits := &backoff.ExponentialBackOff{
		InitialInterval: time.Second, RandomizationFactor: 0.5, Multiplier: 3, MaxInterval: time.Minute,
	}
	return backoff.Retry(ctx, once, backoff.WithBackOff(waits), backoff.WithMaxTries(tries),
		backoff.WithNotify(again), backoff.WithMaxElapsedTime(0))
}
