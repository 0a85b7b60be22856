package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

const (
	scriptSpeak = "echo out; echo err >&2; exit 3"
	scriptWho   = `id -u; id -g; pwd`
	scriptCount = "wc -c"
	scriptSize  = `[ -t 0 ] && for i in 1 2 3 4 5 6 7 8 9; do [ "$(stty size)" = "33 77" ] && break; sleep 0.2; done; stty size`
	scriptBig   = `head -c 3000000 /dev/zero | tr '\0' x`
	scriptHang  = "echo ready; exec sleep 300"
	scriptKill  = "kill -9 $$"
	noProgram   = "no-such-program"
)

func askExec(t *testing.T, s *suite) {
	_, id := s.machine(t)
	t.Run("exit code and both outputs", func(t *testing.T) {
		var out, err bytes.Buffer
		exit, e := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptSpeak), Stdout: &out, Stderr: &err})
		if e != nil || exit.Code != 3 || out.String() != "out\n" || err.String() != "err\n" {
			t.Errorf("exit %d, %v, %q, %q", exit.Code, e, out.String(), err.String())
		}
	})
	t.Run("one writer for both", func(t *testing.T) {
		var both bytes.Buffer
		_, e := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptSpeak), Stdout: &both, Stderr: &both})
		if e != nil || !strings.Contains(both.String(), "out\n") || !strings.Contains(both.String(), "err\n") {
			t.Errorf("%v, %q", e, both.String())
		}
	})
	t.Run("no writer", func(t *testing.T) {
		exit, e := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptSpeak)})
		if e != nil || exit.Code != 3 {
			t.Errorf("exit %d, %v", exit.Code, e)
		}
	})
	t.Run("a killed command is an exit", func(t *testing.T) {
		exit, e := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptKill)})
		if e != nil || exit.Code != 137 {
			t.Errorf("exit %d, %v", exit.Code, e)
		}
	})
	t.Run("a command that is not there is an exit", func(t *testing.T) {
		var out bytes.Buffer
		exit, e := s.e.Exec(t.Context(), id, engine.Cmd{Args: []string{noProgram}, Stdout: &out, Stderr: &out})
		if e != nil || exit.Code != 126 && exit.Code != 127 || !strings.Contains(out.String(), noProgram) {
			t.Errorf("exit %d, %v, %q", exit.Code, e, out.String())
		}
	})
	for _, tt := range []struct{ user, dir, want string }{
		{"", "/etc", "0\n0\n/etc\n"},
		{"65534:7", "/", "65534\n7\n/\n"},
		{"nobody", "/tmp", "65534\n65534\n/tmp\n"},
	} {
		t.Run("as "+tt.user+" in "+tt.dir, func(t *testing.T) {
			var out bytes.Buffer
			_, e := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptWho), User: tt.user, Dir: tt.dir, Stdout: &out})
			if e != nil || out.String() != tt.want {
				t.Errorf("%v, %q", e, out.String())
			}
		})
	}
	t.Run("environment", func(t *testing.T) {
		var out bytes.Buffer
		env := map[string]string{"A": "x=y", "B": "two words"}
		_, e := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptEnv), Env: env, Stdout: &out})
		if e != nil || out.String() != "x=y two words\n" {
			t.Errorf("%v, %q", e, out.String())
		}
	})
}

func askInput(t *testing.T, s *suite) {
	_, id := s.machine(t)
	for _, tt := range []struct {
		name string
		cmd  engine.Cmd
		want string
	}{
		{"none is empty", engine.Cmd{}, "0"},
		{"read to its end", engine.Cmd{Stdin: strings.NewReader(strings.Repeat("x", 200_000))}, "200000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			tt.cmd.Args, tt.cmd.Stdout = shell(scriptCount), &out
			exit, err := s.e.Exec(t.Context(), id, tt.cmd)
			if err != nil || exit.Code != 0 || strings.TrimSpace(out.String()) != tt.want {
				t.Errorf("exit %d, %v, %q", exit.Code, err, out.String())
			}
		})
	}
	t.Run("that breaks is an error", func(t *testing.T) {
		_, err := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptCount), Stdin: unreadable()})
		if !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("that nobody reads is none", func(t *testing.T) {
		exit, err := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptTrue), Stdin: strings.NewReader(strings.Repeat("x", 5_000_000))})
		if err != nil || exit.Code != 0 {
			t.Errorf("exit %d, %v", exit.Code, err)
		}
	})
}

