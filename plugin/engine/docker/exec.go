package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// Exec implements engine.Containers.
func (e *Engine) Exec(ctx context.Context, id engine.ID, c engine.Cmd) (engine.Exit, error) {
	exec, err := e.client.ContainerExecCreate(ctx, string(id), execOptions(c))
	if err != nil {
		return engine.Exit{}, gone(err)
	}
	stream, err := e.attach(ctx, exec.ID, c.Terminal)
	if err != nil {
		return engine.Exit{}, e.goneMeanwhile(ctx, id, err)
	}
	// The end of a context does not end a hijacked stream by itself. When it
	// has, the stream is being closed, which may take its time.
	stop := context.AfterFunc(ctx, stream.Close)
	defer func() {
		if stop() {
			stream.Close()
		}
	}()
	e.resize(ctx, exec.ID, c.Terminal)
	if err := talk(ctx, stream, c); err != nil {
		return engine.Exit{}, err
	}
	return e.exit(ctx, id, exec.ID)
}

// attach starts the command and takes over the connection as its stream. The
// client waits for the daemon's answer whatever becomes of ctx, so somebody
// else has to wait for the client.
func (e *Engine) attach(ctx context.Context, exec string, t *engine.Terminal) (types.HijackedResponse, error) {
	type answer struct {
		stream types.HijackedResponse
		err    error
	}
	answers := make(chan answer)
	go func() {
		stream, err := e.client.ContainerExecAttach(ctx, exec, container.ExecAttachOptions{Tty: t != nil, ConsoleSize: sizeOf(t)})
		select {
		case answers <- answer{stream, err}:
		case <-ctx.Done():
			if err == nil {
				stream.Close()
			}
		}
	}()
	select {
	case a := <-answers:
		return a.stream, a.err
	case <-ctx.Done():
		return types.HijackedResponse{}, fmt.Errorf("exec: %w", ctx.Err())
	}
}

// goneMeanwhile makes ErrGone of an error that came because the container
// ended just now: where the daemon should hand over the connection, the client
// keeps only a number of what it says instead.
func (e *Engine) goneMeanwhile(ctx context.Context, id engine.ID, err error) error {
	c, inspectErr := e.client.ContainerInspect(ctx, string(id))
	if errdefs.IsNotFound(inspectErr) || inspectErr == nil && !c.State.Running {
		return fmt.Errorf("%w: %w", engine.ErrGone, err)
	}
	return err
}

func execOptions(c engine.Cmd) container.ExecOptions {
	o := container.ExecOptions{
		Cmd: c.Args, User: c.User, WorkingDir: c.Dir, Env: envList(c.Env),
		AttachStdin: c.Stdin != nil, AttachStdout: true, AttachStderr: true,
	}
	o.Tty, o.ConsoleSize = c.Terminal != nil, sizeOf(c.Terminal)
	return o
}

func sizeOf(t *engine.Terminal) *[2]uint {
	if t == nil {
		return nil
	}
	return &[2]uint{t.Rows, t.Columns}
}

// resize tells daemons before API 1.42 the size of the terminal, which they
// do not take with the command. It stays as it is when the command is gone.
func (e *Engine) resize(ctx context.Context, exec string, t *engine.Terminal) {
	if t == nil || versions.GreaterThanOrEqualTo(e.client.ClientVersion(), "1.42") {
		return
	}
	_ = e.client.ContainerExecResize(ctx, exec, container.ResizeOptions{Height: t.Rows, Width: t.Columns})
}

// talk carries input and output until the output ends. Input that could not
// be read is an error: the command took what it got for all there is. Input
// that the command did not want is none.
func talk(ctx context.Context, stream types.HijackedResponse, c engine.Cmd) error {
	unread := make(chan error, 1)
	if c.Stdin != nil {
		// It ends when its next read does: at the latest, that is of no use to
		// anybody any more.
		go func() {
			in := &source{Reader: c.Stdin}
			_, _ = io.Copy(stream.Conn, in)
			if in.err != nil {
				unread <- in.err
			}
			endInput(stream, c.Terminal != nil)
		}()
	}
	err := receive(stream.Reader, c)
	if ctx.Err() != nil {
		return fmt.Errorf("exec: %w", ctx.Err())
	}
	select {
	case err := <-unread:
		return fmt.Errorf("read the command's input: %w", err)
	default:
		return err
	}
}

// source remembers why reading ended, unless by its end.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// endInput says that no more input comes. Closing the input of a terminal
// would make the daemon drop the output: a terminal is told by ^D.
func endInput(stream types.HijackedResponse, terminal bool) {
	if terminal {
		_, _ = stream.Conn.Write([]byte{4})
		return
	}
	_ = stream.CloseWrite()
}

func receive(r io.Reader, c engine.Cmd) error {
	stdout, stderr := orDiscard(c.Stdout), orDiscard(c.Stderr)
	if c.Terminal != nil {
		_, err := io.Copy(stdout, r)
		return err
	}
	_, err := stdcopy.StdCopy(stdout, stderr, r)
	return err
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// exit waits until the daemon knows that the command ended. A running one has
// exit code 0 as well.
func (e *Engine) exit(ctx context.Context, id engine.ID, exec string) (engine.Exit, error) {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		state, err := e.client.ContainerExecInspect(ctx, exec)
		if err != nil {
			return engine.Exit{}, gone(err)
		}
		if !state.Running {
			return e.confirm(ctx, id, state.ExitCode)
		}
		if err := pause(ctx, wait); err != nil {
			return engine.Exit{}, err
		}
	}
}

// confirm tells a command that ended from one that went down with its
// container: the daemon reports 137 for both.
func (e *Engine) confirm(ctx context.Context, id engine.ID, code int) (engine.Exit, error) {
	if code != 137 {
		return engine.Exit{Code: code}, nil
	}
	// The daemon hears of the container's end after the command's.
	for range 10 {
		c, err := e.client.ContainerInspect(ctx, string(id))
		if err != nil {
			return engine.Exit{}, gone(err)
		}
		if !c.State.Running {
			return engine.Exit{}, fmt.Errorf("%w: it ended with exit code %d while a command ran in it", engine.ErrGone, c.State.ExitCode)
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return engine.Exit{}, err
		}
	}
	return engine.Exit{Code: code}, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait: %w", ctx.Err())
	case <-t.C:
		return nil
	}
}
