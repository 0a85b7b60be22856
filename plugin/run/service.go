package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// service is one that was started for a job, or for all of them.
type service struct {
	plan.Service
	group engine.Group
	id    engine.ID
}

// shared is a service that is started once, by the first job that wants it.
type shared struct {
	once    sync.Once
	service service
	err     error
}

// startService starts a service of this job's, or joins a shared one.
func (j *job) startService(ctx context.Context, s plan.Service) error {
	if s.Shared {
		return j.joinShared(ctx, s)
	}
	started := service{Service: s, group: j.group}
	err := j.launch(ctx, &started)
	j.services = append(j.services, started)
	return err
}

func (j *job) joinShared(ctx context.Context, s plan.Service) error {
	j.mu.Lock()
	one := j.shared[s.Name]
	if one == nil {
		one = &shared{service: service{Service: s, group: j.sharedGroup(s)}}
		j.shared[s.Name] = one
	}
	j.mu.Unlock()
	one.once.Do(func() {
		if one.err = j.engine.Setup(ctx, one.service.group); one.err == nil {
			one.err = j.launch(ctx, &one.service)
		}
	})
	j.services = append(j.services, one.service)
	return one.err
}

// sharedGroup is a group of the run's own: it outlives the job.
func (r *runner) sharedGroup(s plan.Service) engine.Group {
	return r.group(plan.Job{Name: "services/" + s.Name + "/shared", Kind: plan.ServiceImage})
}

// dropShared removes the shared services when all jobs are done.
func (r *runner) dropShared(ctx context.Context) {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), destroyLimit)
	defer cancel()
	for _, one := range r.shared {
		if err := r.engine.Destroy(clean, one.service.group); err != nil {
			r.console.print("services", fmt.Sprintf("! could not remove %s: %v", one.service.Name, err))
		}
	}
}

// launch starts a service's container; one that boots, by the first rung the
// host does not refuse.
func (j *job) launch(ctx context.Context, s *service) error {
	j.mu.Lock()
	image := j.images[s.Image]
	j.mu.Unlock()
	spec := engine.Spec{
		Name: s.Name, Image: image.ID, Platform: j.Platform, Hostname: s.Hostname, Aliases: s.Aliases,
		Command: s.Entrypoint, Args: s.Args, Env: s.Env, Files: s.Files, Reaper: true,
		Limits: engine.Limits{CPUs: s.CPUs, Memory: s.Memory},
	}
	var err error
	if len(s.Ladder) == 0 {
		s.id, err = j.engine.Start(ctx, s.group, spec)
	}
	for _, rung := range s.Ladder {
		if s.id, err = j.engine.Start(ctx, s.group, onRung(spec, rung.Container)); !errors.Is(err, engine.ErrRefused) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("start the service %s: %w", s.Name, err)
	}
	return nil
}

// onRung is a container that boots an init with the rights of a rung.
func onRung(spec engine.Spec, c plan.Container) engine.Spec {
	spec.Command, spec.Args, spec.Reaper = c.Command, nil, false
	spec.Env = maps.Clone(spec.Env)
	if spec.Env == nil {
		spec.Env = map[string]string{}
	}
	maps.Copy(spec.Env, c.Env)
	spec.Tmpfs, spec.StopSignal, spec.Rights = c.Tmpfs, c.StopSignal, rights(c)
	return spec
}

// joined are the groups of the shared services.
func (j *job) joined() []engine.Group {
	var groups []engine.Group
	for _, s := range j.services {
		if s.Shared {
			groups = append(groups, s.group)
		}
	}
	return groups
}

// waitReady waits until all probes of a service hold. That it ends or is
// never ready is nobody's package's fault.
func (j *job) waitReady(ctx context.Context, planned plan.Service, done *result.Phase) error {
	s := j.service(planned.Name)
	begin := j.o.Now()
	limited, cancel := context.WithTimeout(ctx, s.Deadline)
	defer cancel()
	for _, p := range s.Ready {
		if err := j.await(limited, s, p); err != nil {
			return j.notReady(ctx, s, p, err)
		}
	}
	took := j.o.Now().Sub(begin)
	done.Checks = append(done.Checks, result.Check{
		Kind: "container", Subject: s.Name, Attribute: "ready", Outcome: result.Passed,
		Expected: planned.Ready[0].String(), Found: "ready", Duration: result.Span(took),
	})
	j.say("%s is ready (%.1fs)", s.Name, took.Seconds())
	return nil
}

func (j *job) service(name string) service {
	for _, s := range j.services {
		if s.Name == name {
			return s
		}
	}
	return service{}
}

// await asks one probe again and again. The error is why it does not hold.
func (j *job) await(ctx context.Context, s service, p plan.Probe) error {
	for {
		state, err := j.engine.State(ctx, s.id)
		if err != nil {
			return err
		}
		if !state.Running {
			return fmt.Errorf("it ended with exit code %d", state.ExitCode)
		}
		why, err := j.holds(ctx, s, p, state)
		if err != nil || why == "" {
			return err
		}
		if wait(ctx, s.Interval) != nil {
			return errors.New(why)
		}
	}
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

func (j *job) commandHolds(ctx context.Context, s service, args []string) (string, error) {
	var out bytes.Buffer
	exit, err := j.engine.Exec(ctx, s.id, engine.Cmd{Args: args, Stdout: &out, Stderr: &out})
	if err != nil {
		return err.Error(), nil // the state tells next time, if it is gone
	}
	if exit.Code == 0 {
		return "", nil
	}
	return strings.TrimSpace(fmt.Sprintf("exit %d %s", exit.Code, lastLine(out.String()))), nil
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
		return err.Error(), nil
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

// blameServices makes a fault of a failed phase in which a service ended:
// what failed may be nobody's package's.
func (j *job) blameServices(ctx context.Context, done *result.Phase) {
	if done.Outcome != result.Failed {
		return
	}
	for _, s := range j.services {
		state, err := j.engine.State(ctx, s.id)
		if err == nil && state.Running {
			continue
		}
		why := fmt.Sprintf("it ended with exit code %d", state.ExitCode)
		if err != nil {
			why = err.Error()
		}
		failed := done.Problem
		done.Outcome = result.Fault
		done.Problem = &result.Problem{
			Title: fmt.Sprintf("the service %s is gone: %s", s.Name, why),
			Facts: []result.Fact{{Label: "then", Text: failed.Title}},
			Lines: tailOf(j.serviceLog(ctx, s)), Log: j.serviceLogName(s),
		}
		return
	}
}
