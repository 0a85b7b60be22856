package plugin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// cachedKinds are the images that we make and keep, by the label
// engine.LabelImage.
var cachedKinds = []string{"base", string(plan.Environment), string(plan.Machine), string(plan.Linter)}

// Distros prints the catalogue, the user's own distros included, with what the
// engine here holds of each.
func Distros(ctx context.Context, w World) error {
	s := &session{world: w}
	if err := s.load(); err != nil {
		return &SettingsError{err}
	}
	defer s.close()
	all, _, err := catalogue(s.settings)
	if err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		logrus.Warnf("what is cached is not known: %v", err)
	}
	t := tabwriter.NewWriter(w.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tFAMILY\tIMAGE\tINIT\tEND OF LIFE\tCACHED HERE\tALSO")
	held := s.held(ctx)
	for _, d := range all {
		here := held[d.Name]
		if s.here(ctx, d.Image) {
			here = append([]string{"image"}, here...)
		}
		fmt.Fprintln(t, strings.Join([]string{d.Name, d.Family, orNone(d.Image), orNone(d.Init), endOfLife(d), orNone(strings.Join(here, ", ")), strings.Join(d.Aliases, " ")}, "\t"))
	}
	return t.Flush()
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func endOfLife(d distros.Distro) string {
	if d.EndOfLife.IsZero() {
		return "rolling"
	}
	return d.EndOfLife.Format(time.DateOnly)
}

// held are the kinds of images that we have made for each distro.
func (s *session) held(ctx context.Context) map[string][]string {
	held := map[string][]string{}
	for _, kind := range cachedKinds {
		for _, image := range s.find(ctx, "", map[string]string{engine.LabelImage: kind}) {
			for _, name := range distrosOf(image) {
				if !slices.Contains(held[name], kind) {
					held[name] = append(held[name], kind)
				}
			}
		}
	}
	return held
}

// distrosOf are the distros that an image of ours is for: the part of a tag
// before its last dash is the distro's name.
func distrosOf(image engine.Image) []string {
	var names []string
	for _, ref := range image.Refs {
		_, tag, _ := strings.Cut(ref, ":")
		names = append(names, tag[:max(0, strings.LastIndex(tag, "-"))])
	}
	return names
}

// here says whether the engine has an image.
func (s *session) here(ctx context.Context, ref string) bool {
	return ref != "" && len(s.find(ctx, ref, nil)) > 0
}

// find are images that the engine has; without one that answers, none.
func (s *session) find(ctx context.Context, ref string, labels map[string]string) []engine.Image {
	if s.engine == nil || s.host.Name == "" {
		return nil
	}
	found, err := s.engine.Find(ctx, ref, labels)
	if err != nil {
		logrus.Debugf("look for cached images: %v", err)
	}
	return found
}

// catalogue is every distro there is, the user's own included, and the
// families by name.
func catalogue(s settings.Settings) ([]distros.Distro, map[string]distros.Family, error) {
	all, err := distros.All()
	if err != nil {
		return nil, nil, err
	}
	families, err := distros.Families()
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.Define)) {
		var bad error
		own := s.Define[name]
		if all, bad = distros.Define(all, families, distroOf(name, own), own.Recipes); bad != nil {
			errs = append(errs, fmt.Errorf("define.%s: %w", name, bad))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, &SettingsError{err}
	}
	return all, families, nil
}

// distroOf is a distro as the user defines it.
func distroOf(name string, d settings.Definition) distros.Distro {
	return distros.Distro{
		Name: name, Title: d.Title, Family: d.Family, Aliases: d.Aliases, Image: d.Image,
		Suite: d.Suite, Components: d.Components, Keyring: d.Keyring,
		Init: d.Init, Boots: d.Boots, Glibc: d.Glibc, Musl: d.Musl, EndOfLife: d.Ends(), Manager: d.Manager, Dist: d.Dist,
	}
}

// onPlatforms are distros on each of the platforms asked for; none asked for
// is the host's own.
func onPlatforms(all []distros.Distro, platforms []string, own string) []distros.Distro {
	if len(platforms) == 0 {
		return all
	}
	var found []distros.Distro
	for _, d := range all {
		for _, platform := range platforms {
			if platform == own {
				platform = d.Platform
			}
			found = append(found, d.On(platform))
		}
	}
	return found
}
