package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"

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

// Pull implements engine.Images.
func (e *Engine) Pull(ctx context.Context, p engine.Pull, progress func(string)) (engine.Image, error) {
	auth, credentialsErr, err := e.authFor(p)
	if err != nil {
		return engine.Image{}, err
	}
	stream, err := e.client.ImagePull(ctx, p.Ref, image.PullOptions{Platform: p.Platform, RegistryAuth: auth})
	if err != nil {
		return engine.Image{}, errors.Join(pullError(err), credentialsErr)
	}
	err = follow(stream, progress)
	if err := errors.Join(err, stream.Close()); err != nil {
		return engine.Image{}, errors.Join(pullError(err), credentialsErr)
	}
	i, err := e.inspect(ctx, p.Ref)
	if err != nil {
		return i, fmt.Errorf("pull %s: %w", p.Ref, err)
	}
	// Daemons take an image of another platform when there is no other.
	if !samePlatform(p.Platform, i.Platform) {
		return i, fmt.Errorf("%w: %s is for %s, not for %s", engine.ErrNoImage, p.Ref, i.Platform, p.Platform)
	}
	return i, nil
}

// pullError sorts what daemons and registries say in words only.
func pullError(err error) error {
	text := strings.ToLower(err.Error())
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	switch {
	case errdefs.IsUnauthorized(err), has("unauthorized", "authentication required", "no basic auth", "incorrect username"):
		return fmt.Errorf("%w: %w", engine.ErrUnauthorized, err)
	case errdefs.IsNotFound(err), has("manifest unknown", "not found", "name unknown", "access denied", "does not match the specified platform"):
		return fmt.Errorf("%w: %w", engine.ErrNoImage, err)
	}
	return fmt.Errorf("pull: %w", err)
}

// authFor is the registry's user in the form the daemon wants. A credential
// helper that does not work (it may not be in our image) makes the pull an
// anonymous one: unavailable says why, in case that is refused.
func (e *Engine) authFor(p engine.Pull) (auth string, unavailable, err error) {
	named, err := reference.ParseNormalizedNamed(p.Ref)
	if err != nil {
		return "", nil, fmt.Errorf("image %q: %w", p.Ref, err)
	}
	server := registryKey(reference.Domain(named))
	if p.Login != nil {
		auth, err = registry.EncodeAuthConfig(registry.AuthConfig{
			Username: p.Login.Username, Password: p.Login.Password, ServerAddress: server,
		})
		return auth, nil, err
	}
	known, err := e.auth.GetAuthConfig(server)
	if err != nil {
		return "", fmt.Errorf("the configured credentials for %s are not available: %w", server, err), nil
	}
	auth, err = registry.EncodeAuthConfig(registry.AuthConfig{
		Username: known.Username, Password: known.Password, Auth: known.Auth,
		ServerAddress: known.ServerAddress, IdentityToken: known.IdentityToken, RegistryToken: known.RegistryToken,
	})
	return auth, nil, err
}

// registryKey is what configuration files call a registry.
func registryKey(domain string) string {
	if domain == "docker.io" {
		return "https://index.docker.io/v1/"
	}
	return domain
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
