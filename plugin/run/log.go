package run

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// jobLog is the log file of one job, and what a digest is made of.
type jobLog struct {
	console *console
	job     plan.Job
	// name of the file, relative to the output directory.
	name string

	mu    sync.Mutex
	file  *os.File
	phase string
	rest  []byte
	kept  []string
	// first is the number of the first line in kept.
	first  int
	spoken time.Time
	// begun is when what it does now began.
	begun time.Time
	// moving is what is transferred for it now; mostly nothing is.
	moving *transfer
	// resting: it waits for other jobs, and is not expected to speak.
	resting bool
}

// keptLines is how many lines of a log are held for a digest, longestLine how
// many bytes may come without an end of line before one is made.
const (
	keptLines   = 2000
	longestLine = 1 << 16
)

// openLog makes a job's log file.
func (r *runner) openLog(j plan.Job) (*jobLog, error) {
	name := path.Join(j.Distro, string(j.Kind)+".log")
	if j.Package != "" {
		name = path.Join(j.Distro, string(j.Kind)+"-"+j.Package+".log")
	}
	if j.BuiltFor != "" {
		name = path.Join(j.Distro, string(j.Kind)+"-of-"+j.BuiltFor+".log")
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
	l := &jobLog{console: r.console, job: j, name: name, file: file, first: 1, spoken: r.o.Now(), begun: r.o.Now()}
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
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			break
		}
		l.rest = rest
		l.show(string(line))
	}
	if len(l.rest) > longestLine {
		l.breakLine()
	}
	return len(p), nil
}

// breakLine makes a line of what has no end yet, but for what may be the
// beginning of a secret. The lock is held.
func (l *jobLog) breakLine() {
	text := l.console.mask.text(string(l.rest))
	at := max(0, len(text)-l.console.mask.longest)
	for at > 0 && at < len(text) && !utf8.RuneStart(text[at]) {
		at--
	}
	l.show(text[:at])
	l.rest = []byte(text[at:])
}

// flush writes what has no newline yet.
func (l *jobLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.show(string(l.rest))
		l.rest = nil
	}
}

// show takes one line in, and shows it to a user who wants all of them. The
// lock is held.
func (l *jobLog) show(line string) {
	l.add(line)
	if l.console.verbose {
		l.spoken = l.console.now()
		l.console.print(l.who(), line)
	}
}

// add writes one line to the file and keeps it for a digest. The lock is held.
func (l *jobLog) add(line string) {
	line = l.console.mask.text(strings.TrimRight(line, "\r"))
	clean := l.console.mask.clean(line)
	if strings.Count(clean, hidden) != strings.Count(line, hidden) {
		line = clean // control bytes held a secret apart
	}
	_, _ = l.file.WriteString(line + "\n")
	l.kept = append(l.kept, clip(clean))
	if len(l.kept) > keptLines {
		l.kept, l.first = l.kept[1:], l.first+1
	}
}

func (l *jobLog) line(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.show(printable(text))
}

// titleMark is before what is no output of a command.
const titleMark = "### "

// title marks in the file what is done now.
func (l *jobLog) title(text string) { l.line(titleMark + text) }

// check writes an answer of the agent.
func (l *jobLog) check(c result.Check) {
	text := fmt.Sprintf("%-8s %s", c.Outcome, c.Title())
	if c.Found != "" {
		text += ", found " + c.Found
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	l.line(text)
	for _, line := range c.Lines {
		l.line("         " + line)
	}
}

// begin says which phase speaks from now on.
func (l *jobLog) begin(phase string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase, l.begun = phase, l.console.now()
}

// pause says whether the job waits, with nothing to tell.
func (l *jobLog) pause(resting bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resting, l.spoken, l.begun = resting, l.console.now(), l.console.now()
}

// place is where a job is done, in words: DISTRO, or BUILT-FOR>DISTRO.
func place(j plan.Job) string {
	if j.BuiltFor != "" {
		return j.BuiltFor + ">" + j.Distro
	}
	return j.Distro
}

// who speaks: the distro and what is done there. The lock is held.
func (l *jobLog) who() string {
	if l.job.Kind == plan.Test && l.phase != "" {
		return place(l.job) + " " + l.phase
	}
	if l.job.Kind == plan.ServiceImage {
		return l.job.Distro + " " + l.job.Package
	}
	return place(l.job) + " " + string(l.job.Kind)
}

// silent is a job that has not spoken for long, and the last line of its log.
func (l *jobLog) silent(now time.Time) (who, last string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.resting || now.Sub(l.spoken) < silence || l.last() == "" {
		return "", "", false
	}
	l.spoken = now
	return l.who(), l.last(), true
}

// last is how far what moves is, else the last line. The lock is held.
func (l *jobLog) last() string {
	switch {
	case l.moving != nil:
		return l.moving.String()
	case len(l.kept) > 0:
		return l.kept[len(l.kept)-1]
	}
	return ""
}

// move says what is transferred from now on; nil: nothing.
func (l *jobLog) move(t *transfer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.moving = t
}

// tell shows the user what happens now.
func (j *job) tell(format string, args ...any) {
	j.log.mu.Lock()
	defer j.log.mu.Unlock()
	j.log.spoken = j.o.Now()
	j.console.print(j.log.who(), fmt.Sprintf(format, args...))
}

// say tells the user, and the log too.
func (j *job) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	j.log.mu.Lock()
	j.log.add(printable(text))
	j.log.mu.Unlock()
	j.tell("%s", text)
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
	switch n := len(p.Checks); n {
	case 0:
	case 1:
		text += " (1 check)"
	default:
		text += fmt.Sprintf(" (%d checks)", n)
	}
	j.say("%-60s %5.1fs", text, float64(p.Duration))
}
