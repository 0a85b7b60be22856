package enginetest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Call is a command that a Rule's Do decides about.
type Call struct {
	engine.Cmd
	// Spec and Group are of the container it runs in.
	Spec  engine.Spec
	Group engine.Group

	fake *Fake
	in   *machine
}

// Text is the command's arguments, joined by spaces.
func (c Call) Text() string { return strings.Join(c.Args, " ") }

// Getenv is a variable of the command's environment.
func (c Call) Getenv(name string) string {
	if value, ok := c.Env[name]; ok {
		return value
	}
	return c.Spec.Env[name]
}

// WriteFile makes a file in the container, with mode 0644, root's.
func (c Call) WriteFile(name, content string) {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	c.in.files.write(name, content)
}

// ReadFile reads a file of the container.
func (c Call) ReadFile(name string) (string, error) {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	f, ok := c.in.files[clean(name)]
	if !ok {
		return "", fmt.Errorf("%w: %s", engine.ErrNotFound, name)
	}
	return string(f.content), nil
}

// Stat describes a file of the container: "UID:GID MODE UNIXTIME PATH", the
// mode in octal.
func (c Call) Stat(name string) (string, error) {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	f, ok := c.in.files[clean(name)]
	if !ok {
		return "", fmt.Errorf("%w: %s", engine.ErrNotFound, name)
	}
	h := f.header
	return fmt.Sprintf("%d:%d %o %d %s", h.Uid, h.Gid, h.Mode, h.ModTime.Unix(), name), nil
}

// Resolves says whether a name is one of a running container on the same
// network.
func (c Call) Resolves(name string) bool {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	return slices.ContainsFunc(c.fake.containers, func(m *machine) bool {
		known := m.spec.Name == name || slices.Contains(m.spec.Aliases, name)
		return known && m.running() && shareNetwork(m, c.in)
	})
}

// End ends the first process of a container that Resolves, with an exit code.
func (c Call) End(name string, code int) {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	for _, m := range c.fake.containers {
		if m.spec.Name == name && shareNetwork(m, c.in) {
			m.main.ExitCode = code
			m.stop()
		}
	}
}

// shareNetwork says whether two containers are on one network.
func shareNetwork(a, b *machine) bool {
	on := func(m *machine, group string) bool {
		return m.group.Name == group || slices.ContainsFunc(m.spec.Join, func(g engine.Group) bool { return g.Name == group })
	}
	return on(a, b.group.Name) || slices.ContainsFunc(b.spec.Join, func(g engine.Group) bool { return on(a, g.Name) })
}

// Hang waits until the context or the container ends.
func (c Call) Hang(ctx context.Context) (engine.Exit, error) {
	select {
	case <-ctx.Done():
		return engine.Exit{}, fmt.Errorf("exec: %w", ctx.Err())
	case <-c.in.gone:
		return engine.Exit{}, fmt.Errorf("%w: it ended while a command ran in it", engine.ErrGone)
	}
}

// Print writes to the command's output.
func (c Call) Print(stdout, stderr string) error {
	if c.Terminal != nil {
		stdout, stderr = stdout+stderr, ""
	}
	if err := print(c.Stdout, stdout); err != nil {
		return err
	}
	return print(c.Stderr, stderr)
}

func print(w io.Writer, text string) error {
	if w == nil || text == "" {
		return nil
	}
	_, err := io.WriteString(w, text)
	return err
}

// Exec implements engine.Containers.
func (f *Fake) Exec(ctx context.Context, id engine.ID, cmd engine.Cmd) (engine.Exit, error) {
	if err := f.call(ctx, "exec %s: %s", f.label(id), strings.Join(cmd.Args, " ")); err != nil {
		return engine.Exit{}, err
	}
	m, err := f.find(id)
	if err != nil {
		return engine.Exit{}, err
	}
	if !m.running() {
		return engine.Exit{}, fmt.Errorf("%w: %s", engine.ErrGone, id)
	}
	c := Call{Cmd: cmd, Spec: m.spec, Group: m.group, fake: f, in: m}
	r, found := f.rule(c)
	if !found && f.Pick != nil {
		return f.Pick(ctx, c)
	}
	if r.Do != nil {
		return r.Do(ctx, c)
	}
	return r.play(ctx, c)
}

// rule is the first that matches and is not used up.
func (f *Fake) rule(c Call) (Rule, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, r := range f.Rules {
		holds := strings.Contains(c.Text(), r.Match) && (r.In == "" || r.In == c.Spec.Name)
		if holds && f.take(fmt.Sprint("rule ", i), r.Times) {
			return r, true
		}
	}
	return Rule{}, false
}

// play does what a rule without Do says.
func (r Rule) play(ctx context.Context, c Call) (engine.Exit, error) {
	if r.Err != nil {
		return engine.Exit{}, r.Err
	}
	if err := c.Print(r.Stdout, r.Stderr); err != nil {
		return engine.Exit{}, err
	}
	if r.Hang {
		return c.Hang(ctx)
	}
	return engine.Exit{Code: r.Code}, nil
}
