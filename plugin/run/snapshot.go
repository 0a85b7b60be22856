package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// rebootGrace is how long an init may take to end before it is ended;
// haltedGrace, how long one that has ended everything else already.
const (
	rebootGrace = 15 * time.Second
	haltedGrace = time.Second
)

// snapshot makes an image of the machine as it is, for the time of this job.
func (j *job) snapshot(ctx context.Context, s plan.Snapshot) error {
	labels := maps.Clone(j.group.Labels)
	labels[engine.LabelGroup] = j.group.Name
	ref := strings.ToLower("drone-packages/snapshot:" + hashOf(j.group.Name+" "+s.Name))
	image, err := j.engine.Commit(ctx, j.id, ref, labels)
	if err != nil {
		return fmt.Errorf("remember the machine: %w", err)
	}
	if j.snapshots == nil {
		j.snapshots = map[string]engine.Image{}
	}
	j.snapshots[s.Name] = image
	return nil
}

// rewind boots a machine from a snapshot in the place of the job's, by the
// rung that booted the first one.
func (j *job) rewind(ctx context.Context, s plan.Rewind, done *result.Phase) error {
	image, ok := j.snapshots[s.Name]
	if !ok {
		return fmt.Errorf("there is no snapshot of the machine as %s", s.Name)
	}
	j.state = ""
	j.say("%s", s)
	if err := j.engine.RemoveContainer(ctx, j.id); err != nil {
		return err
	}
	id, err := j.startFrom(ctx, image, j.rung.Container)
	if err != nil {
		return err
	}
	j.id = id
	return j.askBoot(ctx, s.Ask, done)
}

// reboot ends the init, starts it again and waits for it.
func (j *job) reboot(ctx context.Context, s plan.Reboot, done *result.Phase) error {
	j.say("%s", s)
	grace := rebootGrace
	if s.Halt != "" {
		grace = haltedGrace
		if err := j.halt(ctx, s.Halt); err != nil {
			return err
		}
	}
	if err := j.engine.Reboot(ctx, j.id, grace); err != nil {
		return err
	}
	return j.askBoot(ctx, s.Ask, done)
}

// halt has the machine end what it runs. The script may be ended with it, so
// that its exit code says nothing.
func (j *job) halt(ctx context.Context, script string) error {
	_, err := j.engine.Exec(ctx, j.id, engine.Cmd{Args: []string{"sh", "-c", script}, Stdout: j.log, Stderr: j.log})
	j.log.flush()
	if err != nil {
		return fmt.Errorf("halt the machine: %w", err)
	}
	return nil
}

// askStep asks a question of the plan's. What an administrator may have done
// before is told with whatever goes wrong after it.
func (j *job) askStep(ctx context.Context, s plan.Ask, done *result.Phase) error {
	if s.Request.Question == check.State {
		j.state = s.String()
		j.say("%s", s)
	}
	err := j.ask(ctx, s.Request, j.versions(s.Older), done)
	var failed *failure
	if j.state != "" && errors.As(err, &failed) {
		failed.problem.Facts = append(failed.problem.Facts, result.Fact{Label: "before", Text: j.state})
	}
	return err
}

// askBoot waits for a machine that has the agent in it already.
func (j *job) askBoot(ctx context.Context, r check.Request, done *result.Phase) error {
	return j.ask(ctx, r, nil, done)
}
