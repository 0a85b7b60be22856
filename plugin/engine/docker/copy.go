package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// CopyIn implements engine.Containers.
func (e *Engine) CopyIn(ctx context.Context, id engine.ID, dir string, stream io.Reader) error {
	_, err := e.client.ContainerStatPath(ctx, string(id), dir)
	if errdefs.IsNotFound(err) {
		err = e.makeDir(ctx, id, dir)
	}
	if err != nil {
		return fmt.Errorf("copy to %s: %w", dir, gone(err))
	}
	if err := e.client.CopyToContainer(ctx, string(id), dir, stream, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("copy to %s: %w", dir, gone(err))
	}
	return nil
}

// makeDir makes a directory and those above it: the archive call wants a
// directory that is there, and unpacks at / what names them all.
func (e *Engine) makeDir(ctx context.Context, id engine.ID, dir string) error {
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	at := "/"
	for _, part := range strings.Split(strings.Trim(path.Clean(dir), "/"), "/") {
		at = path.Join(at, part)
		if _, err := e.client.ContainerStatPath(ctx, string(id), at); err == nil {
			continue
		}
		h := &tar.Header{Name: strings.TrimPrefix(at, "/") + "/", Typeflag: tar.TypeDir, Mode: 0o755}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
	}
	if err := tw.Close(); err != nil {
		return err
	}
	return e.client.CopyToContainer(ctx, string(id), "/", &b, container.CopyToContainerOptions{})
}

// CopyOut implements engine.Containers.
func (e *Engine) CopyOut(ctx context.Context, id engine.ID, file string) (io.ReadCloser, error) {
	stream, _, err := e.client.CopyFromContainer(ctx, string(id), file)
	if errdefs.IsNotFound(err) && strings.Contains(err.Error(), "No such container") {
		return nil, fmt.Errorf("%w: %w", engine.ErrGone, err)
	}
	if errdefs.IsNotFound(err) {
		return nil, fmt.Errorf("%w: %s: %w", engine.ErrNotFound, file, err)
	}
	return stream, err
}
