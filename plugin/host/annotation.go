package host

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// Annotation is what a host shows beside a file of the repository.
type Annotation struct {
	// File, relative to the workspace (a Log tells the repository's name for
	// it), and Line, from 1; empty where it is about none.
	File string
	Line int
	// Title is one line, Message all there is to say.
	Title, Message string
}

// Hosts show ten annotations of a kind for a step, and cut their text.
const (
	mostAnnotations = 8
	longestMessage  = 4000
)

// Annotations are what did not pass, the worst first: packages' failures, then
// faults of the host. What is the same in several places is told once.
func Annotations(run result.Run) []Annotation {
	var all []finding
	for _, j := range run.Jobs {
		all = append(all, findings(j)...)
	}
	all = together(all)
	slices.SortStableFunc(all, func(a, b finding) int { return cmp.Compare(rank(a.outcome), rank(b.outcome)) })
	var shown []Annotation
	for _, f := range all[:min(len(all), mostAnnotations)] {
		shown = append(shown, f.annotation())
	}
	if more := len(all) - len(shown); more > 0 {
		last := &shown[len(shown)-1]
		last.Message += fmt.Sprintf("\n\nand %d more: see the end of the log, and the summary", more)
	}
	return shown
}

// finding is a problem and where it was met: "debian-12 build".
type finding struct {
	outcome result.Outcome
	where   []string
	problem result.Problem
}

// findings are what did not pass in a job. What was not reached is told where
// its cause is.
func findings(j result.Job) []finding {
	var all []finding
	for _, p := range j.Phases {
		if p.Problem != nil {
			all = append(all, finding{p.Outcome, []string{j.Place() + " " + p.Name}, *p.Problem})
		}
	}
	if len(all) == 0 && (j.Outcome == result.Failed || j.Outcome == result.Fault) {
		all = append(all, finding{j.Outcome, []string{j.Place() + " " + j.Kind}, result.Problem{Title: j.Reason, Log: j.Log}})
	}
	return all
}

// together are findings, each of which is told once with all its places.
func together(all []finding) []finding {
	var kept []finding
	for _, f := range all {
		i := slices.IndexFunc(kept, func(k finding) bool {
			return k.outcome == f.outcome && k.problem.Title == f.problem.Title && k.problem.File == f.problem.File && k.problem.Line == f.problem.Line
		})
		if i < 0 {
			kept = append(kept, f)
			continue
		}
		kept[i].where = append(kept[i].where, f.where...)
	}
	return kept
}

func rank(o result.Outcome) int {
	if o == result.Failed {
		return 0
	}
	return 1
}

func (f finding) annotation() Annotation {
	p := f.problem
	lines := []string{p.Title}
	for _, fact := range p.Facts {
		lines = append(lines, fact.Label+": "+fact.Text)
	}
	lines = append(lines, p.Lines...)
	for _, more := range []result.Fact{{Label: "hint", Text: p.Hint}, {Label: "log", Text: p.Log}, {Label: "again", Text: p.Again}} {
		if more.Text != "" {
			lines = append(lines, more.Label+": "+more.Text)
		}
	}
	return Annotation{File: p.File, Line: p.Line, Title: strings.Join(f.where, ", "), Message: strings.Join(lines, "\n")}
}

// located is a problem that says where it is, of the settings or of a file that
// says how a package is made.
var located = regexp.MustCompile(`^([^\s:]+(?:\.ya?ml|/control)):(\d+):(?:\d+:)? (.+)`)

// Complaints are annotations of what is wrong with settings or source; err may join
// several, as go-multierror does.
func Complaints(err error) []Annotation {
	all := []error{err}
	var several interface{ WrappedErrors() []error }
	if errors.As(err, &several) {
		all = several.WrappedErrors()
	}
	var shown []Annotation
	for _, one := range all[:min(len(all), mostAnnotations)] {
		a := Annotation{Title: "drone-packages", Message: one.Error()}
		if m := located.FindStringSubmatch(a.Message); m != nil {
			a.File, a.Message = m[1], m[3]
			a.Line, _ = strconv.Atoi(m[2]) // of digits; one too long is line 0
		}
		shown = append(shown, a)
	}
	return shown
}

// command is the annotation as runners of actions take it.
func (a Annotation) command() string {
	var properties []string
	add := func(name, value string) {
		if value != "" {
			properties = append(properties, name+"="+property(value))
		}
	}
	add("file", a.File)
	if a.File != "" {
		add("line", strconv.Itoa(max(a.Line, 1)))
	}
	add("title", a.Title)
	message := a.Message
	if len(message) > longestMessage {
		message = strings.ToValidUTF8(message[:longestMessage], "") + "…"
	}
	return "::error " + strings.Join(properties, ",") + "::" + data(message)
}
