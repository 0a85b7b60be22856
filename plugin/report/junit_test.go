package report_test

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gitlab "github.com/joshdk/go-junit"
	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/drone-packages/drone-packages/plugin/result"
)

func TestJUnit(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			golden(t, filepath.Join("junit", name), rendered(t, "junit", "junit.xml", run()))
		})
	}
}

// xmllint judges by the schema in testdata.
func xmllint(t *testing.T, text string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		if testing.Short() {
			t.Skip("no xmllint here: lab/setup.sh installs it")
		}
		t.Fatal("no xmllint here: lab/setup.sh installs it")
	}
	file := filepath.Join(t.TempDir(), "junit.xml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--huge", "--schema", "testdata/junit.xsd", file).CombinedOutput()
	return string(out), err
}

func TestJUnitHoldsItsSchema(t *testing.T) {
	for name, run := range runs {
		if out, err := xmllint(t, rendered(t, "junit", "junit.xml", run())); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestTheSchemaOfJUnitRefusesOthers(t *testing.T) {
	right := rendered(t, "junit", "junit.xml", failed())
	for name, c := range map[string]struct{ old, new, want string }{
		"no total":             {` failures="1"`, ``, "'failures' is required"},
		"time in words":        {`time="23.000"`, `time="23s"`, "not a valid value"},
		"an element of others": {`<testsuite `, `<properties/><testsuite `, "not expected"},
		"a moment with a zone": {`:00"`, `:00Z"`, "pattern"},
	} {
		if out, err := xmllint(t, strings.Replace(right, c.old, c.new, 1)); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// sum is what became of how many test cases.
type sum struct{ tests, failures, errors, skipped int }

// byOne and byAnother are readers of others' making. The second takes the
// totals that are written, the first counts for itself.
func byOne(t *testing.T, text string) (s sum) {
	t.Helper()
	suites, err := gitlab.Ingest([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, suite := range suites {
		s.tests += suite.Totals.Tests
		s.failures += suite.Totals.Failed
		s.errors += suite.Totals.Error
		s.skipped += suite.Totals.Skipped
	}
	return s
}

func byAnother(t *testing.T, text string) (whole, suites sum) {
	t.Helper()
	var all junit.Testsuites
	if err := xml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all.Suites {
		suites.tests += s.Tests
		suites.failures += s.Failures
		suites.errors += s.Errors
		suites.skipped += s.Skipped
		if s.Tests != len(s.Testcases) {
			t.Errorf("%s: %d tests, and %d are there", s.Name, s.Tests, len(s.Testcases))
		}
	}
	return sum{all.Tests, all.Failures, all.Errors, all.Skipped}, suites
}

func TestJUnitIsReadByTwoOthers(t *testing.T) {
	for name, want := range map[string]sum{
		"green":     {tests: 2 * (1 + 8 + 12)},
		"failed":    {tests: 1 + 1 + 1 + 9 + 2*(1+8+12) + 1 + 1 + 1, failures: 6, skipped: 9},
		"faults":    {errors: 4},
		"cancelled": {errors: 3},
		"nothing":   {},
	} {
		text := rendered(t, "junit", "junit.xml", runs[name]())
		one := byOne(t, text)
		whole, suites := byAnother(t, text)
		if one != whole || whole != suites {
			t.Errorf("%s: they read %v, %v and %v", name, one, whole, suites)
		}
		if one.failures != want.failures || one.errors != want.errors || name == "green" && one != want || name == "nothing" && one != want {
			t.Errorf("%s: %+v, want %+v", name, one, want)
		}
	}
}

func TestAWarningIsNoFailureOfJUnit(t *testing.T) {
	text := rendered(t, "junit", "junit.xml", warned())
	if got := byOne(t, text); got.failures+got.errors != 0 {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(text, "<system-out>warning: leftover /var/lib/greeter/cache: made at run time") {
		t.Errorf("it is not told:\n%s", text)
	}
}

func TestJUnitPointsToTheLog(t *testing.T) {
	run := failed()
	check := &phaseOf(&run.Jobs[2*5+test], "service").Checks
	*check = append(*check, result.Check{Kind: "service", Subject: "greeterd.service", Attribute: "active", Outcome: result.Failed,
		Expected: "active", Found: "failed", Lines: []string{strings.Repeat("long ", 1<<18)}})
	text := rendered(t, "junit", "junit.xml", run)
	for _, words := range []string{`message="found failed"`, "expected active", "<system-out>in full: dist/debian-13/test.log:140</system-out>"} {
		if !strings.Contains(text, words) {
			t.Errorf("it does not say %q", words)
		}
	}
	if len(text) > 50_000 {
		t.Errorf("%d bytes: a line of 1 MB is in there", len(text))
	}
}
