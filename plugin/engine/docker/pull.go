package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Pull implements engine.Images.
func (e *Engine) Pull(ctx context.Context, p engine.Pull, progress func(done, total int64)) (engine.Image, error) {
	who, err := e.identity(p)
	if err != nil {
		return engine.Image{}, err
	}
	stream, err := e.client.ImagePull(ctx, p.Ref, image.PullOptions{Platform: p.Platform, RegistryAuth: who.auth})
	if err != nil {
		return engine.Image{}, pullError(err, who)
	}
	err = follow(stream, progress)
	if err := errors.Join(err, stream.Close()); err != nil {
		return engine.Image{}, pullError(err, who)
	}
	i, err := e.inspect(ctx, p.Ref)
	if err != nil {
		return i, fmt.Errorf("look at what was pulled: %w", err)
	}
	// Daemons take an image of another platform when there is no other.
	if !samePlatform(p.Platform, i.Platform) {
		return i, fmt.Errorf("%w: %s is for %s, not for %s", engine.ErrNoImage, p.Ref, i.Platform, p.Platform)
	}
	return i, nil
}

// Offers implements engine.Images. Of an image for one platform, too, the
// daemon reads which one that is.
func (e *Engine) Offers(ctx context.Context, p engine.Pull) error {
	who, err := e.identity(p)
	if err != nil {
		return err
	}
	found, err := e.client.DistributionInspect(ctx, p.Ref, who.auth)
	if err != nil {
		return pullError(err, who)
	}
	var platforms []string
	for _, o := range found.Platforms {
		platform := o.OS + "/" + o.Architecture
		if samePlatform(p.Platform, platform) {
			return nil
		}
		if !slices.Contains(platforms, platform) {
			platforms = append(platforms, platform)
		}
	}
	if len(platforms) == 0 {
		return nil // the registry does not tell
	}
	return fmt.Errorf("%w: %s is for %s, not for %s", engine.ErrNoImage, p.Ref, strings.Join(platforms, ", "), p.Platform)
}

// Registries and daemons tell what went wrong in words only.
var (
	unauthorizedWords = []string{"unauthorized", "authentication required", "no basic auth", "incorrect username", "http 403"}
	noImageWords      = []string{
		"manifest unknown", "not found", "name unknown", "does not exist or may require", "http 404",
		"does not match the specified platform", "no matching manifest",
	}
	transientWords = []string{
		"toomanyrequests", "too many requests", "http 429", "unexpected http status: 5",
		"500 internal server error", "502 bad gateway", "503 service unavailable", "504 gateway",
		"timeout", "timed out", "deadline exceeded", ": eof", "unexpected eof", "connection reset", "connection refused",
		"server misbehaving", "temporary failure", "network is unreachable",
	}
)

// pullError sorts what daemons and registries say.
func pullError(err error, who identity) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err // ours, not the registry's
	}
	text := strings.ToLower(err.Error())
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	switch {
	case errdefs.IsUnauthorized(err), has(unauthorizedWords...):
		return who.explain(fmt.Errorf("%w: %w", engine.ErrUnauthorized, err))
	case errdefs.IsNotFound(err), has(noImageWords...):
		// Some registries say so to those who may not know.
		return who.explain(fmt.Errorf("%w: %w", engine.ErrNoImage, err))
	case has("denied"):
		return who.explain(fmt.Errorf("%w: %w", engine.ErrUnauthorized, err))
	case has(transientWords...):
		return fmt.Errorf("%w: %w", engine.ErrTransient, err)
	}
	return err
}

// identity is as whom we pull.
type identity struct {
	// auth is the form that the daemon wants.
	auth string
	// words say who we are.
	words string
	// missing says why credentials that are configured are not to be had.
	missing error
}

// explain tells who was refused.
func (i identity) explain(err error) error {
	if i.missing != nil {
		return fmt.Errorf("%w (%s: %w)", err, i.words, i.missing)
	}
	return fmt.Errorf("%w (%s)", err, i.words)
}

// identity is the registry's user. A credential helper that does not work (it
// may not be in our image) makes the pull an anonymous one, in case that is
// enough.
func (e *Engine) identity(p engine.Pull) (identity, error) {
	named, err := reference.ParseNormalizedNamed(p.Ref)
	if err != nil {
		return identity{}, fmt.Errorf("image %q: %w", p.Ref, err)
	}
	domain := reference.Domain(named)
	if p.Login != nil {
		auth, err := registry.EncodeAuthConfig(registry.AuthConfig{
			Username: p.Login.Username, Password: p.Login.Password, ServerAddress: registryKey(domain),
		})
		return identity{auth: auth, words: "asked as " + p.Login.Username}, err
	}
	anonymous := identity{words: "asked without credentials: there are none for " + domain}
	known, err := e.auth.GetAuthConfig(registryKey(domain))
	if err != nil {
		anonymous.words = "asked without credentials"
		anonymous.missing = fmt.Errorf("those configured for %s are not available: %w", domain, err)
		return anonymous, nil
	}
	auth, err := registry.EncodeAuthConfig(registry.AuthConfig{
		Username: known.Username, Password: known.Password, Auth: known.Auth,
		ServerAddress: known.ServerAddress, IdentityToken: known.IdentityToken, RegistryToken: known.RegistryToken,
	})
	if known.Username == "" && known.IdentityToken == "" && known.RegistryToken == "" {
		return identity{auth: auth, words: anonymous.words}, err
	}
	return identity{auth: auth, words: "asked as " + known.Username + " of the configuration"}, err
}

// registryKey is what configuration files call a registry.
func registryKey(domain string) string {
	if domain == "docker.io" {
		return "https://index.docker.io/v1/"
	}
	return domain
}
