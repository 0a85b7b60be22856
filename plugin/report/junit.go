package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// The shape of JUnit's XML that Jenkins, GitLab and the others have in common:
// testdata/junit.xsd.
type (
	junitRun struct {
		XMLName  xml.Name      `xml:"testsuites"`
		Name     string        `xml:"name,attr"`
		Time     decimal       `xml:"time,attr"`
		junitSum               // of its suites
		Suites   []*junitSuite `xml:"testsuite"`
	}
	// junitSum is what became of how many test cases.
	junitSum struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitSuite struct {
		Name      string  `xml:"name,attr"`
		Timestamp string  `xml:"timestamp,attr"`
		Time      decimal `xml:"time,attr"`
		junitSum
		Cases []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string    `xml:"classname,attr"`
		Name    string    `xml:"name,attr"`
		Time    decimal   `xml:"time,attr"`
		Skipped *junitEnd `xml:"skipped"`
		Error   *junitEnd `xml:"error"`
		Failure *junitEnd `xml:"failure"`
		Out     string    `xml:"system-out,omitempty"`
	}
	junitEnd struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// decimal is seconds as XML has them: no exponent.
type decimal result.Seconds

// MarshalText writes three digits after the point.
func (d decimal) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(d), 'f', 3, 64), nil
}

// junit is a run as JUnit's XML: a suite per distro and phase, a case per
// check. A phase is a case itself where no check tells how it ended.
func junit(w io.Writer, run result.Run) error {
	all := junitRun{Name: "drone-packages", Time: decimal(run.Duration)}
	suites := map[string]*junitSuite{}
	add := func(j result.Job, phase string, took result.Seconds, cases ...junitCase) {
		name := suiteName(j, phase)
		if suites[name] == nil {
			suites[name] = &junitSuite{Name: name, Timestamp: run.Started.UTC().Format("2006-01-02T15:04:05")}
			all.Suites = append(all.Suites, suites[name])
		}
		suites[name].Time += decimal(took)
		for _, c := range cases {
			c.Class = name
			suites[name].Cases = append(suites[name].Cases, c)
			suites[name].count(c)
			all.count(c)
		}
	}
	for _, j := range run.Jobs {
		if !slices.Contains(producing, j.Kind) && (j.Outcome == result.Passed || j.Outcome == result.Skipped) {
			continue
		}
		for _, p := range j.Phases {
			add(j, p.Name, p.Duration, phaseCases(j, p, run.Output)...)
		}
		if len(j.Phases) == 0 || endedAround(j) {
			add(j, j.Kind, 0, caseOf(j.Kind, j.Duration, j.Outcome, j.Reason, result.Problem{Log: j.Log}, run.Output))
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	return e.Encode(all)
}

// suiteName has one dot that counts: Jenkins shows what is before it as a
// package, and what is after it as a class.
func suiteName(j result.Job, phase string) string {
	return printable(j.Place()) + "." + strings.ReplaceAll(printable(phase), ".", "-")
}

func (s *junitSum) count(c junitCase) {
	s.Tests++
	switch {
	case c.Skipped != nil:
		s.Skipped++
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	}
}

func phaseCases(j result.Job, p result.Phase, output string) []junitCase {
	var cases []junitCase
	told := false
	for _, c := range p.Checks {
		cases = append(cases, checkCase(c, p, output))
		told = told || !c.Warning && c.Outcome == p.Outcome
	}
	if told {
		return cases
	}
	problem := result.Problem{Log: j.Log}
	if p.Problem != nil {
		problem = *p.Problem
	}
	own := caseOf(p.Name, p.Duration, p.Outcome, p.Reason, problem, output)
	if p.Outcome == result.Passed {
		own.Out = strings.Join(split(p.Notes), "\n")
	}
	return append([]junitCase{own}, cases...)
}

// checkCase is a check. One that warns has passed, and says what it saw.
func checkCase(c result.Check, p result.Phase, output string) junitCase {
	name := c.Title()
	problem := result.Problem{Facts: slices.Concat(fact("expected", c.Expected), fact("found", c.Found)), Lines: c.Lines}
	if p.Problem != nil {
		problem.Log, problem.Again = p.Problem.Log, p.Problem.Again
	}
	if c.Warning {
		warned := caseOf(name, c.Duration, result.Passed, "", problem, output)
		warned.Out = "warning: " + printable(warningOf(c)) + "\n" + strings.Join(split(c.Lines), "\n")
		return warned
	}
	reason := c.Reason
	if reason == "" && c.Found != "" {
		reason = "found " + c.Found
	}
	return caseOf(name, c.Duration, c.Outcome, reason, problem, output)
}

// caseOf is something that ended. How it ended is cut to what a reader wants,
// with the log that has it all.
func caseOf(name string, took result.Seconds, o result.Outcome, reason string, p result.Problem, output string) junitCase {
	c := junitCase{Name: cmp.Or(printable(name), "unnamed"), Time: decimal(took)}
	end := &junitEnd{Type: string(o), Message: printable(reason)}
	switch o {
	case result.Passed:
		return c
	case result.Skipped:
		end.Type = ""
		c.Skipped = end
		return c
	case result.Failed:
		c.Failure = end
	default: // a fault, cancelled, or an outcome of later times
		end.Type = printable(end.Type)
		c.Error = end
	}
	end.Text = plain(p)
	if p.Log != "" {
		c.Out = "in full: " + printable(located(output, p.Log))
	}
	return c
}

// plain is a problem as lines of text.
func plain(p result.Problem) string {
	var b strings.Builder
	for i, f := range slices.Concat(p.Facts, fact("hint", p.Hint), fact("again", p.Again)) {
		if i == most {
			fmt.Fprintf(&b, "… %d more\n", len(p.Facts)-most)
			break
		}
		fmt.Fprintf(&b, "%s %s\n", pad(printable(f.Label), labels), printable(f.Text))
	}
	for _, line := range split(p.Lines) {
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}
