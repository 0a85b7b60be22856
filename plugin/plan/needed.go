package plan

import (
	"errors"
	"slices"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// Images are the jobs that come by the images which the distros asked for,
// those they are tested on and the services are made of, whatever there is to
// build.
func Images(in Input) ([]Job, error) {
	p := Plan{Input: in}
	errs := []error{p.addServices()}
	for _, d := range in.Distros {
		b := builder{in: in, distro: d, family: in.Families[d.Family]}
		p.addBase(b.baseImage())
		targets, err := b.targets()
		errs = append(errs, err)
		for _, target := range targets {
			b.distro, b.family = target, in.Families[target.Family]
			p.addBase(b.baseImage())
		}
	}
	return slices.DeleteFunc(p.Jobs, func(j Job) bool { return j.Base == nil }), errors.Join(errs...)
}

// Unbootable is why the init of a distro cannot boot on the host; empty: it
// can.
func Unbootable(in Input, d distros.Distro) string {
	return builder{in: in, distro: d, family: in.Families[d.Family]}.unbootable()
}

// AtATime is how many builds and machines of a run there are at a time.
func AtATime(s settings.Settings, h Host) (builds, machines int) {
	builds = max(1, h.CPUs)
	if asked := int(s.Parallel); asked > 0 {
		builds = asked
	}
	return builds, builds + 1
}
