package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/run"
)

// Report shows the end of a run again, from its results.json; with an older
// one's it shows what became of it since.
func Report(w World, file, older string) (result.Outcome, error) {
	happened, err := readResults(file)
	if err != nil {
		return result.Fault, &SettingsError{err}
	}
	s := session{world: w}
	if older != "" {
		old, err := readResults(older)
		if err != nil {
			return result.Fault, &SettingsError{err}
		}
		return happened.Outcome, report.Compare(w.Stdout, old, happened, s.style())
	}
	return happened.Outcome, report.Console(w.Stdout, happened, s.style())
}

// Clean removes everything of ours from the engine: containers, networks and
// volumes; with images, the cached images too.
func Clean(ctx context.Context, w World, images bool) error {
	s, err := connected(ctx, w)
	if err != nil {
		return err
	}
	defer s.close()
	swept, err := s.engine.Sweep(ctx, engine.Which{All: true})
	if err != nil {
		return err
	}
	if images {
		removed, err := s.cleanImages(ctx)
		swept = append(swept, removed...)
		if err != nil {
			return err
		}
	}
	for _, name := range swept {
		fmt.Fprintf(w.Stdout, "removed %s\n", name)
	}
	fmt.Fprintf(w.Stdout, "%d things of ours removed\n", len(swept))
	return nil
}

func (s *session) cleanImages(ctx context.Context) ([]string, error) {
	var removed []string
	var errs []error
	for _, kind := range cachedKinds {
		found, err := s.engine.Find(ctx, "", map[string]string{engine.LabelImage: kind})
		errs = append(errs, err)
		for _, image := range found {
			errs = append(errs, s.engine.Remove(ctx, image.ID))
			removed = append(removed, strings.Join(image.Refs, " "))
		}
	}
	return removed, errors.Join(errs...)
}

// connected is a session with an engine and no source.
func connected(ctx context.Context, w World) (*session, error) {
	s := &session{world: w}
	if err := s.load(); err != nil {
		return nil, &SettingsError{err}
	}
	return s, s.connect(ctx)
}

// Shell runs a shell in a machine that was kept: of the job named, or of the
// only one there is.
func Shell(ctx context.Context, w World, job string, size engine.Terminal) (int, error) {
	s, err := connected(ctx, w)
	if err != nil {
		return 0, err
	}
	defer s.close()
	c, err := s.pickKept(ctx, job)
	if err != nil {
		return 0, &SettingsError{err}
	}
	exit, err := s.engine.Exec(ctx, c.ID, engine.Cmd{
		Args:  []string{"sh", "-c", "command -v bash >/dev/null && exec bash -l; exec sh -l"},
		Stdin: w.Stdin, Stdout: w.Stdout, Terminal: &size,
	})
	return exit.Code, err
}

func (s *session) pickKept(ctx context.Context, job string) (engine.Container, error) {
	kept, err := s.engine.Kept(ctx, map[string]string{engine.LabelName: run.MachineName})
	if err != nil {
		return engine.Container{}, err
	}
	var matching []engine.Container
	var names []string
	for _, c := range kept {
		name := c.Labels[run.LabelJob]
		names = append(names, name)
		if job == "" || name == job || strings.HasPrefix(name, job+"/") {
			matching = append(matching, c)
		}
	}
	if len(matching) == 1 {
		return matching[0], nil
	}
	if len(names) == 0 {
		return engine.Container{}, errors.New("shell: no machine is kept: run with keep: failed (or always) first")
	}
	return engine.Container{}, fmt.Errorf("shell: name one of the kept machines: %s", strings.Join(names, ", "))
}
