package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// servicesRow is the Distro of jobs that belong to none: those that come by
// the images of services.
const servicesRow = "services"

// imageJob is the name of the job that comes by a service's image. Services
// of one image share it.
func imageJob(name string, s settings.Service) string {
	if s.From != "" {
		return servicesRow + "/" + name + "+" + s.From // a + is in no image's name
	}
	return servicesRow + "/" + s.Image
}

// addServices decides which services there are and adds the jobs that come by
// their images.
func (p *Plan) addServices() error {
	known, err := KnownServices()
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range sortedKeys(p.Input.Settings.Services.Named) {
		s, err := completeService(name, p.Input.Settings.Services.Named[name], known, p.Input)
		if err == nil {
			err = p.addServiceImage(name, s)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p.Services = append(p.Services, newService(name, s, p.Input))
	}
	return errors.Join(errs...)
}

func (p *Plan) addServiceImage(name string, s settings.Service) error {
	if s.From != "" {
		return p.addMadeService(name, s)
	}
	p.addOnce(Job{
		Name: imageJob(name, s), Kind: ServiceImage, Distro: servicesRow, Package: name,
		Platform: p.Input.Host.Platform, Timeout: time.Duration(p.Input.Settings.Timeout),
		Base: &Base{Ref: s.Image, Pull: p.Input.Settings.Pull}, Cause: "service " + name,
	})
	return nil
}

// addMadeService makes a service's image of a distro's own packages.
func (p *Plan) addMadeService(name string, s settings.Service) error {
	b, err := p.serviceBuilder(name, s)
	if err != nil {
		return err
	}
	base := b.baseImage()
	base.Distro, base.Package = servicesRow, b.distro.Name
	p.addOnce(base)
	j := b.job(ServiceImage, "")
	j.Name, j.Distro, j.Package = imageJob(name, s), servicesRow, name
	j.From, j.Needs = base.Name, []string{base.Name}
	j.Container = b.idle()
	install := b.recipe("install "+strings.Join(s.Install, ", "), distros.Service)
	install.Env = map[string]string{"DP_PACKAGES": strings.Join(s.Install, " ")}
	steps := append(b.bootable(), install)
	if s.Prepare != "" {
		steps = append(steps, Exec{Title: "prepare: " + firstLine(s.Prepare), Script: s.Prepare})
	}
	j.Phases = []Phase{{Name: "service image", Vital: true, Steps: steps}}
	j.Cache = &Cache{Key: digest(j), Holds: "the service's packages"}
	j.Cause = fmt.Sprintf("service %s, of %s's own packages", name, b.distro.Name)
	p.addOnce(j)
	return nil
}

func (p *Plan) serviceBuilder(name string, s settings.Service) (builder, error) {
	if len(s.Install) == 0 {
		return builder{}, fmt.Errorf("services.%s.install: from %s wants the names of its packages", name, s.From)
	}
	found, err := distros.Match(p.Input.Catalogue, []string{s.From})
	if err == nil && len(found) > 1 {
		err = fmt.Errorf("%q matches several distros: name one", s.From)
	}
	if err != nil {
		return builder{}, fmt.Errorf("services.%s.from: %w", name, err)
	}
	family, ok := p.Input.Families[found[0].Family]
	if !ok {
		return builder{}, fmt.Errorf("distro %s: there is no family %q", found[0].Name, found[0].Family)
	}
	return builder{in: p.Input, distro: found[0], family: family, ladder: p.Ladder}, nil
}

// addBase adds a distro's base image; one that was there for a service becomes
// the distro's.
func (p *Plan) addBase(base Job) {
	if slices.ContainsFunc(p.Jobs, func(other Job) bool { return other.Name == base.Name && other.Distro == base.Distro }) {
		return
	}
	p.Jobs = slices.DeleteFunc(p.Jobs, func(other Job) bool { return other.Name == base.Name })
	p.Jobs = append(p.Jobs, base)
}

// dropIdleServices leaves services out that no machine will reach.
func (p *Plan) dropIdleServices() {
	if p.hasTests() || len(p.Services) == 0 {
		return
	}
	p.Jobs = slices.DeleteFunc(p.Jobs, func(j Job) bool { return j.Distro == servicesRow })
	p.Services = nil
	p.Notes = append(p.Notes, "no service is started: nothing is tested")
}

// addOnce adds a job unless one of its name is there.
func (p *Plan) addOnce(j Job) {
	if !slices.ContainsFunc(p.Jobs, func(other Job) bool { return other.Name == j.Name }) {
		p.Jobs = append(p.Jobs, j)
	}
}

func (p Plan) hasTests() bool {
	return slices.ContainsFunc(p.Jobs, func(j Job) bool { return j.Kind == Test })
}
