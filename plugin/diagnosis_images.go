package plugin

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/run"
)

// imageFindings tell how each image is come by, and what is cached of what is
// made of it.
func (c checkup) imageFindings() []report.Finding {
	if len(c.seen.images) == 0 {
		return c.heldFindings()
	}
	var all []report.Finding
	for _, i := range c.seen.images {
		f := i.finding(c)
		f.About = aboutImages
		f.Text = i.who() + ": " + f.Text
		if f.Grade != report.Wrong {
			f.Text += c.cacheWords(i.job)
		}
		all = append(all, f)
	}
	return all
}

// who wants an image.
func (i imageSight) who() string {
	if i.job.Kind == plan.ServiceImage {
		return "service " + i.job.Package
	}
	if i.job.Package != "" {
		return "services of " + i.job.Package
	}
	return i.job.Distro
}

// finding is how an image is come by, as run.fromRegistry and run.bootstrap do
// it.
func (i imageSight) finding(c checkup) report.Finding {
	b := i.job.Base
	switch {
	case b.Ref == "":
		return i.mirrored("made from its mirror, as asked")
	case i.here != nil && i.err == nil:
		return fine("", "%s is here (%s)", b.Ref, units.HumanSize(float64(i.here.Size)))
	case i.err == nil:
		return fine("", "%s is pulled: its registry has it", b.Ref)
	}
	text := fmt.Sprintf("no %s: %v", b.Ref, i.err)
	refused := errors.Is(i.err, engine.ErrUnauthorized) && b.Login && c.settings.Username != ""
	if b.Bootstrap == nil || refused {
		return wrong("", text, nextForImage(i))
	}
	f := i.mirrored(text)
	if f.Grade == report.Fine {
		f.Grade, f.Next = report.Warning, "reach its registry; image_source: bootstrap asks none"
	}
	return f
}

// mirrored is an image that is made from the distro's mirror, after why.
func (i imageSight) mirrored(why string) report.Finding {
	b := i.job.Base.Bootstrap
	switch {
	case i.made != nil:
		return fine("", "%s; what was made of %s before is here (%s)", why, b.Suite, units.HumanSize(float64(i.made.Size)))
	case i.untooled == nil:
		return fine("", "%s; %s makes it of %s", why, b.Tool, b.Suite)
	}
	return wrong("", fmt.Sprintf("%s; and to make it of %s, %s is not installed here", why, b.Suite, b.Tool),
		fmt.Sprintf("install %s, use the plugin's image, or reach a registry", b.Tool))
}

// nextForImage is what to do about an image that is not to be had.
func nextForImage(i imageSight) string {
	other := "name another: images: {" + i.job.Distro + ": …}"
	if i.job.Kind == plan.ServiceImage {
		other = "name another: services: {" + i.job.Package + ": {image: …}}"
	}
	switch {
	case !i.asked:
		return "load it (docker load), allow pull: if-not-exists, or " + other
	case errors.Is(i.err, engine.ErrUnauthorized):
		return "username and password for its registry, or a config.json in config"
	case errors.Is(i.err, engine.ErrNoImage):
		return other
	}
	return "let the engine reach its registry, load it (docker load), or " + other
}

// cacheWords are what is made of an image: cached, or to be made.
func (c checkup) cacheWords(image plan.Job) string {
	var cached, missing []string
	for _, j := range c.planned.Jobs {
		if j.Cache == nil || j.From != image.Name {
			continue
		}
		what := strings.TrimSpace(string(j.Kind) + " " + j.Package)
		if i := c.made(j); i != nil {
			cached = append(cached, fmt.Sprintf("%s (%s, %s)", what, units.HumanSize(float64(i.Size)), age(c.now.Sub(i.Created))))
			continue
		}
		missing = append(missing, what)
	}
	var text string
	if len(cached) > 0 {
		text += "; cached: " + strings.Join(cached, ", ")
	}
	if len(missing) > 0 {
		text += "; to be made: " + strings.Join(missing, ", ")
	}
	return text
}

// made is the cached image of a job, as the plan's forecast has it.
func (c checkup) made(j plan.Job) *engine.Image {
	for _, i := range c.seen.ours {
		if i.Labels[run.LabelRecipe] == j.Cache.Key {
			return &i
		}
	}
	return nil
}

// heldFindings are what is cached, by distro, where nothing is asked for.
func (c checkup) heldFindings() []report.Finding {
	held := map[string][]string{}
	for _, i := range c.seen.ours {
		what := fmt.Sprintf("%s (%s, %s)", i.Labels[engine.LabelImage], units.HumanSize(float64(i.Size)), age(c.now.Sub(i.Created)))
		for _, name := range distrosOf(i) {
			held[name] = append(held[name], what)
		}
	}
	var all []report.Finding
	for _, name := range slices.Sorted(maps.Keys(held)) {
		all = append(all, fine(aboutImages, "%s: cached: %s", name, strings.Join(held[name], ", ")))
	}
	if len(all) == 0 {
		all = append(all, fine(aboutImages, "none are asked for, and none are cached"))
	}
	return all
}

// age is how old something is.
func age(d time.Duration) string {
	for _, unit := range []struct {
		span time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.span); n > 0 {
			return plural(n, unit.name) + " old"
		}
	}
	return "new"
}
