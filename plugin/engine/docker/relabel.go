package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docker/docker/client"
)

// relabel makes an image of another platform of one that the daemon imported
// as its own: up to Docker 20.10 an import takes no architecture. It is saved
// and loaded again, with the architecture in its configuration changed.
func (e *Engine) relabel(ctx context.Context, id, ref, platform string) error {
	saved, err := e.client.ImageSave(ctx, []string{ref})
	if err != nil {
		return fmt.Errorf("save it to change its platform: %w", err)
	}
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(errors.Join(changeArch(pw, saved, platform), saved.Close())) }()
	loaded, err := e.client.ImageLoad(ctx, pr, client.ImageLoadWithQuiet(true))
	_ = pr.Close() // frees the writer when loading stopped early
	if err != nil {
		return fmt.Errorf("load it as one for %s: %w", platform, err)
	}
	if err := errors.Join(follow(loaded.Body, nil), loaded.Body.Close()); err != nil {
		return fmt.Errorf("load it as one for %s: %w", platform, err)
	}
	return e.Remove(ctx, id)
}

// changeArch copies an archive of an image, as docker save writes it, and
// changes the platform in the one file at its top that is a configuration.
func changeArch(w io.Writer, saved io.Reader, platform string) error {
	from, to := tar.NewReader(saved), tar.NewWriter(w)
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			return to.Close()
		}
		if err != nil {
			return err
		}
		content := io.Reader(from)
		if isImageConfig(h.Name) {
			text, err := withPlatform(from, platform)
			if err != nil {
				return fmt.Errorf("%s: %w", h.Name, err)
			}
			h.Size, content = int64(len(text)), bytes.NewReader(text)
		}
		if err := to.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.Copy(to, content); err != nil { //nolint:gosec // the daemon's own image, as large as it is
			return err
		}
	}
}

// isImageConfig says whether a file of such an archive is a configuration:
// DIGEST.json.
func isImageConfig(name string) bool {
	return strings.HasSuffix(name, ".json") && !strings.Contains(name, "/") && name != "manifest.json"
}

// withPlatform is a configuration with another platform, all else as it is.
func withPlatform(config io.Reader, platform string) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(config).Decode(&fields); err != nil {
		return nil, err
	}
	p := platformOf(platform)
	for name, value := range map[string]string{"os": p.OS, "architecture": p.Architecture, "variant": p.Variant} {
		delete(fields, name)
		if value == "" {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		fields[name] = text
	}
	return json.Marshal(fields)
}
