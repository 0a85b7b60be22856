package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// service is one that was started for a job, or for all of them.
type service struct {
	plan.Service
	group engine.Group
	id    engine.ID
	// ready says that it has been: from then on it has to stay.
	ready bool
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
	one.once.Do(func() { one.err = j.launchShared(ctx, &one.service) })
	j.services = append(j.services, one.service)
	return one.err
}

func (j *job) launchShared(ctx context.Context, s *service) error {
	if err := j.engine.Setup(ctx, s.group); err != nil {
		return fmt.Errorf("start the service %s: %w", s.Name, err)
	}
	return j.launch(ctx, s)
}

// sharedGroup is a group of the run's own: it outlives the job, and is kept
// where the machines that use it are.
func (r *runner) sharedGroup(s plan.Service) engine.Group {
	return r.group(plan.Job{Name: "services/" + s.Name + "/shared", Kind: plan.Test})
}

// dropShared removes the shared services when all jobs are done, unless a
// machine that may use them is kept.
func (r *runner) dropShared(ctx context.Context, jobs []result.Job) {
	if slices.ContainsFunc(jobs, func(j result.Job) bool { return j.Kept != "" }) {
		return
	}
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
		Name: s.Name, Image: image.ID, Platform: image.Platform, Hostname: s.Hostname, Aliases: s.Aliases,
		Entrypoint: s.Entrypoint, Args: s.Args, Env: s.Env, Files: s.Files, Reaper: true,
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
	spec.Command, spec.Entrypoint, spec.Args, spec.Reaper = c.Command, nil, nil, false
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
