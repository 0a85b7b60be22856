package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/host"
)

// A watchdog outlives us, however we end, and removes what the run made. In a
// container it is a sibling container, since the kill of ours takes all of
// its processes; elsewhere it is a process of its own session that notices
// when our end of a pipe is closed.

// guardian watches over a run until it is dismissed.
type guardian struct{ dismiss func() }

// guard starts a watchdog for this run.
func (s *session) guard(ctx context.Context) (guardian, error) {
	if s.host.Self != "" {
		return s.guardContainer(ctx)
	}
	return s.guardProcess(ctx)
}

func (s *session) guardContainer(ctx context.Context) (guardian, error) {
	stop, err := s.engine.Guard(ctx, s.host, s.id, []string{s.world.Executable, "watch-owner", s.id, s.host.Self})
	if err != nil {
		// The next run's sweep is still there; that is worth a word, not an end.
		logrus.Warnf("no watchdog (%v): if this container is killed, its leftovers stay until the next run or `drone-packages clean`", err)
		return s.guardProcess(ctx)
	}
	return guardian{func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := stop(clean); err != nil {
			logrus.Warnf("stop the watchdog: %v", err)
		}
	}}, nil
}

// guardProcess starts ourselves as `watchdog RUN`, with a pipe as its input.
// It is not bound to ctx: it has to outlive it.
func (s *session) guardProcess(ctx context.Context) (guardian, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.world.Executable, "watchdog", s.id)
	cmd.Env, cmd.Stderr = s.world.environ(), s.world.Stderr
	cmd.Dir = s.world.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return guardian{}, fmt.Errorf("start the watchdog: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return guardian{}, fmt.Errorf("start the watchdog: %w", err)
	}
	return guardian{func() {
		_, err := io.WriteString(pipe, dismissed)
		if err := errors.Join(err, pipe.Close(), cmd.Wait()); err != nil {
			logrus.Debugf("stop the watchdog: %v", err)
		}
	}}, nil
}

// dismissed is what a run that ended by itself says to its watchdog.
const dismissed = "done\n"

// Watchdog waits for the end of the process that holds the other end of w's
// input, and then removes everything of its run; unless it was dismissed.
func Watchdog(ctx context.Context, w World, id string) error {
	word, err := io.ReadAll(w.Stdin)
	if err != nil || string(word) == dismissed {
		return err
	}
	s := &session{world: w}
	if err := s.load(); err != nil {
		return err
	}
	defer s.close()
	if err := s.connect(ctx); err != nil {
		return err
	}
	return s.sweepRun(ctx, id)
}

// WatchOwner waits until a container, that of a run, is gone, and then removes
// everything of the run. It is the watchdog in a container of its own.
func WatchOwner(ctx context.Context, w World, id, owner string) error {
	s := &session{world: w}
	if err := s.connect(ctx); err != nil {
		return err
	}
	defer s.close()
	if err := s.engine.AwaitEnd(ctx, owner); err != nil {
		return err
	}
	return s.sweepRun(ctx, id)
}

// CleanUp removes everything of the run that the CI host says did not end by
// itself; nothing where it says of none.
func CleanUp(ctx context.Context, w World) error {
	run := w.lookup(host.StateVariable)
	if run == "" {
		return nil
	}
	s, err := connected(ctx, w)
	if err != nil {
		return err
	}
	defer s.close()
	return s.sweepRun(ctx, run)
}

// quiet is how often in a row a sweep has to find nothing: what the run asked
// for last, the engine may be at work on still. sweepTries bounds it all.
const (
	quiet      = 3
	sweepTries = 60
)

// sweepRun removes everything of a run until nothing more turns up.
func (s *session) sweepRun(ctx context.Context, id string) error {
	var err error
	for try, found := 0, 0; try < sweepTries && try-found < quiet; try++ {
		var swept []string
		swept, err = s.sweepOnce(ctx, id)
		for _, name := range swept {
			fmt.Fprintf(s.world.Stderr, "drone-packages watchdog: removed %s\n", name)
		}
		if err != nil || len(swept) > 0 {
			found = try + 1
		}
		if err := pause(ctx, time.Second/2); err != nil {
			return err
		}
	}
	return err
}

// sweepOnce does not wait for ever for an engine that hangs.
func (s *session) sweepOnce(ctx context.Context, id string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return s.engine.Sweep(ctx, engine.Which{Run: id})
}

// pause waits, or says why not.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
