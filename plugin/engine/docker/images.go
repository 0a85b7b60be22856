package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Find implements engine.Images.
func (e *Engine) Find(ctx context.Context, ref string, labels map[string]string) ([]engine.Image, error) {
	if ref != "" {
		return e.findRef(ctx, ref, labels)
	}
	list, err := e.client.ImageList(ctx, image.ListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var found []engine.Image
	for _, s := range list {
		i, err := e.inspect(ctx, s.ID)
		if errdefs.IsNotFound(err) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		found = append(found, i)
	}
	slices.SortStableFunc(found, func(a, b engine.Image) int { return b.Created.Compare(a.Created) })
	return found, nil
}

func (e *Engine) findRef(ctx context.Context, ref string, labels map[string]string) ([]engine.Image, error) {
	i, err := e.inspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for image %s: %w", ref, err)
	}
	for name, value := range labels {
		if i.Labels[name] != value {
			return nil, nil
		}
	}
	return []engine.Image{i}, nil
}

func (e *Engine) inspect(ctx context.Context, ref string) (engine.Image, error) {
	i, err := e.client.ImageInspect(ctx, ref)
	return imageOf(i), err
}

// Import implements engine.Images.
func (e *Engine) Import(ctx context.Context, ref, platform string, labels map[string]string, rootfs io.Reader) (engine.Image, error) {
	if name := multiline(labels); name != "" {
		return engine.Image{}, fmt.Errorf("import %s: the label %s has more than one line", ref, name)
	}
	stream, err := e.client.ImageImport(ctx, image.ImportSource{Source: rootfs, SourceName: "-"}, ref,
		image.ImportOptions{Platform: platform, Changes: labelChanges(labels)})
	if err != nil {
		return engine.Image{}, fmt.Errorf("import %s: %w", ref, err)
	}
	if err := errors.Join(follow(stream, nil), stream.Close()); err != nil {
		return engine.Image{}, fmt.Errorf("import %s: %w", ref, err)
	}
	made, err := e.inspect(ctx, ref)
	if err != nil || samePlatform(platform, made.Platform) {
		return made, err
	}
	if err := e.relabel(ctx, made.ID, ref, platform); err != nil {
		return engine.Image{}, fmt.Errorf("import %s: %w", ref, err)
	}
	return e.inspect(ctx, ref)
}

// Commit implements engine.Images.
func (e *Engine) Commit(ctx context.Context, id engine.ID, ref string, labels map[string]string) (engine.Image, error) {
	c, err := e.client.ContainerInspect(ctx, string(id))
	if err != nil {
		return engine.Image{}, fmt.Errorf("commit %s: %w", ref, gone(err))
	}
	base, err := e.baseEnv(ctx, c.Image)
	if err != nil {
		return engine.Image{}, fmt.Errorf("commit %s: %w", ref, err)
	}
	// The daemon fills what is missing here from the container, so what the
	// image must not have is undone by name.
	_, err = e.client.ContainerCommit(ctx, string(id), container.CommitOptions{
		Reference: ref, Config: &container.Config{
			Entrypoint: []string{}, Cmd: []string{},
			Labels: commitLabels(c.Config.Labels, labels), Env: commitEnv(c.Config.Env, base),
		},
	})
	if err != nil {
		return engine.Image{}, fmt.Errorf("commit %s: %w", ref, gone(err))
	}
	return e.inspect(ctx, ref)
}

// baseEnv is an image's environment; none when it was removed meanwhile.
func (e *Engine) baseEnv(ctx context.Context, id string) ([]string, error) {
	i, err := e.client.ImageInspect(ctx, id)
	if errdefs.IsNotFound(err) || err == nil && i.Config == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return i.Config.Env, nil
}

// Remove implements engine.Images.
func (e *Engine) Remove(ctx context.Context, ref string) error {
	_, err := e.client.ImageRemove(ctx, ref, image.RemoveOptions{Force: true, PruneChildren: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove image %s: %w", ref, err)
	}
	return nil
}
