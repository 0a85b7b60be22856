package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// tree is the files of a container or an image, by absolute path.
type tree map[string]file

type file struct {
	header  tar.Header
	content []byte
}

func clean(name string) string { return path.Join("/", name) }

// mkdir makes a directory and those above it that are missing.
func (t tree) mkdir(dir string) {
	for at := clean(dir); at != "/"; at = path.Dir(at) {
		if _, ok := t[at]; !ok {
			t[at] = file{header: tar.Header{Typeflag: tar.TypeDir, Mode: 0o755}}
		}
	}
}

func (t tree) write(name, content string) {
	t.mkdir(path.Dir(clean(name)))
	h := tar.Header{Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}
	t[clean(name)] = file{h, []byte(content)}
}

// unpack reads a tar stream below a directory.
func (t tree) unpack(dir string, stream io.Reader) error {
	t.mkdir(dir)
	tr := tar.NewReader(stream)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(tr)
		if err != nil {
			return err
		}
		name := path.Join("/", dir, h.Name)
		t.mkdir(path.Dir(name))
		t[name] = file{*h, content}
	}
}

// pack writes a path and what is below it; names start with its last element.
func (t tree) pack(name string) ([]byte, error) {
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	root := clean(name)
	for _, at := range slices.Sorted(maps.Keys(t)) {
		if at != root && !strings.HasPrefix(at, strings.TrimSuffix(root, "/")+"/") {
			continue
		}
		h := t[at].header
		h.Name = path.Join(path.Base(root), strings.TrimPrefix(at, root))
		if err := tw.WriteHeader(&h); err != nil {
			return nil, err
		}
		if _, err := tw.Write(t[at].content); err != nil {
			return nil, err
		}
	}
	err := tw.Close()
	return b.Bytes(), err
}

// CopyIn implements engine.Containers.
func (f *Fake) CopyIn(ctx context.Context, id engine.ID, dir string, stream io.Reader) error {
	if err := f.call(ctx, "copyin %s: %s", f.label(id), dir); err != nil {
		return err
	}
	m, err := f.find(id)
	if err != nil {
		return err
	}
	// Read outside the lock: the stream may be made by other calls.
	read := tree{}
	if err := read.unpack(dir, stream); err != nil {
		return fmt.Errorf("copy to %s: %w", dir, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, new := range read {
		if _, there := m.files[name]; there && new.header.Name == "" {
			continue // a directory that did not have to be made
		}
		m.files[name] = new
	}
	return nil
}

// CopyOut implements engine.Containers.
func (f *Fake) CopyOut(ctx context.Context, id engine.ID, name string) (io.ReadCloser, error) {
	if err := f.call(ctx, "copyout %s: %s", f.label(id), name); err != nil {
		return nil, err
	}
	m, err := f.find(id)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := m.files[clean(name)]; !ok {
		return nil, fmt.Errorf("%w: %s", engine.ErrNotFound, name)
	}
	b, err := m.files.pack(name)
	if err != nil {
		return nil, fmt.Errorf("copy %s: %w", name, err)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
