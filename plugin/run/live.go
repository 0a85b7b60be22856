package run

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/plan"
)

// redraw is how often the foot of a terminal is drawn anew.
const redraw = 250 * time.Millisecond

// foot is what is at work now, below the lines of a terminal: they scroll on
// above it.
type foot struct {
	size  func() (columns, rows int)
	rows  []string
	drawn int
}

// Control sequences of terminals (ECMA-48, DEC VT100). Rows are cut to size
// here; those of wide characters are cut by the terminal.
const (
	toColumnOne = "\r"
	up          = "\x1b[%dA"
	eraseBelow  = "\x1b[J"
	noWrap      = "\x1b[?7l"
	wrap        = "\x1b[?7h"
)

// below is what a terminal is sent to show lines, if any, and the foot.
func (f *foot) below(lines string) string {
	var b strings.Builder
	if f.drawn > 0 {
		fmt.Fprintf(&b, toColumnOne+up+eraseBelow, f.drawn)
	}
	b.WriteString(lines)
	columns, height := f.size()
	// Half of it is left to what has been said.
	rows := f.rows[max(0, len(f.rows)-max(1, height/2)):]
	f.drawn = len(rows)
	if f.drawn > 0 {
		b.WriteString(noWrap)
		for _, row := range rows {
			b.WriteString(cut(row, columns) + "\n")
		}
		b.WriteString(wrap)
	}
	return b.String()
}

// cut makes a row of at most so many characters; at least one.
func cut(row string, columns int) string {
	runes := []rune(row)
	if len(runes) <= columns {
		return row
	}
	return string(runes[:max(0, columns-1)]) + "…"
}

// show draws the foot as it is from now on.
func (c *console) show(rows []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Equal(rows, c.foot.rows) {
		return
	}
	c.foot.rows = rows
	_, _ = io.WriteString(c.w, c.foot.below(""))
}

// live draws what is at work until the function it returns is called; that
// leaves only the lines. It is nothing where there is no terminal.
func (r *runner) live(ctx context.Context) (stop func()) {
	if r.console.foot == nil {
		return func() {}
	}
	end := every(ctx, redraw, func() { r.console.show(r.atWork()) })
	return func() { end(); r.console.show(nil) }
}

// atWork has a row for each job that is being done, and one for the others.
func (r *runner) atWork() []string {
	active := r.console.atWork()
	var rows []string
	done, waiting := 0, []string{}
	for _, j := range r.plan.Jobs {
		switch l := r.course.of(j.Name); {
		case l.over():
			done++
		case active[j.Name] != nil:
			rows = append(rows, r.row(j, active[j.Name]))
		default:
			waiting = append(waiting, j.Name+" for "+r.awaited(j, "a slot"))
		}
	}
	last := fmt.Sprintf("%d of %d jobs done", done, len(r.plan.Jobs))
	if len(waiting) > 0 {
		last += fmt.Sprintf(", %d waiting: %s", len(waiting), strings.Join(waiting, ", "))
	}
	return append(rows, last)
}

// row is a job that is being done: who, since when, and its last line or what
// it waits for.
func (r *runner) row(j plan.Job, l *jobLog) string {
	who, since, last, resting := l.now()
	if resting {
		last = "waits for " + r.awaited(j, "its turn")
	}
	took := r.o.Now().Sub(since)
	return fmt.Sprintf("%2d:%02d %-*s  %s", int(took.Minutes()), int(took.Seconds())%60, r.console.width, who, last)
}

// awaited is what a job waits for, by name, or what it says else.
func (r *runner) awaited(j plan.Job, otherwise string) string {
	i := slices.IndexFunc(j.Needs, func(name string) bool { return !r.course.of(name).over() })
	if i < 0 {
		return otherwise
	}
	return j.Needs[i]
}

// atWork are the logs that are being written, by the name of their job.
func (c *console) atWork() map[string]*jobLog {
	c.mu.Lock()
	defer c.mu.Unlock()
	logs := map[string]*jobLog{}
	for l := range c.active {
		logs[l.job.Name] = l
	}
	return logs
}

// now is what a job does: who speaks, since when, the last line of its log,
// and whether it waits.
func (l *jobLog) now() (who string, since time.Time, last string, resting bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last = strings.TrimPrefix(printable(l.last()), titleMark)
	return l.who(), l.begun, last, l.resting
}
