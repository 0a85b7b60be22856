package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Setup implements engine.Containers.
func (f *Fake) Setup(ctx context.Context, g engine.Group) error {
	if err := f.call(ctx, "setup %s", g.Name); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.network(g.Name) {
		return fmt.Errorf("network %s exists", g.Name)
	}
	f.networks = append(f.networks, thing{g.Name, groupLabels(g)})
	return nil
}

func (f *Fake) network(name string) bool {
	return slices.ContainsFunc(f.networks, func(t thing) bool { return t.name == name })
}

func groupLabels(g engine.Group) map[string]string {
	labels := map[string]string{engine.LabelGroup: g.Name}
	maps.Copy(labels, g.Labels)
	return labels
}

func containerLabels(g engine.Group, s engine.Spec) map[string]string {
	labels := groupLabels(g)
	labels[engine.LabelName] = s.Name
	return labels
}

// Start implements engine.Containers.
func (f *Fake) Start(ctx context.Context, g engine.Group, s engine.Spec) (engine.ID, error) {
	if err := f.call(ctx, "start %s/%s from %s: %s", g.Name, s.Name, s.Image, firstProcess(s)); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	image, ok := f.image(s.Image)
	if !ok {
		return "", fmt.Errorf("%w: %s", engine.ErrNoImage, s.Image)
	}
	if err := f.refuse(g, s); err != nil {
		return "", fmt.Errorf("%w: %w", engine.ErrRefused, err)
	}
	m := &machine{
		id: engine.ID(fmt.Sprintf("container-%d", f.next())), group: g, spec: s, labels: containerLabels(g, s),
		created: time.Unix(int64(f.serial), 0), files: maps.Clone(image.files), gone: make(chan struct{}),
	}
	if m.files == nil {
		m.files = tree{}
	}
	for name, content := range s.Files {
		m.files.write(name, content)
	}
	f.main(m)
	f.containers = append(f.containers, m)
	return m.id, nil
}

func (f *Fake) refuse(g engine.Group, s engine.Spec) error {
	if !f.network(g.Name) {
		return fmt.Errorf("no network %s", g.Name)
	}
	if s.Platform == "" {
		return errors.New("a container needs a platform")
	}
	for _, join := range s.Join {
		if !f.network(join.Name) {
			return fmt.Errorf("no network %s to join", join.Name)
		}
	}
	for _, o := range s.Rights.Security {
		if slices.Contains(f.Refuses, o) {
			return fmt.Errorf("unknown security option %s", o)
		}
	}
	return nil
}

// firstProcess is what a container's first process is known by.
func firstProcess(s engine.Spec) string {
	return strings.Join(slices.Concat(s.Command, s.Entrypoint, s.Args), " ")
}

func (f *Fake) main(m *machine) {
	for _, r := range f.Mains {
		if !strings.Contains(firstProcess(m.spec), r.Match) {
			continue
		}
		m.main, m.logs, m.asked, m.read = r, m.logs+r.Logs, 0, 0
		if r.Ends {
			m.stop()
		}
		return
	}
}

// Logs implements engine.Containers.
func (f *Fake) Logs(ctx context.Context, id engine.ID, w io.Writer) error {
	if err := f.call(ctx, "logs %s", f.label(id)); err != nil {
		return err
	}
	m, err := f.find(id)
	if err != nil {
		return err
	}
	f.mu.Lock()
	if m.read < len(m.main.Later) {
		m.logs += m.main.Later[m.read]
		m.read++
	}
	text := m.logs
	f.mu.Unlock()
	return print(w, text)
}

// Destroy implements engine.Containers.
func (f *Fake) Destroy(ctx context.Context, g engine.Group) error {
	if err := f.call(ctx, "destroy %s", g.Name); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remove(func(labels map[string]string) bool { return labels[engine.LabelGroup] == g.Name })
	return nil
}

// remove forgets what has labels of a kind and returns its names. The caller
// holds the lock.
func (f *Fake) remove(which func(map[string]string) bool) []string {
	names := f.names(which)
	for _, m := range f.containers {
		if which(m.labels) {
			m.stop()
		}
	}
	f.containers = slices.DeleteFunc(f.containers, func(m *machine) bool { return which(m.labels) })
	f.networks = slices.DeleteFunc(f.networks, func(t thing) bool { return which(t.labels) })
	f.volumes = slices.DeleteFunc(f.volumes, func(t thing) bool { return which(t.labels) })
	f.images = slices.DeleteFunc(f.list(), func(i stored) bool { return which(i.Labels) })
	return names
}

// names lists what has labels of a kind. The caller holds the lock.
func (f *Fake) names(which func(map[string]string) bool) []string {
	var names []string
	for _, m := range f.containers {
		if which(m.labels) {
			names = append(names, "container "+m.group.Name+"/"+m.spec.Name)
		}
	}
	for _, t := range f.networks {
		if which(t.labels) {
			names = append(names, "network "+t.name)
		}
	}
	for _, t := range f.volumes {
		if which(t.labels) {
			names = append(names, "volume "+t.name)
		}
	}
	for _, i := range f.list() {
		if which(i.Labels) {
			names = append(names, "image "+strings.Join(i.Refs, " "))
		}
	}
	return names
}
