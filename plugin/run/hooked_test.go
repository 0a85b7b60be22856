package run_test

import (
	"context"
	"io"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
)

// hooked is a fake whose calls are preceded by something: a wait, an error.
// Commands have the fake's rules for that.
type hooked struct {
	*enginetest.Fake
	before func(ctx context.Context, call string) error
}

func (h hooked) Host(ctx context.Context) (engine.Host, error) {
	if err := h.before(ctx, "host"); err != nil {
		return engine.Host{}, err
	}
	return h.Fake.Host(ctx)
}

func (h hooked) Setup(ctx context.Context, g engine.Group) error {
	if err := h.before(ctx, "setup "+g.Name); err != nil {
		return err
	}
	return h.Fake.Setup(ctx, g)
}

func (h hooked) Start(ctx context.Context, g engine.Group, s engine.Spec) (engine.ID, error) {
	if err := h.before(ctx, "start "+g.Name); err != nil {
		return "", err
	}
	return h.Fake.Start(ctx, g, s)
}

func (h hooked) Destroy(ctx context.Context, g engine.Group) error {
	if err := h.before(ctx, "destroy "+g.Name); err != nil {
		return err
	}
	return h.Fake.Destroy(ctx, g)
}

func (h hooked) CopyIn(ctx context.Context, id engine.ID, dir string, tar io.Reader) error {
	if err := h.before(ctx, "copyin "+dir); err != nil {
		return err
	}
	return h.Fake.CopyIn(ctx, id, dir, tar)
}

func (h hooked) CopyOut(ctx context.Context, id engine.ID, path string) (io.ReadCloser, error) {
	if err := h.before(ctx, "copyout "+path); err != nil {
		return nil, err
	}
	return h.Fake.CopyOut(ctx, id, path)
}

func (h hooked) Pull(ctx context.Context, p engine.Pull, progress func(done, total int64)) (engine.Image, error) {
	if err := h.before(ctx, "pull "+p.Ref); err != nil {
		return engine.Image{}, err
	}
	return h.Fake.Pull(ctx, p, progress)
}

func (h hooked) Commit(ctx context.Context, id engine.ID, ref string, labels map[string]string) (engine.Image, error) {
	if err := h.before(ctx, "commit "+ref); err != nil {
		return engine.Image{}, err
	}
	return h.Fake.Commit(ctx, id, ref, labels)
}
