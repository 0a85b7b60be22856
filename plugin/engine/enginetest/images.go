package enginetest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// stored is a local image with its files.
type stored struct {
	engine.Image
	files tree
}

func (i stored) known(ref string) bool {
	return i.ID == ref || slices.Contains(i.Refs, ref)
}

// list takes in Local once. The caller holds the lock.
func (f *Fake) list() []stored {
	if !f.listed {
		f.listed = true
		for _, i := range f.Local {
			f.images = append(f.images, stored{Image: i})
		}
	}
	return f.images
}

func (f *Fake) image(ref string) (stored, bool) {
	for _, i := range f.list() {
		if i.known(ref) {
			return i, true
		}
	}
	return stored{}, false
}

// add puts an image first and takes its references from others. The caller
// holds the lock.
func (f *Fake) add(i stored) engine.Image {
	all := f.list()
	for n := range all {
		all[n].Refs = slices.DeleteFunc(slices.Clone(all[n].Refs), func(ref string) bool { return slices.Contains(i.Refs, ref) })
	}
	f.images = append([]stored{i}, slices.DeleteFunc(all, func(o stored) bool { return o.ID == i.ID })...)
	return i.Image
}

// make is a new image of one reference. The caller holds the lock.
func (f *Fake) make(ref, platform string, labels map[string]string, files tree) stored {
	return stored{files: files, Image: engine.Image{
		ID: fmt.Sprintf("image-%d", f.next()), Refs: []string{ref}, Platform: platform,
		Labels: maps.Clone(labels), Created: time.Unix(int64(f.serial), 0),
	}}
}

// Find implements engine.Images.
func (f *Fake) Find(ctx context.Context, ref string, labels map[string]string) ([]engine.Image, error) {
	if err := f.call(ctx, "find %s %v", ref, labels); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []engine.Image
	for _, i := range f.list() {
		if (ref == "" || i.known(ref)) && carries(i.Labels, labels) {
			found = append(found, i.Image)
		}
	}
	return found, nil
}

func carries(labels, wanted map[string]string) bool {
	for name, value := range wanted {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// asker is as whom a registry is asked, in the journal.
func asker(p engine.Pull) string {
	if p.Login == nil {
		return ""
	}
	return " as " + p.Login.Username
}

// Offers implements engine.Images.
func (f *Fake) Offers(ctx context.Context, p engine.Pull) error {
	if err := f.call(ctx, "offers %s for %s%s", p.Ref, p.Platform, asker(p)); err != nil {
		return err
	}
	if _, ok := f.Registry[p.Ref]; f.Registry != nil && !ok {
		return fmt.Errorf("%w: %s", engine.ErrNoImage, p.Ref)
	}
	return nil
}

// Pull implements engine.Images.
func (f *Fake) Pull(ctx context.Context, p engine.Pull, progress func(done, total int64)) (engine.Image, error) {
	if err := f.call(ctx, "pull %s for %s%s", p.Ref, p.Platform, asker(p)); err != nil {
		return engine.Image{}, err
	}
	i, ok := f.Registry[p.Ref]
	if f.Registry != nil && !ok {
		return engine.Image{}, fmt.Errorf("%w: %s", engine.ErrNoImage, p.Ref)
	}
	if progress != nil {
		progress(i.Size, i.Size)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Registry == nil {
		return f.add(f.make(p.Ref, p.Platform, nil, nil)), nil
	}
	return f.add(stored{Image: i}), nil
}

// Import implements engine.Images.
func (f *Fake) Import(ctx context.Context, ref, platform string, labels map[string]string, rootfs io.Reader) (engine.Image, error) {
	if err := f.call(ctx, "import %s for %s", ref, platform); err != nil {
		return engine.Image{}, err
	}
	files := tree{}
	if err := files.unpack("/", rootfs); err != nil {
		return engine.Image{}, fmt.Errorf("import %s: %w", ref, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.add(f.make(ref, platform, labels, files)), nil
}

// Commit implements engine.Images.
func (f *Fake) Commit(ctx context.Context, id engine.ID, ref string, labels map[string]string) (engine.Image, error) {
	if err := f.call(ctx, "commit %s to %s", f.label(id), ref); err != nil {
		return engine.Image{}, err
	}
	m, err := f.find(id)
	if err != nil {
		return engine.Image{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.add(f.make(ref, m.spec.Platform, labels, maps.Clone(m.files))), nil
}

// Remove implements engine.Images.
func (f *Fake) Remove(ctx context.Context, image string) error {
	if err := f.call(ctx, "remove %s", image); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.images = slices.DeleteFunc(f.list(), func(i stored) bool { return i.known(image) })
	return nil
}
