package run

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/drone-packages/drone-packages/plugin/plan"
)

// silence is how long a job may say nothing before the console tells that it
// is still at work: CI systems end steps that print nothing.
const silence = 30 * time.Second

// shown is how many bytes of a line the console shows, and a digest holds; the
// log has all of it.
const shown = 2000

// console writes whole lines, each with its time and speaker, so that nothing
// interleaves.
type console struct {
	mu      sync.Mutex
	w       io.Writer
	now     func() time.Time
	started time.Time
	width   int
	verbose bool
	mask    mask
	active  map[*jobLog]bool
	// foot is nil where the user has no terminal.
	foot *foot
}

func newConsole(o Options, started time.Time, width int) *console {
	c := &console{
		w: o.Console, now: o.Now, started: started, width: width, verbose: o.Verbose,
		mask: newMask(o.Secrets), active: map[*jobLog]bool{},
	}
	if o.Live != nil {
		c.foot = &foot{size: o.Live}
	}
	return c
}

// jobWidth is the width of the column that says who speaks.
func jobWidth(jobs []plan.Job) int {
	width := 0
	for _, j := range jobs {
		width = max(width, len(place(j))+1+len("environment"))
		if j.Kind == plan.ServiceImage {
			width = max(width, len(j.Distro)+1+len(j.Package))
		}
	}
	return width
}

// print writes one line.
func (c *console) print(who, text string) {
	text = clip(c.mask.clean(text))
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.now().Sub(c.started)
	line := fmt.Sprintf("%02d:%02d %-*s  %s\n", int(at.Minutes()), int(at.Seconds())%60, c.width, who, text)
	if c.foot != nil {
		line = c.foot.below(line)
	}
	// Nobody is left to tell that the console is gone.
	_, _ = io.WriteString(c.w, line)
}

// escapes are what moves the cursor, changes colours or names the window.
var escapes = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])`)

// printable makes one line of text that shows what it says: no control bytes,
// nothing invisible, nothing that turns the direction of writing.
func printable(s string) string {
	s = escapes.ReplaceAllString(s, "")
	s = strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "; ")
	return strings.Map(func(r rune) rune {
		if r == '\t' || !unicode.IsControl(r) && r != utf8.RuneError && !unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return r
		}
		return -1
	}, s)
}

// clip bounds a line.
func clip(s string) string {
	if len(s) <= shown {
		return s
	}
	return strings.ToValidUTF8(s[:shown], "") + "…"
}

// beat tells now and then of jobs that say nothing. The function it returns
// ends that, and returns when it has ended.
func (c *console) beat(ctx context.Context) (stop func()) {
	return every(ctx, silence/3, c.tellSilent)
}

// every does something again and again. The function it returns ends that, and
// returns when it has ended.
func every(ctx context.Context, interval time.Duration, do func()) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				do()
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

func (c *console) tellSilent() {
	c.mu.Lock()
	var logs []*jobLog
	for l := range c.active {
		logs = append(logs, l)
	}
	c.mu.Unlock()
	for _, l := range logs {
		if who, last, ok := l.silent(c.now()); ok {
			c.print(who, "… "+last)
		}
	}
}