// unreadable is an input that breaks after a few bytes.
func unreadable() io.Reader { return io.MultiReader(strings.NewReader("abc"), broken{}) }

var errBroken = errors.New("it broke")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func askTerminal(t *testing.T, s *suite) {
	_, id := s.machine(t)
	var out, stderr bytes.Buffer
	exit, err := s.e.Exec(t.Context(), id, engine.Cmd{
		Args: shell(scriptSize), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderr,
		Terminal: &engine.Terminal{Rows: 33, Columns: 77},
	})
	if err != nil || exit.Code != 0 || out.String() != "33 77\r\n" || stderr.Len() > 0 {
		t.Errorf("exit %d, %v, %q, %q", exit.Code, err, out.String(), stderr.String())
	}
}

func askOutput(t *testing.T, s *suite) {
	_, id := s.machine(t)
	var out bytes.Buffer
	exit, err := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptBig), Stdout: &out})
	if err != nil || exit.Code != 0 || out.Len() != 3_000_000 {
		t.Errorf("exit %d, %v, %d bytes", exit.Code, err, out.Len())
	}
}

func askConcurrent(t *testing.T, s *suite) {
	_, id := s.machine(t)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			var out bytes.Buffer
			env := map[string]string{"A": fmt.Sprint(i), "B": "z"}
			_, err := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptEnv), Env: env, Stdout: &out})
			if want := fmt.Sprintf("%d z\n", i); err != nil || out.String() != want {
				t.Errorf("%v, %q, not %q", err, out.String(), want)
			}
		})
	}
	wg.Wait()
}

func askCancel(t *testing.T, s *suite) {
	_, id := s.machine(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended time.Time
	w := &onWrite{do: func() { ended = time.Now(); cancel() }}
	_, err := s.e.Exec(ctx, id, engine.Cmd{Args: shell(scriptHang), Stdout: w, Stdin: blocked{ctx}})
	if took := time.Since(ended); !errors.Is(err, context.Canceled) || took > 3*time.Second {
		t.Errorf("it returned after %s: %v", took, err)
	}
	if got := s.sh(t, id, scriptTrue); got != "" {
		t.Errorf("the container afterwards: %q", got)
	}
}

// blocked is an input that has nothing to say until its context ends.
type blocked struct{ ctx context.Context }

func (b blocked) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func askGone(t *testing.T, s *suite) {
	t.Run("it ended by itself", func(t *testing.T) {
		g := s.setup(t, nil)
		spec := s.idle("short")
		spec.Command = []string{"true"}
		id := s.start(t, g, spec)
		Eventually(t, "ErrGone", func() bool { return !s.runs(t, id) })
	})
	t.Run("it was destroyed", func(t *testing.T) {
		g, id := s.machine(t)
		if err := s.e.Destroy(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if s.runs(t, id) {
			t.Error("it takes commands")
		}
		if err := s.e.CopyIn(t.Context(), id, "/in", archive()); !errors.Is(err, engine.ErrGone) {
			t.Errorf("copy in: %v", err)
		}
		if _, err := s.e.CopyOut(t.Context(), id, "/etc"); !errors.Is(err, engine.ErrGone) {
			t.Errorf("copy out: %v", err)
		}
	})
	t.Run("it goes while a command runs", func(t *testing.T) {
		g, id := s.machine(t)
		var wg sync.WaitGroup
		w := &onWrite{do: func() {
			wg.Go(func() {
				if err := s.e.Destroy(t.Context(), g); err != nil {
					t.Error(err)
				}
			})
		}}
		exit, err := s.e.Exec(t.Context(), id, engine.Cmd{Args: shell(scriptHang), Stdout: w})
		if !errors.Is(err, engine.ErrGone) {
			t.Errorf("exit %d, %v", exit.Code, err)
		}
		wg.Wait()
	})
}
