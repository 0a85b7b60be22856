package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
)

// Trial is our own program in an image that holds nothing else, on the engine:
// by it a host is asked what it can do before anything is fetched.
type Trial struct {
	engine   engine.Engine
	group    engine.Group
	platform string
	image    string
}

// NewTrial makes the image, in a group of its own. The caller closes it.
func NewTrial(ctx context.Context, e engine.Engine, g engine.Group, platform string, program io.Reader) (*Trial, error) {
	t := &Trial{engine: e, group: g, platform: platform}
	if err := t.prepare(ctx, program); err != nil {
		t.Close(ctx)
		return nil, err
	}
	return t, nil
}

func (t *Trial) prepare(ctx context.Context, program io.Reader) error {
	bin, err := io.ReadAll(program)
	if err != nil {
		return fmt.Errorf("read our own binary for %s: %w", t.platform, err)
	}
	if err := t.engine.Setup(ctx, t.group); err != nil {
		return err
	}
	image, err := t.engine.Import(ctx, "drone-packages/platform:"+hashOf(t.group.Name), t.platform,
		map[string]string{engine.LabelGroup: t.group.Name}, tarOf(map[string]string{check.AgentPath[1:]: string(bin)}, 0o755))
	t.image = image.ID
	return err
}

// Run runs the program with the rights of a container, and returns what it
// printed. ErrRefused when the host does not grant them; *Ended when it ended
// with another exit code than 0.
func (t *Trial) Run(ctx context.Context, c plan.Container, args ...string) (string, error) {
	id, err := t.engine.Start(ctx, t.group, engine.Spec{
		Name: "platform", Image: t.image, Platform: t.platform,
		Command: append([]string{check.AgentPath}, args...), Env: c.Env, Tmpfs: c.Tmpfs, Rights: rights(c),
	})
	if err != nil {
		return "", err
	}
	code, err := t.ended(ctx, id)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.engine.Logs(ctx, id, &out)
	if code != 0 {
		return out.String(), &Ended{code, strings.TrimSpace(out.String())}
	}
	return out.String(), err
}

// Ended is a program of ours that ended with another exit code than 0.
type Ended struct {
	Code   int
	Output string
}

func (e *Ended) Error() string {
	text := fmt.Sprintf("our own program ended with exit code %d", e.Code)
	if e.Output != "" {
		text += ": " + e.Output
	}
	return text
}

// ended waits for the program's end.
func (t *Trial) ended(ctx context.Context, id engine.ID) (code int, err error) {
	for {
		state, err := t.engine.State(ctx, id)
		if err != nil || !state.Running {
			return state.ExitCode, err
		}
		if err := wait(ctx, pollTrial); err != nil {
			return 0, fmt.Errorf("our own program did not end: %w", err)
		}
	}
}

// pollTrial is how often the program's end is asked for.
const pollTrial = 100 * time.Millisecond

// Close removes what the trial made.
func (t *Trial) Close(ctx context.Context) {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), destroyLimit)
	defer cancel()
	_ = t.engine.Destroy(clean, t.group) // the sweep removes what it could not
}

// Emulates says why a host does not run programs for a platform, if it does
// not, by the example of our own.
func Emulates(ctx context.Context, e engine.Engine, g engine.Group, h plan.Host, platform string, program io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, emulationLimit)
	defer cancel()
	t, err := NewTrial(ctx, e, g, platform, program)
	if err != nil {
		return fmt.Errorf("try %s: %w", platform, err)
	}
	defer t.Close(ctx)
	_, err = t.Run(ctx, plan.Container{}, "version")
	var ended *Ended
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ended), errors.Is(err, engine.ErrRefused):
		return cannotRun(platform, h, err)
	}
	return fmt.Errorf("try %s: %w", platform, err)
}

// offerLimit is how long a registry may take to say whether it has an image.
const offerLimit = 10 * time.Second

// Offered asks registries for images, side by side, and returns for each why
// it is not to be had, if so.
func Offered(ctx context.Context, e engine.Images, pulls []engine.Pull) []error {
	errs := make([]error, len(pulls))
	var wg sync.WaitGroup
	for i, p := range pulls {
		wg.Go(func() {
			ctx, cancel := context.WithTimeoutCause(ctx, offerLimit, errNoAnswer)
			defer cancel()
			errs[i] = e.Offers(ctx, p)
			if errs[i] != nil && errors.Is(context.Cause(ctx), errNoAnswer) {
				errs[i] = fmt.Errorf("%w: %w", engine.ErrTransient, errNoAnswer)
			}
		})
	}
	wg.Wait()
	return errs
}

var errNoAnswer = fmt.Errorf("no answer within %s", offerLimit)
