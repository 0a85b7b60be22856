package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// ask has the agent in the machine answer a question.
func (j *job) ask(ctx context.Context, r check.Request, packages []check.Package, done *result.Phase) error {
	r.Packages = packages
	question, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ask the agent: %w", err)
	}
	var faults []string
	err = j.converse(ctx, question, func(a check.Answer) { faults = j.hear(a, done, faults) })
	if err != nil {
		return fmt.Errorf("ask the agent: %w", err)
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return verdict(done, j.log)
}

// maxAnswers bounds what an agent may say, in bytes: it runs where hostile
// code is root.
const maxAnswers = 64 << 20

// converse runs the agent and gives each of its answers to hear. An agent that
// talks nonsense is not waited for.
func (j *job) converse(ctx context.Context, question []byte, hear func(check.Answer)) error {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	pr, pw := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		exit, err := j.engine.Exec(asking, j.id, engine.Cmd{
			Args:  []string{check.AgentPath, "agent"},
			Stdin: bytes.NewReader(question), Stdout: pw, Stderr: j.log,
		})
		if err == nil && exit.Code != 0 {
			err = fmt.Errorf("exit code %d", exit.Code)
		}
		ended <- err
		_ = pw.Close() // never fails
	}()
	err := check.Read(io.LimitReader(pr, maxAnswers), hear)
	_ = pr.Close() // frees the writer when reading stopped early
	if err != nil {
		cancel()
	}
	execErr := <-ended
	j.log.flush()
	byUs := ctx.Err() == nil && (errors.Is(execErr, context.Canceled) || errors.Is(execErr, io.ErrClosedPipe))
	if err == nil || execErr == nil || byUs {
		return err
	}
	return fmt.Errorf("%w: %w", err, execErr)
}

// hear takes in one answer.
func (j *job) hear(a check.Answer, done *result.Phase, faults []string) []string {
	if a.Note != "" {
		j.log.line(a.Note)
		if len(done.Notes) < maxNotes {
			done.Notes = append(done.Notes, printable(a.Note))
		}
	}
	if a.Fault != "" {
		faults = append(faults, a.Fault)
	}
	if a.Check != nil {
		done.Checks = append(done.Checks, *a.Check)
		j.log.check(*a.Check)
	}
	return faults
}

// maxNotes is how many notes of an agent a result holds; the log has all.
const maxNotes = 20

// maxAlso is how many failed checks a problem names beside the first.
const maxAlso = 10

// verdict makes a failure of the checks of a phase that failed.
func verdict(done *result.Phase, log *jobLog) error {
	failed := slices.DeleteFunc(slices.Clone(done.Checks), func(c result.Check) bool {
		return c.Outcome != result.Failed || c.Warning
	})
	if len(failed) == 0 {
		return nil
	}
	p := result.Problem{Title: failed[0].Title(), Lines: failed[0].Lines, Log: log.here(), Hint: failed[0].Reason}
	if len(failed) > 1 {
		p.Title += fmt.Sprintf(" (and %d more)", len(failed)-1)
	}
	p.Facts = facts("expected", failed[0].Expected, "found", failed[0].Found)
	for i, c := range failed[1:] {
		if i == maxAlso {
			p.Facts = append(p.Facts, result.Fact{Label: "also", Text: fmt.Sprintf("%d more", len(failed)-1-i)})
			break
		}
		p.Facts = append(p.Facts, result.Fact{Label: "also", Text: strings.TrimSuffix(c.Title()+": "+c.Found, ": ")})
	}
	return &failure{p}
}

// facts are labels and texts in turn, less those that say nothing.
func facts(words ...string) []result.Fact {
	var all []result.Fact
	for i := 0; i < len(words); i += 2 {
		if words[i+1] != "" {
			all = append(all, result.Fact{Label: words[i], Text: words[i+1]})
		}
	}
	return all
}
