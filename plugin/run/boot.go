package run

import (
	"context"
	"fmt"
	"io"
	"path"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// boot starts the machine by the first rung that works. Why the others did
// not is told with what the last machine printed.
func (j *job) boot(ctx context.Context, s plan.Boot, done *result.Phase) error {
	p := result.Problem{Title: "the machine does not boot"}
	for i, rung := range s.Ladder {
		if i > 0 {
			if err := j.clearRung(ctx); err != nil {
				return err
			}
		}
		err := j.climb(ctx, s, rung, done)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		j.say("does not boot with %s: %v", rung.Name, err)
		p.Facts = append(p.Facts, result.Fact{Label: "tried", Text: fmt.Sprintf("%s: %v", rung.Name, err)})
		if lines := j.bootLog(ctx); len(lines) > 0 {
			p.Lines = lines
		}
	}
	p.Log = j.log.here()
	return &fault{p}
}

// climb tries one rung. What it finds out counts only when it holds.
func (j *job) climb(ctx context.Context, s plan.Boot, rung plan.Rung, done *result.Phase) error {
	tried := result.Phase{}
	err := within(ctx, "booting", s.Timeout, func(ctx context.Context) (err error) {
		if j.id, err = j.start(ctx, rung.Container); err != nil {
			return err
		}
		if err := j.copyAgent(ctx); err != nil {
			return err
		}
		return j.ask(ctx, s.Ask, nil, &tried)
	})
	if err != nil {
		return err
	}
	j.rung = rung
	note := fmt.Sprintf("booted with %s (%s)", rung.Name, rung.Why)
	done.Checks, done.Notes = append(done.Checks, tried.Checks...), append(done.Notes, note)
	j.say("%s", note)
	return nil
}

// clearRung clears the way for the next rung. The group stays: services are in
// it.
func (j *job) clearRung(ctx context.Context) error {
	if j.id == "" {
		return nil
	}
	if err := j.engine.RemoveContainer(ctx, j.id); err != nil {
		return fmt.Errorf("clear the way for the next try: %w", err)
	}
	j.id = ""
	return nil
}

// bootLog is the last that the machine printed. One that never started, or
// that cannot be asked, printed nothing.
func (j *job) bootLog(ctx context.Context) []string {
	if j.id == "" {
		return nil
	}
	j.log.title("what the machine printed")
	mark := j.log.lines()
	err := j.engine.Logs(ctx, j.id, j.log)
	j.log.flush()
	if err != nil {
		return nil
	}
	lines, _ := j.log.since(mark)
	return lines[max(0, len(lines)-digestLines):]
}

func (j *job) copyAgent(ctx context.Context) error {
	bin, err := j.o.Agent(j.Platform)
	if err != nil {
		return fmt.Errorf("read our own binary: %w", err)
	}
	defer bin.Close() //nolint:errcheck // read only
	content, err := io.ReadAll(bin)
	if err != nil {
		return fmt.Errorf("read our own binary: %w", err)
	}
	files := map[string]string{path.Base(check.AgentPath): string(content)}
	return j.engine.CopyIn(ctx, j.id, path.Dir(check.AgentPath), tarOf(files, 0o755))
}
