package check

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// facts are what can be found out about one subject.
type facts struct {
	// found has a function for each attribute that can be asked of the kind.
	found map[string]func() (any, error)
	// evidence are lines that explain what was found, for a failure; nil:
	// there are none.
	evidence func() []string
}

// seen is a value that words explain: false, since it is "inactive (dead)".
type seen struct {
	value any
	words string
}

// try asks each attribute once.
func (a *agent) try(ctx context.Context, t Test) []result.Check {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	k := kindOf(t.Kind)
	if k == nil {
		k = &kind{look: func(*agent, context.Context, Test) facts { return facts{} }}
	}
	f := k.look(a, ctx, t)
	var checks []result.Check
	skip := ""
	for _, ask := range t.Asks {
		if skip != "" {
			checks = append(checks, t.skipAsk(ask, skip))
			continue
		}
		c, value := t.judge(ask, f)
		checks = append(checks, c)
		if at := k.attribute(ask.Attribute); at != nil && at.use == gate {
			skip = closed(c, value)
		}
	}
	return checks
}

// closed is why nothing more is asked, if a gate is closed.
func closed(c result.Check, value any) string {
	if c.Outcome == result.Failed {
		return c.Attribute + " failed"
	}
	if value == false {
		return fmt.Sprintf("%s is false, as it should be: there is no more to ask", c.Attribute)
	}
	return ""
}

// judge asks one attribute, and returns what was found too.
func (t Test) judge(ask Ask, f facts) (result.Check, any) {
	start := time.Now()
	c := result.Check{Kind: t.Kind, Subject: t.shownName(), Attribute: ask.Attribute, Outcome: result.Failed}
	value, words, err := f.ask(ask.Attribute)
	var got verdict
	if err == nil {
		got, err = ask.Want.match(value)
	}
	c.Expected, c.Found = got.expected, got.found
	switch {
	case err != nil:
		c.Expected, c.Found = ask.Want.String(), clip(err.Error(), shownTotal)
	case got.ok:
		c.Outcome = result.Passed
	}
	if words != "" {
		c.Found += " (" + words + ")"
	}
	if c.Outcome == result.Failed && f.evidence != nil {
		c.Lines = f.evidence()
	}
	c.Duration = result.Span(time.Since(start))
	return c, value
}

// ask finds out one attribute; words explain its value.
func (f facts) ask(attribute string) (value any, words string, err error) {
	look := f.found[attribute]
	if look == nil {
		return nil, "", errors.New("nothing that this agent knows of")
	}
	value, err = look()
	if text, ok := value.(limitedText); ok && err == nil {
		value, err = text.content()
	}
	if s, ok := value.(seen); ok {
		value, words = s.value, clip(s.words, shownTotal)
	}
	return value, words, err
}

// shownName is the name of a test, and its subject if that is another and no
// script, on one line and without a password in it.
func (t Test) shownName() string {
	name := withoutPassword(t.Name)
	k := kindOf(t.Kind)
	if k != nil && k.subject != "" && k.subject != "exec" && t.text(k.subject) != t.Name {
		name += ": " + withoutPassword(t.text(k.subject))
	}
	return clip(strings.Join(strings.Fields(name), " "), shownText)
}

// passwordInURL is what stands between a user's name and the @ of a URL.
var passwordInURL = regexp.MustCompile(`(://[^/@\s:]*):[^/@\s]*@`)

func withoutPassword(s string) string { return passwordInURL.ReplaceAllString(s, "$1:xxxxx@") }

// evidenceOf are the first lines of a text, shortened, as evidence.
func evidenceOf(s string) []string {
	all := lines(s)
	if len(all) > evidenceLines {
		all = append(all[:evidenceLines:evidenceLines], fmt.Sprintf("… and %s more", plural(len(all)-evidenceLines, "line")))
	}
	for i, line := range all {
		all[i] = clip(line, 2*shownText)
	}
	return all
}

// constant makes a fact of what is known already.
func constant(v any) func() (any, error) { return func() (any, error) { return v, nil } }

// reading makes a fact of a part of what is found out for several.
func reading[T any](find func() (T, error), part func(T) any) func() (any, error) {
	return func() (any, error) {
		found, err := find()
		if err != nil {
			return nil, err
		}
		return part(found), nil
	}
}

// present is what was found, which none says that it was not.
func present[T any](find func() (*T, error), none error) func() (*T, error) {
	return func() (*T, error) {
		found, err := find()
		if err == nil && found == nil {
			err = none
		}
		return found, err
	}
}
