package run

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// silence is how long a job may say nothing before the console tells that it
// is still at work: CI systems end steps that print nothing.
const silence = 30 * time.Second

// console writes whole lines, each with its time and speaker, so that nothing
// interleaves.
type console struct {
	mu      sync.Mutex
	w       io.Writer
	now     func() time.Time
	started time.Time
	width   int
	verbose bool
	mask    *strings.Replacer
	active  map[*jobLog]bool
}

func newConsole(o Options, started time.Time, width int) *console {
	return &console{
		w: o.Console, now: o.Now, started: started, width: width, verbose: o.Verbose,
		mask: masker(o.Secrets), active: map[*jobLog]bool{},
	}
}

// masker replaces secrets, and each line of those that have several.
func masker(secrets []string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); len(line) > 1 {
				pairs = append(pairs, line, "******")
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

// jobWidth is the width of the column that says who speaks.
func jobWidth(jobs []plan.Job) int {
	width := 0
	for _, j := range jobs {
		width = max(width, len(j.Distro)+1+len("environment"))
	}
	return width
}

// print writes one line.
func (c *console) print(who, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.now().Sub(c.started)
	// Nobody is left to tell that the console is gone.
	_, _ = fmt.Fprintf(c.w, "%02d:%02d %-*s  %s\n", int(at.Minutes()), int(at.Seconds())%60, c.width, who, printable(c.mask.Replace(text)))
}

// printable drops what would move the cursor or change colours.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// beat tells now and then of jobs that say nothing. The function it returns
// ends that, and returns when it has ended.
func (c *console) beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(silence / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				c.tellSilent()
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
		if last, ok := l.silent(c.now()); ok {
			c.print(l.who(), "… "+last)
		}
	}
}

// jobLog is the log file of one job, and what a digest is made of.
type jobLog struct {
	console *console
	job     plan.Job
	// name of the file, relative to the output directory.
	name  string
	phase string

	mu     sync.Mutex
	file   *os.File
	rest   []byte
	kept   []string
	first  int // number of the first line in kept
	spoken time.Time
}

// keptLines is how many lines of a log are held for a digest.
const keptLines = 2000

// openLog makes a job's log file.
func (r *runner) openLog(j plan.Job) (*jobLog, error) {
	name := path.Join(j.Distro, string(j.Kind)+".log")
	if j.Package != "" {
		name = path.Join(j.Distro, string(j.Kind)+"-"+j.Package+".log")
	}
	if err := r.o.Dir.MkdirAll(j.Distro, 0o755); err != nil {
		return nil, fmt.Errorf("make the log: %w", err)
	}
	file, err := r.o.Dir.Create(name)
	if err != nil {
		return nil, fmt.Errorf("make the log: %w", err)
	}
	if err := r.own(j.Distro, name); err != nil {
		return nil, fmt.Errorf("make the log: %w", err)
	}
	l := &jobLog{console: r.console, job: j, name: name, file: file, first: 1, spoken: r.o.Now()}
	r.console.mu.Lock()
	r.console.active[l] = true
	r.console.mu.Unlock()
	return l, nil
}

// own gives files of the output directory to the workspace's owner.
func (r *runner) own(names ...string) error {
	if r.o.Owner == nil {
		return nil
	}
	for _, name := range names {
		if err := r.o.Dir.Chown(name, r.o.Owner.UID, r.o.Owner.GID); err != nil {
			return err
		}
	}
	return nil
}

func (l *jobLog) close() {
	l.flush()
	l.console.mu.Lock()
	delete(l.console.active, l)
	l.console.mu.Unlock()
	_ = l.file.Close() // the log is a convenience; its loss is no outcome
}

// Write takes a container's output: it is split into lines, masked, and
// written to the file. It never fails: a full disk is told by what matters.
func (l *jobLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := strings.Cut(string(l.rest), "\n")
		if !found {
			return len(p), nil
		}
		l.rest = []byte(rest)
		l.add(line)
	}
}

// flush writes what has no newline yet.
func (l *jobLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.add(string(l.rest))
		l.rest = nil
	}
}

// add keeps one line; the lock is held.
func (l *jobLog) add(line string) {
	line = l.console.mask.Replace(strings.TrimRight(line, "\r"))
	_, _ = l.file.WriteString(line + "\n")
	l.kept = append(l.kept, line)
	if len(l.kept) > keptLines {
		l.kept, l.first = l.kept[1:], l.first+1
	}
	if l.console.verbose {
		l.console.print(l.who(), line)
	}
}

func (l *jobLog) line(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(text)
}

// title marks in the file what is done now.
func (l *jobLog) title(text string) { l.line("### " + text) }

// check writes an answer of the agent.
func (l *jobLog) check(c result.Check) {
	l.line(fmt.Sprintf("%-8s %s", c.Outcome, title(c)+" found "+c.Found+" "+c.Reason))
}

// who speaks: the distro and what is done there.
func (l *jobLog) who() string {
	if l.job.Kind == plan.Test && l.phase != "" {
		return l.job.Distro + " " + l.phase
	}
	return l.job.Distro + " " + string(l.job.Kind)
}

// silent is the last line of a job that has not spoken for long.
func (l *jobLog) silent(now time.Time) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.spoken) < silence || len(l.kept) == 0 {
		return "", false
	}
	l.spoken = now
	return l.kept[len(l.kept)-1], true
}

// say tells the user what happens now, and the log too.
func (j *job) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	j.log.mu.Lock()
	j.log.spoken = j.o.Now()
	j.log.mu.Unlock()
	j.console.print(j.log.who(), text)
}

// marks of outcomes on the console; the report has its own.
var marks = map[result.Outcome]string{
	result.Passed: "✓", result.Failed: "✗", result.Fault: "⚡", result.Skipped: "○", result.Cancelled: "–",
}

// announce tells how a phase ended.
func (j *job) announce(p result.Phase) {
	text := fmt.Sprintf("%s %s", marks[p.Outcome], p.Name)
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	if n := len(p.Checks); n > 0 {
		text += fmt.Sprintf(" (%d checks)", n)
	}
	j.say("%-60s %5.1fs", text, float64(p.Duration))
}
