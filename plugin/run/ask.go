package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// ask has the agent in the machine answer a question.
func (j *job) ask(ctx context.Context, r check.Request, done *result.Phase) error {
	r.Packages = j.tested()
	question, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ask the agent: %w", err)
	}
	var stderr bytes.Buffer
	pr, pw := io.Pipe()
	exited := make(chan error, 1)
	go func() {
		_, err := j.engine.Exec(ctx, j.id, engine.Cmd{
			Args:  []string{check.AgentPath, "agent"},
			Stdin: bytes.NewReader(question), Stdout: pw, Stderr: &stderr,
		})
		exited <- err
		_ = pw.CloseWithError(err) // never fails
	}()
	var faults []string
	err = check.Read(pr, func(a check.Answer) { faults = j.hear(a, done, faults) })
	_ = pr.CloseWithError(err) // frees the writer when reading stopped early
	if execErr := <-exited; execErr != nil {
		return fmt.Errorf("ask the agent: %w", execErr)
	}
	if err != nil {
		return fmt.Errorf("ask the agent: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return verdict(done, j.log)
}

// hear takes in one answer.
func (j *job) hear(a check.Answer, done *result.Phase, faults []string) []string {
	if a.Note != "" {
		j.log.line(a.Note)
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

// verdict makes a failure of the checks of a phase that failed.
func verdict(done *result.Phase, log *jobLog) error {
	var failed []result.Check
	for _, c := range done.Checks {
		if c.Outcome == result.Failed && !c.Warning {
			failed = append(failed, c)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	p := result.Problem{Title: title(failed[0]), Lines: failed[0].Lines, Log: log.here(), Hint: failed[0].Reason}
	if len(failed) > 1 {
		p.Title += fmt.Sprintf(" (and %d more)", len(failed)-1)
	}
	for i, c := range failed {
		if i == 0 {
			p.Facts = append(p.Facts, result.Fact{Label: "expected", Text: c.Expected}, result.Fact{Label: "found", Text: c.Found})
			continue
		}
		p.Facts = append(p.Facts, result.Fact{Label: "also", Text: title(c) + ": " + c.Found})
	}
	return &failure{p}
}

// title is a failed check in one line.
func title(c result.Check) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s: %s", c.Kind, c.Subject, c.Attribute))
}
