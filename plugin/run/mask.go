package run

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// hidden is shown in place of a secret.
const hidden = "******"

// What is shorter hides more of a log than it protects: a secret, a line of
// one that has several, a secret in base64.
const (
	minSecret  = 2
	minLine    = 3
	minEncoded = 6
)

// mask hides secrets: as they are, each line of those that have several, and
// as base64 and URLs have them.
type mask struct {
	replacer *strings.Replacer
	// longest is the length of the longest text that is hidden, in bytes.
	longest int
}

func newMask(secrets []string) mask {
	var forms []string
	for _, s := range secrets {
		forms = append(forms, formsOf(s)...)
	}
	// Of two that start at the same place the first is taken.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	m := mask{}
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, hidden)
		m.longest = max(m.longest, len(form))
	}
	m.replacer = strings.NewReplacer(pairs...)
	return m
}

// formsOf are the texts by which a secret shows.
func formsOf(secret string) []string {
	secret = strings.TrimSpace(secret)
	if len(secret) < minSecret {
		return nil
	}
	if !strings.Contains(secret, "\n") {
		return append(encoded(secret), secret)
	}
	forms := encoded(secret)
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) >= minLine {
			forms = append(append(forms, encoded(line)...), line)
		}
	}
	return forms
}

// encoded is a secret as URLs and base64 have it. The latter depends on how
// many bytes stand before it; what others have a part in is left out.
func encoded(secret string) []string {
	forms := []string{url.QueryEscape(secret), url.PathEscape(secret)}
	if len(secret) < minEncoded {
		return forms
	}
	for before := range 3 {
		text := append(make([]byte, before), secret...)
		from, to := (before*8+5)/6, len(text)*8/6
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			forms = append(forms, e.EncodeToString(text)[from:to])
		}
	}
	return forms
}

// text is a text without secrets.
func (m mask) text(s string) string { return m.replacer.Replace(s) }

// clean is a text that may be shown: what only a terminal sees may hide a
// secret from the mask, and the other way round.
func (m mask) clean(s string) string { return m.text(printable(m.text(s))) }

// hide masks texts in place.
func (m mask) hide(texts ...*string) {
	for _, t := range texts {
		*t = m.text(*t)
	}
}

func (m mask) lines(lines []string) {
	for i := range lines {
		m.hide(&lines[i])
	}
}

// job masks what a result says of a job. Names, paths and outcomes are ours.
func (m mask) job(j *result.Job) {
	m.hide(&j.Reason)
	for i := range j.Phases {
		p := &j.Phases[i]
		m.hide(&p.Reason)
		m.lines(p.Notes)
		for c := range p.Checks {
			m.check(&p.Checks[c])
		}
		if p.Problem != nil {
			m.problem(p.Problem)
		}
	}
}

func (m mask) check(c *result.Check) {
	m.hide(&c.Subject, &c.Attribute, &c.Reason, &c.Expected, &c.Found)
	m.lines(c.Lines)
}

func (m mask) problem(p *result.Problem) {
	m.hide(&p.Title, &p.Hint)
	m.lines(p.Lines)
	for i := range p.Facts {
		m.hide(&p.Facts[i].Text)
	}
}
