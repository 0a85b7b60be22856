package check

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// Defaults of a Request.
const (
	defaultSettle = 30 * time.Second
	defaultBoot   = 60 * time.Second
	defaultStay   = 2 * time.Second
)

// Errors of Read.
var (
	// ErrNoEnd: the answers stopped without the one that says it is the last.
	ErrNoEnd = errors.New("the agent stopped before its last answer")
	// ErrNoAnswer: a line is none.
	ErrNoAnswer = errors.New("no answer of an agent")
)

// Serve is the agent: it reads one Request from in, as JSON, and writes each
// Answer to out as a line of JSON as it comes, ending with the one whose End
// is true. It runs as root in a test machine. What it could not ask is an
// Answer with a Fault; an error says that in holds no request, or that out
// does not take the answers.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	var r Request
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	w := &answers{to: json.NewEncoder(out)}
	a := &agent{Request: defaults(r), machine: machine{root: "/", format: r.Format, presets: r.Presets, run: command}, memory: memory(StatePath), tell: w.write}
	if err := a.ask(ctx); err != nil {
		w.write(Answer{Fault: fmt.Sprintf("%s: %v", r.Question, err)})
	}
	w.write(Answer{End: true})
	return w.err
}

// answers writes them, and remembers the first failure.
type answers struct {
	to  *json.Encoder
	err error
}

func (w *answers) write(a Answer) {
	if w.err != nil {
		return
	}
	if err := w.to.Encode(a); err != nil {
		w.err = fmt.Errorf("write an answer: %w", err)
	}
}

// Read gives each answer of an agent but the last to each, as they come. It
// returns ErrNoEnd when the last one is missing, and ErrNoAnswer, with the
// line, when a line is not an answer.
func Read(r io.Reader, each func(Answer)) error {
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(bytes.TrimSpace(line)) == 0 {
			return fmt.Errorf("%w (%d answers)", ErrNoEnd, n-1)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the answers: %w", err)
		}
		a, err := parseAnswer(line)
		if err != nil {
			return fmt.Errorf("line %d: %w: %q", n, ErrNoAnswer, bytes.TrimSpace(line))
		}
		if a.End {
			return nil
		}
		each(a)
	}
}

// parseAnswer reads one line, strictly: what says nothing is no answer.
func parseAnswer(line []byte) (Answer, error) {
	var a Answer
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, err
	}
	if a == (Answer{}) {
		return a, ErrNoAnswer
	}
	return a, nil
}

// agent is one question being answered.
type agent struct {
	Request
	machine machine
	memory  memory
	tell    func(Answer)
	// units is the machine's init; nil until it is first asked.
	units manager
}

func defaults(r Request) Request {
	if r.Init == "" {
		r.Init = initSystemd
	}
	if r.Settle <= 0 {
		r.Settle = defaultSettle
	}
	if r.Boot <= 0 {
		r.Boot = defaultBoot
	}
	if r.Stay <= 0 {
		r.Stay = defaultStay
	}
	return r
}

// ask answers the question. An error is a fault.
func (a *agent) ask(ctx context.Context) error {
	if err := knownFormat(a.Format); err != nil && a.Question != Probe {
		return err
	}
	questions := map[Question]func(context.Context) error{
		Boot: a.boot, Tree: a.tree, Installed: a.installed, Present: a.present, Services: a.services,
		Restart: a.restart, Removed: a.removed, Leftovers: a.leftovers, Checks: a.checks,
		Probe: a.probe, Apply: a.apply, Edit: a.edit, State: a.setState,
	}
	answer := questions[a.Question]
	if answer == nil {
		return errors.New("not a question this agent knows")
	}
	return answer(ctx)
}

func (a *agent) check(c result.Check) {
	if a.Lenient && c.Outcome == result.Failed {
		c.Warning, c.Reason = true, strings.TrimPrefix(c.Reason+"; the older version does it, which is not under test", "; ")
	}
	a.tell(Answer{Check: &c})
}

func (a *agent) note(format string, args ...any) {
	a.tell(Answer{Note: fmt.Sprintf(format, args...)})
}

// pause waits, and returns the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
