package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// serviceLog is all that a service printed.
func (j *job) serviceLog(ctx context.Context, s service) string {
	var out bytes.Buffer
	var err error
	if s.Boots {
		_, err = j.engine.Exec(ctx, s.id, engine.Cmd{Args: []string{"journalctl", "-b", "--no-pager", "-o", "short"}, Stdout: &out})
	}
	if out.Len() == 0 || err != nil {
		err = j.engine.Logs(ctx, s.id, &out)
	}
	if err != nil {
		fmt.Fprintf(&out, "the log could not be read: %v\n", err)
	}
	return j.console.mask.text(out.String())
}

func tailOf(text string) []string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return lines[max(0, len(lines)-digestLines):]
}

func (j *job) serviceLogName(s service) string {
	if j.BuiltFor != "" {
		return path.Join(j.Distro, "service-"+s.Name+"-of-"+j.BuiltFor+".log")
	}
	return path.Join(j.Distro, "service-"+s.Name+".log")
}

// keepServiceLogs writes what the services printed beside the job's log,
// before they are removed.
func (j *job) keepServiceLogs(ctx context.Context) {
	for _, s := range j.services {
		if s.id == "" {
			continue
		}
		name := j.serviceLogName(s)
		err := j.o.Dir.WriteFile(name, []byte(j.serviceLog(ctx, s)), 0o644)
		if err = errors.Join(err, j.own(name)); err != nil {
			j.say("! could not keep the log of %s: %v", s.Name, err)
		}
	}
}

// blameServices makes a fault of a phase in which a service ended: what
// failed may be nobody's package's, and what passed was not asked next to it.
func (j *job) blameServices(ctx context.Context, done *result.Phase) {
	if done.Outcome != result.Failed && done.Outcome != result.Passed {
		return
	}
	for _, s := range j.services {
		why, gone := j.gone(ctx, s)
		if !gone {
			continue
		}
		j.lost = true
		p := result.Problem{
			Title: fmt.Sprintf("the service %s is gone: %s", s.Name, why),
			Lines: tailOf(j.serviceLog(ctx, s)), Log: j.serviceLogName(s),
		}
		if done.Problem != nil {
			p.Facts = []result.Fact{{Label: "then", Text: done.Problem.Title}}
		}
		done.Outcome, done.Reason, done.Problem = result.Fault, p.Title, &p
		return
	}
}

// gone says whether a service that has been ready is there no more, and why.
// When the host cannot say, it is not the service's end.
func (j *job) gone(ctx context.Context, s service) (why string, gone bool) {
	if !s.ready {
		return "", false
	}
	state, err := j.engine.State(ctx, s.id)
	if errors.Is(err, engine.ErrGone) {
		return err.Error(), true
	}
	return endWords(state), err == nil && !state.Running
}
