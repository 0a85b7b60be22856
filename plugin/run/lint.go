package run

import (
	"context"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// severityOf are the letters that lintian and rpmlint have for severities.
var severityOf = map[string]plan.Severity{"E": plan.SevereError, "W": plan.SevereWarning, "I": plan.SevereInfo}

// look runs a linter and judges its findings.
func (j *job) look(ctx context.Context, s plan.Look, done *result.Phase) error {
	out, err := j.script(ctx, s.Exec)
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		if c, ok := finding(line, s.FailOn); ok {
			done.Checks = append(done.Checks, c)
		}
	}
	return verdict(done, j.log)
}

// finding reads one line of a linter's recipe: "finding E greeter TAG WORDS…".
// One that fails nothing is a warning.
func finding(line string, failOn plan.Severity) (result.Check, bool) {
	word := strings.Fields(printable(line))
	if len(word) < 4 || word[0] != "finding" || severityOf[word[1]] == "" {
		return result.Check{}, false
	}
	severity := severityOf[word[1]]
	return result.Check{
		Kind: "lint", Subject: word[2], Attribute: word[3], Found: strings.Join(word[4:], " "),
		Outcome: result.Failed, Severity: string(severity), Warning: !severity.Reaches(failOn),
	}, true
}
