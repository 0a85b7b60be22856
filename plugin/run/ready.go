package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// waitReady waits until all probes of a service hold. That it ends or is
// never ready is nobody's package's fault.
func (j *job) waitReady(ctx context.Context, planned plan.Service, done *result.Phase) error {
	s, err := j.service(planned.Name)
	if err != nil {
		return err
	}
	begin := j.o.Now()
	limited, cancel := context.WithTimeout(ctx, s.Deadline)
	defer cancel()
	for _, p := range s.Ready {
		err := j.await(limited, *s, p)
		if errors.Is(err, engine.ErrGone) {
			return err // the machine that asked
		}
		if err != nil {
			return j.notReady(ctx, *s, p, err)
		}
	}
	took := j.o.Now().Sub(begin)
	done.Checks = append(done.Checks, result.Check{
		Kind: "container", Subject: s.Name, Attribute: "ready", Outcome: result.Passed,
		Expected: probeWords(s.Ready), Found: "ready", Duration: result.Span(took),
	})
	s.ready = true
	j.say("%s is ready (%.1fs)", s.Name, took.Seconds())
	return nil
}

func probeWords(probes []plan.Probe) string {
	var words []string
	for _, p := range probes {
		words = append(words, p.String())
	}
	return strings.Join(words, "; ")
}

func (j *job) service(name string) (*service, error) {
	for i := range j.services {
		if j.services[i].Name == name {
			return &j.services[i], nil
		}
	}
	return nil, fmt.Errorf("the service %s was not started", name)
}

// await asks one probe again and again. The error is why it does not hold:
// what was found last, when the time is over.
func (j *job) await(ctx context.Context, s service, p plan.Probe) error {
	why := "no answer by then"
	for {
		state, err := j.engine.State(ctx, s.id)
		switch {
		case ctx.Err() != nil:
			return errors.New(why)
		case err != nil:
			return errors.New(err.Error())
		case !state.Running:
			return errors.New(endWords(state))
		}
		found, err := j.holds(ctx, s, p, state)
		if ctx.Err() != nil {
			return errors.New(why)
		}
		if err != nil || found == "" {
			return err
		}
		why = found
		if wait(ctx, s.Interval) != nil {
			return errors.New(why)
		}
	}
}

// endWords say how a service ended.
func endWords(state engine.State) string {
	text := fmt.Sprintf("it ended with exit code %d", state.ExitCode)
	if why := exitWords(state.ExitCode); why != "" {
		text += " (" + why + ")"
	}
	return text
}

// wait waits, unless the context ends first.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// holds asks one probe once. why is empty when it holds; an error will not
// pass with time.
func (j *job) holds(ctx context.Context, s service, p plan.Probe, state engine.State) (why string, err error) {
	switch p.Kind {
	case plan.ProbeHealth:
		return healthWords(state.Health)
	case plan.ProbeLog:
		return j.logHolds(ctx, s, p.Target)
	case plan.ProbeCommand:
		return j.commandHolds(ctx, s, p.Args)
	}
	return j.networkHolds(ctx, s, p)
}

func healthWords(health string) (string, error) {
	switch health {
	case "healthy":
		return "", nil
	case "":
		return "", errors.New("its image has no health check: say tcp, http, log or command")
	}
	return "its health check says " + health, nil
}

func (j *job) logHolds(ctx context.Context, s service, pattern string) (string, error) {
	re, err := regexp.Compile("(?m)" + pattern)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := j.engine.Logs(ctx, s.id, &out); err != nil {
		return "its log could not be read: " + err.Error(), nil
	}
	if re.Match(out.Bytes()) {
		return "", nil
	}
	return "no such line in its log", nil
}

// commandHolds runs a command in the service's container. One that is not
// there will not come.
func (j *job) commandHolds(ctx context.Context, s service, args []string) (string, error) {
	var out bytes.Buffer
	exit, err := j.engine.Exec(ctx, s.id, engine.Cmd{Args: args, Stdout: &out, Stderr: &out})
	if err != nil {
		return err.Error(), nil // the state tells next time, if it is gone
	}
	found := strings.TrimSpace(fmt.Sprintf("exit %d %s", exit.Code, lastLine(out.String())))
	switch exit.Code {
	case 0:
		return "", nil
	case exitNotExecutable, exitNotFound:
		return "", fmt.Errorf("%s: %s", exitWords(exit.Code), found)
	}
	return found, nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}

// networkHolds asks from the test machine, where it will be used.
func (j *job) networkHolds(ctx context.Context, s service, p plan.Probe) (string, error) {
	target := s.Name + ":" + p.Target
	if p.Kind == plan.ProbeHTTP {
		target = "http://" + target
	}
	var asked result.Phase
	err := j.ask(ctx, check.Request{Question: check.Probe, Probe: &check.Probing{Kind: string(p.Kind), Target: target}}, nil, &asked)
	var failed *failure
	if err != nil && !errors.As(err, &failed) {
		return "", err
	}
	if len(asked.Checks) == 0 || asked.Checks[0].Outcome == result.Passed {
		return "", nil
	}
	return asked.Checks[0].Found, nil
}

// notReady makes a fault of a service that cannot be used.
func (j *job) notReady(ctx context.Context, s service, p plan.Probe, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &fault{result.Problem{
		Title: fmt.Sprintf("the service %s is not ready", s.Name),
		Facts: []result.Fact{
			{Label: "expected", Text: fmt.Sprintf("%s, within %s", p, s.Within())},
			{Label: "found", Text: why.Error()},
		},
		Lines: tailOf(j.serviceLog(ctx, s)), Log: j.serviceLogName(s),
		Hint: "services." + s.Name + ": its image, environment and ready say how it starts; ready.deadline how long it may take",
	}}
}
