package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// thing is a container, network, volume or image of ours.
type thing struct {
	kind, id, name string
	labels         map[string]string
}

// Destroy implements engine.Containers.
func (e *Engine) Destroy(ctx context.Context, g engine.Group) error {
	things, err := e.things(ctx, engine.LabelGroup+"="+g.Name)
	_, removeErr := e.remove(ctx, things)
	return errors.Join(err, removeErr)
}

// Sweep implements engine.Daemon.
func (e *Engine) Sweep(ctx context.Context, w engine.Which) ([]string, error) {
	things, err := e.things(ctx, engine.LabelRun)
	chosen := e.choose(ctx, things, w)
	if err == nil && (w.All || w.Orphans) {
		var watchdogs []thing
		watchdogs, err = e.watchdogs(ctx, w.All)
		chosen = append(chosen, watchdogs...)
	}
	if w.Look {
		return namesOf(chosen), err
	}
	names, removeErr := e.remove(ctx, chosen)
	return names, errors.Join(err, removeErr)
}

func namesOf(things []thing) []string {
	var names []string
	for _, t := range things {
		names = append(names, t.kind+" "+t.name)
	}
	return names
}

// choose is what of the things a sweep takes. An empty LabelRun is that of a
// container which somebody else made of an image that we committed.
func (e *Engine) choose(ctx context.Context, things []thing, w engine.Which) []thing {
	owners := map[string]bool{}
	var chosen []thing
	for _, t := range things {
		run := t.labels[engine.LabelRun]
		if run == "" {
			continue
		}
		if w.All || run == w.Run || expired(t, w.ExpiredAt) || w.Orphans && e.orphaned(ctx, t, owners) {
			chosen = append(chosen, t)
		}
	}
	return chosen
}

func expired(t thing, at time.Time) bool {
	expires, err := strconv.ParseInt(t.labels[engine.LabelExpires], 10, 64)
	return err == nil && !at.IsZero() && time.Unix(expires, 0).Before(at)
}

// orphaned says whether the container that made the thing runs no more.
// Owners that were looked up are remembered.
func (e *Engine) orphaned(ctx context.Context, t thing, owners map[string]bool) bool {
	owner := t.labels[engine.LabelOwner]
	if owner == "" || t.labels[engine.LabelKeep] != "" {
		return false
	}
	dead, known := owners[owner]
	if !known {
		c, err := e.client.ContainerInspect(ctx, owner)
		dead = errdefs.IsNotFound(err) || err == nil && !c.State.Running
		owners[owner] = dead
	}
	return dead
}

// things lists what carries a label, containers first: networks and volumes
// can only go when nothing uses them.
func (e *Engine) things(ctx context.Context, label string) ([]thing, error) {
	f := filters.NewArgs(filters.Arg("label", label))
	containers, err := e.client.ContainerList(ctx, container.ListOptions{All: true, Filters: f})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var all []thing
	for _, c := range containers {
		all = append(all, thing{"container", c.ID, nameOf(c.Names), c.Labels})
	}
	networks, networkErr := e.client.NetworkList(ctx, network.ListOptions{Filters: f})
	for _, n := range networks {
		all = append(all, thing{"network", n.ID, n.Name, n.Labels})
	}
	volumes, volumeErr := e.client.VolumeList(ctx, volume.ListOptions{Filters: f})
	for _, v := range volumes.Volumes {
		all = append(all, thing{"volume", v.Name, v.Name, v.Labels})
	}
	images, imageErr := e.imageThings(ctx, f)
	if err := errors.Join(networkErr, volumeErr, imageErr); err != nil {
		return append(all, images...), fmt.Errorf("list networks, volumes and images: %w", err)
	}
	return append(all, images...), nil
}

// imageThings are the images, the newest first: one may be made of another.
func (e *Engine) imageThings(ctx context.Context, f filters.Args) ([]thing, error) {
	images, err := e.client.ImageList(ctx, image.ListOptions{Filters: f})
	slices.SortFunc(images, func(a, b image.Summary) int { return cmp.Compare(b.Created, a.Created) })
	var all []thing
	for _, i := range images {
		all = append(all, thing{"image", i.ID, strings.Join(i.RepoTags, " "), i.Labels})
	}
	return all, err
}

func nameOf(names []string) string {
	return strings.TrimPrefix(strings.Join(names, " "), "/")
}

// remove removes containers side by side, then the rest.
func (e *Engine) remove(ctx context.Context, things []thing) ([]string, error) {
	errs := make([]error, len(things))
	var wg sync.WaitGroup
	for i, t := range things {
		if t.kind == "container" {
			wg.Go(func() { errs[i] = e.removeContainer(ctx, t.id) })
		}
	}
	wg.Wait()
	var names []string
	for i, t := range things {
		switch t.kind {
		case "network":
			errs[i] = ignoreGone(e.client.NetworkRemove(ctx, t.id))
		case "volume":
			errs[i] = ignoreGone(e.client.VolumeRemove(ctx, t.id, true))
		case "image":
			errs[i] = e.Remove(ctx, t.id)
		}
		if errs[i] != nil {
			errs[i] = fmt.Errorf("remove %s %s: %w", t.kind, t.name, errs[i])
			continue
		}
		names = append(names, t.kind+" "+t.name)
	}
	return names, errors.Join(errs...)
}

// removeContainer removes a container; one that somebody else is removing
// counts when it is gone.
func (e *Engine) removeContainer(ctx context.Context, id string) error {
	for {
		err := ignoreGone(e.client.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true}))
		if err == nil || !strings.Contains(err.Error(), "already in progress") {
			return err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func ignoreGone(err error) error {
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// Kept implements engine.Daemon.
func (e *Engine) Kept(ctx context.Context, labels map[string]string) ([]engine.Container, error) {
	f := labelFilter(labels)
	f.Add("label", engine.LabelKeep)
	list, err := e.client.ContainerList(ctx, container.ListOptions{Filters: f})
	if err != nil {
		return nil, fmt.Errorf("list kept machines: %w", err)
	}
	var kept []engine.Container
	for _, c := range list {
		if c.Labels[engine.LabelKeep] == "" || c.Labels[engine.LabelRun] == "" {
			continue
		}
		kept = append(kept, engine.Container{
			ID: engine.ID(c.ID), Name: nameOf(c.Names),
			Image: c.Image, Labels: c.Labels, Created: time.Unix(c.Created, 0),
		})
	}
	return kept, nil
}
