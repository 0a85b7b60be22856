package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// unbroken says what is wrong with the files that all renderers make of a run.
func unbroken(t testing.TB, run result.Run) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // read only
	if err := report.Write(root, run, report.Names()); err != nil {
		t.Fatal(err)
	}
	for _, name := range report.Files() {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := harmless(name, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var b bytes.Buffer
	if err := report.Console(&b, run, report.Style{}); err != nil {
		t.Fatal(err)
	}
}

// harmless says why a report is not: it is not of its format, or moves a
// terminal's cursor.
func harmless(name string, text []byte) error {
	switch filepath.Ext(name) {
	case ".json", ".sarif":
		if !json.Valid(text) {
			return errors.New("no JSON")
		}
		return nil
	case ".xml", ".svg":
		d := xml.NewDecoder(bytes.NewReader(text))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
		}
	case ".md":
		if len(text) > 1<<20 {
			return fmt.Errorf("%d bytes", len(text))
		}
	default:
		return nil
	}
	if !utf8.Valid(text) {
		return errors.New("no UTF-8")
	}
	at := bytes.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
	if at >= 0 {
		return fmt.Errorf("a control byte: %q", text[max(0, at-20):min(len(text), at+20)])
	}
	return nil
}

// nasty are things that a log, a name or a path may hold.
var nasty = []string{
	"\x1b[2J\x1b]0;pwned\x07", "\x00\x01\x08\x0b\x0c\x7f\x85", "<script>alert(1)</script>", "]]>", "<!--", "-->", "&#0;&amp;",
	"::error file=x::forged", "##[group]x", "caf\xe9 \xff\xfe", "\ufffe\uffff\ufeff", "\u202e\u200b\u2028", strings.Repeat("x", 1<<14),
	"```\n```` | \\|", "a\nb\r\nc\r", "../../etc/passwd", "\"quoted\" 'single'", "%00%zz://[::1", "", " ", ".", "{{.}}",
}

// everywhere is a run that says a text wherever a run can say one.
func everywhere(s string) result.Run {
	check := result.Check{Kind: s, Subject: s, Attribute: s, Outcome: result.Failed, Reason: s, Expected: s, Found: s, Lines: []string{s, s}, Severity: s}
	warning, lint := check, check
	warning.Warning, lint.Kind = true, "lint"
	problem := &result.Problem{Title: s, Facts: []result.Fact{{Label: s, Text: s}}, Lines: []string{s}, Hint: s, Log: s, Again: s, Shell: s}
	phases := []result.Phase{
		{Name: s, Outcome: result.Failed, Reason: s, Checks: []result.Check{check, warning, lint}, Problem: problem, Notes: []string{s}},
		{Name: "boot", Outcome: result.Passed, Notes: []string{s}}, {Name: "install", Outcome: result.Skipped, Reason: s},
		{Name: "purge", Outcome: result.Outcome(s), Reason: s},
	}
	run := result.Run{Schema: result.Schema, Version: s, ID: s, Outcome: result.Outcome(s), Reason: s, Output: s, Source: result.Source{Path: s}}
	for _, kind := range []string{"build", "test", "image", s} {
		run.Jobs = append(run.Jobs, result.Job{Name: s, Kind: kind, Distro: s, BuiltFor: s, Package: s, Outcome: result.Failed, Reason: s, Phases: phases, Log: s, Kept: s},
			result.Job{Name: s, Kind: kind, Distro: "debian-12", Outcome: result.Outcome(s), Reason: s})
	}
	run.Packages = []result.Package{{Name: s, Version: s, Distro: s, Path: s}}
	return run
}

func TestHostileResultsBreakNoReport(t *testing.T) {
	for _, text := range nasty {
		unbroken(t, everywhere(text))
	}
	unbroken(t, everywhere(strings.Join(nasty, "\n")))
	for _, run := range runs {
		unbroken(t, run())
	}
	broken := failed()
	broken.Jobs[0].Phases = []result.Phase{{Name: "check", Outcome: result.Failed, Checks: slices.Repeat([]result.Check{
		{Kind: "file", Subject: "/etc/greeter.conf", Attribute: "exists", Outcome: result.Failed, Expected: "true", Found: "false"},
	}, 10_000)}}
	unbroken(t, broken)
	long := failed()
	long.Jobs[0].Phases = []result.Phase{{Name: "build", Outcome: result.Failed, Reason: strings.Repeat("x", 1<<20),
		Problem: &result.Problem{Title: "long", Lines: []string{strings.Repeat("日", 1<<20)}}}}
	unbroken(t, long)
}

func TestHostileJUnitHoldsItsSchema(t *testing.T) {
	if out, err := xmllint(t, rendered(t, "junit", "junit.xml", everywhere(strings.Join(nasty, "\n")))); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := xmllint(t, rendered(t, "junit", "junit.xml", everywhere(""))); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// FuzzRenderers takes any results.json that is read through every renderer of
// the table, and any text through each place of a run.
func FuzzRenderers(f *testing.F) {
	for name, run := range runs {
		if name == "hostile" || name == "wide" {
			continue // their lines are long: everywhere has that
		}
		var b bytes.Buffer
		if err := result.Write(&b, run()); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), "text")
	}
	for _, text := range nasty[:12] {
		f.Add([]byte(`{"schema":1,"duration":1e300,"jobs":[{"kind":"test","duration":-1}]}`), text)
	}
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		unbroken(t, everywhere(text))
		if run, err := result.Read(bytes.NewReader(file)); err == nil {
			unbroken(t, run)
		}
	})
}
