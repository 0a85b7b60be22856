package run

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// transfer is what moves to the engine, from it, or from a registry to it: who
// looks at its job is told how far it is.
type transfer struct {
	what  string
	begun time.Time
	// done and total bytes; a total of 0 is not known.
	done, total atomic.Int64
}

// moves begins a transfer of so many bytes; 0 if that is not known.
func (j *job) moves(what string, total int64) *transfer {
	t := &transfer{what: what, begun: j.o.Now()}
	t.total.Store(total)
	j.log.move(t)
	return t
}

// moved ends a transfer, however it ended, and says in words what it was.
func (j *job) moved(t *transfer) string {
	j.log.move(nil)
	size := "nothing new"
	if done := t.done.Load(); done > 0 {
		size = sizeWords(done)
	}
	return fmt.Sprintf("%s in %.1fs", size, j.o.Now().Sub(t.begun).Seconds())
}

// at is how far it is.
func (t *transfer) at(done, total int64) {
	t.done.Store(done)
	t.total.Store(total)
}

// String is what moves, and how far it is.
func (t *transfer) String() string {
	done, total := t.done.Load(), t.total.Load()
	switch {
	case total > 0:
		return fmt.Sprintf("%s  %s of %s", t.what, sizeWords(done), sizeWords(total))
	case done > 0:
		return fmt.Sprintf("%s  %s", t.what, sizeWords(done))
	}
	return t.what
}

// counting is a stream of which the transfer counts what is read.
func (t *transfer) counting(r io.Reader) io.Reader { return counting{r, t} }

type counting struct {
	io.Reader
	t *transfer
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.t.done.Add(int64(n))
	return n, err
}

// sizeOf is how many bytes a stream has; 0 where it does not tell.
func sizeOf(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Size() int64 }:
		return r.Size()
	case *os.File:
		if info, err := r.Stat(); err == nil {
			return info.Size()
		}
	}
	return 0
}

// slow is how long a copy takes that is worth a line of the console; the log
// has one of each.
const slow = 5 * time.Second

// carry does something with a stream that is copied, and tells of it.
func (j *job) carry(what string, r io.Reader, do func(io.Reader) error) error {
	t := j.moves(what, sizeOf(r))
	err := do(t.counting(r))
	text := j.moved(t)
	switch {
	case err != nil:
	case j.o.Now().Sub(t.begun) < slow:
		j.log.line(text)
	default:
		j.say("%s: %s", what, text)
	}
	return err
}
