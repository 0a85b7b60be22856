package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ran is how a command ended.
type ran struct {
	status         int
	stdout, stderr capped
}

func (a *agent) lookCommand(ctx context.Context, t Test) facts {
	run := sync.OnceValues(func() (*ran, error) { return a.machine.shell(ctx, t.text("exec"), t.Timeout) })
	return facts{
		found: map[string]func() (any, error){
			"exit-status": reading(run, func(r *ran) any { return r.status }),
			"stdout":      reading(run, func(r *ran) any { return &r.stdout }),
			"stderr":      reading(run, func(r *ran) any { return &r.stderr }),
		},
		evidence: func() []string {
			r, _ := run() // what was printed until it failed
			return lastLines(r.stdout.String() + r.stderr.String())
		},
	}
}

// lastLines are the last of a text, where a command says why it gave up.
func lastLines(s string) []string {
	all := lines(s)
	return evidenceOf(strings.Join(all[max(0, len(all)-evidenceLines):], "\n"))
}

// shell runs a command to its end, or until ctx ends: then it is killed with
// what it started. An error says that it did not run to its end; what it
// printed is returned even so.
func (m machine) shell(ctx context.Context, script string, timeout time.Duration) (*ran, error) {
	var r ran
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.root, &r.stdout, &r.stderr
	cmd.Env = withLanguage(cmd.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	// A daemon that it started may hold its output open.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return &r, fmt.Errorf("not over after %s", timeout)
	case err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay):
		return &r, err
	}
	r.status = cmd.ProcessState.ExitCode()
	return &r, nil
}

// withLanguage sets a locale in which text is UTF-8, if none is set.
func withLanguage(environ []string) []string {
	set := slices.ContainsFunc(environ, func(s string) bool {
		return strings.HasPrefix(s, "LANG=") || strings.HasPrefix(s, "LC_ALL=")
	})
	if set {
		return environ
	}
	return append(environ, "LANG=C.UTF-8")
}

// capped keeps the first maxContent bytes of an output and knows that there
// were more.
type capped struct {
	bytes.Buffer
	over bool
}

func (c *capped) Write(p []byte) (int, error) {
	keep := p[:min(len(p), maxContent-c.Len())]
	c.over = c.over || len(keep) < len(p)
	_, err := c.Buffer.Write(keep)
	return len(p), err
}

func (c *capped) content() (string, error) {
	if c.over {
		return "", fmt.Errorf("it is larger than %d MiB", maxContent>>20)
	}
	return c.String(), nil
}
