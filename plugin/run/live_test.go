package run_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hinshun/vt10x"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// terminal is a console that people look at. It cuts lines as the kernel does.
type terminal struct {
	mu     sync.Mutex
	screen vt10x.Terminal
}

func newTerminal(w *world, columns, rows int) *terminal {
	t := &terminal{screen: vt10x.New(vt10x.WithSize(columns, rows))}
	w.o.Console, w.o.Live = t, func() (int, int) { return columns, rows }
	return t
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := t.screen.Write([]byte(strings.ReplaceAll(string(p), "\n", "\r\n")))
	return len(p), err
}

// shown is what can be seen.
func (t *terminal) shown() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for line := range strings.SplitSeq(t.screen.String(), "\n") {
		if line = strings.TrimRight(line, " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// seen does something else at the time when a command is at work.
func seen(match string, look func()) enginetest.Rule {
	return enginetest.Rule{Match: match, Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
		if err := c.Print("cc -c a\ncc -o \x1b[2Jgreeterd "+strings.Repeat("w", 80)+".o\n", ""); err != nil {
			return engine.Exit{}, err
		}
		exit, err := takes(65*time.Second)(ctx, c)
		synctest.Wait()
		look()
		return exit, err
	}}
}

func TestATerminalShowsWhatIsAtWork(t *testing.T) {
	for name, tt := range map[string]struct {
		cpus    int
		distros []string
		rows    []string
	}{
		"a job, and one that began beside it": {2, []string{"debian-12"}, []string{
			`^ 1:05 debian-12 build        cc -o greeterd w{80}\.o$`,
			`^ \d:\d\d debian-12 boot         waits for debian-12/build/greeter$`,
			`^3 of 5 jobs done$`,
		}},
		"jobs that have not begun": {1, []string{"debian-12", "debian-13"}, []string{
			`^\d of 10 jobs done, \d waiting: .*debian-1[23]/\w+(/\w+)? for a slot`,
			`^\d of 10 jobs done, \d waiting: .*debian-1[23]/test for debian-1[23]/`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, tt.distros...)
				w.in.Host.CPUs = tt.cpus
				screen, looks := newTerminal(w, 400, 60), ""
				w.rule(seen("<build>", func() { looks += "\n" + screen.shown() }))
				if got := w.run(t.Context()); got.Outcome != result.Passed {
					t.Errorf("the run: %s %s", got.Outcome, got.Reason)
				}
				for _, row := range tt.rows {
					if !regexp.MustCompile("(?m)" + row).MatchString(looks) {
						t.Errorf("want %s in:\n%s", row, looks)
					}
				}
				if left := regexp.MustCompile("jobs done|waits for debian").FindString(screen.shown()); left != "" {
					t.Errorf("%q is left on the screen:\n%s", left, screen.shown())
				}
			})
		})
	}
}
