package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/run"
)

// imageSight is what is known of an image that a run needs before it makes its
// own.
type imageSight struct {
	job plan.Job
	// here is the image, made the one that was made from the distro's mirror;
	// nil: there is none.
	here, made *engine.Image
	// asked: its registry was asked; err says why the image is not to be had
	// from there.
	asked bool
	err   error
	// untooled is why it cannot be made from the mirror.
	untooled error
}

// imageJobs are the jobs of the run that come by images.
func (c checkup) imageJobs() []plan.Job {
	jobs := c.planned.Jobs
	if len(jobs) == 0 {
		jobs, _ = plan.Images(c.in) // what is wrong with services is an error of the plan's
	}
	return slices.DeleteFunc(slices.Clone(jobs), func(j plan.Job) bool { return j.Base == nil })
}

// lookForImages looks for images here, and asks the registries of the others.
func (x examiner) lookForImages(ctx context.Context, jobs []plan.Job) []imageSight {
	var all []imageSight
	var pulls []engine.Pull
	var of []int
	for _, j := range jobs {
		i := x.lookHere(ctx, j)
		if i.asked {
			p := engine.Pull{Ref: j.Base.Ref, Platform: j.Platform}
			if j.Base.Login {
				p.Login = x.login
			}
			pulls, of = append(pulls, p), append(of, len(all))
		}
		all = append(all, i)
	}
	for n, err := range run.Offered(ctx, x.engine, pulls) {
		all[of[n]].err = err
	}
	return all
}

// lookHere looks for an image on the engine, and says whether its registry is
// to be asked: as a run would.
func (x examiner) lookHere(ctx context.Context, j plan.Job) imageSight {
	b := j.Base
	i := imageSight{job: j}
	if b.Ref != "" {
		i.here, i.err = x.local(ctx, b.Ref, j.Platform)
		missing := i.err == nil && i.here == nil
		if i.asked = b.Pull == "always" || missing && b.Pull != "never"; missing && !i.asked {
			i.err = errors.New("it is not here, and pull: never")
		}
	}
	if b.Bootstrap == nil {
		return i
	}
	i.untooled = x.tool(b.Bootstrap.Tool)
	ref, _ := run.BootstrapRef(j.Distro, *b.Bootstrap, j.Platform)
	i.made, _ = x.local(ctx, ref, j.Platform) // what is not found is made
	return i
}

func (x examiner) local(ctx context.Context, ref, platform string) (*engine.Image, error) {
	found, err := x.engine.Find(ctx, ref, nil)
	if err != nil {
		return nil, fmt.Errorf("look for it here: %w", err)
	}
	for _, i := range found {
		if i.Platform == platform {
			return &i, nil
		}
	}
	return nil, nil
}
