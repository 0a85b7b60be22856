package check

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCommand(t *testing.T) {
	holdKind(t, "command", files(t, nil), nil, []kindCase{
		{"command: {echo hi: {exit-status: 0, stdout: [hi], stderr: \"\"}}", []string{
			"passed command echo hi exit-status | want 0 | found 0",
			`passed command echo hi stdout | want a line with "hi" | found 1 line`,
			`passed command echo hi stderr | want "" | found ""`,
		}},
		{"command: {both: {exec: \"echo out; echo err >&2; exit 3\", exit-status: 0, stdout: [\"/^in$/\"], stderr: [\"!err\"]}}", []string{
			"failed command both exit-status | want 0 | found 3",
			`failed command both stdout | want a line with /^in$/ | found "out"`,
			`failed command both stderr | want no line with "err" | found line 1: "err"`,
		}},
		{"command: {\"printf 'żółw %s' '\\\\U0001F422'\": {exit-status: 0, stdout: \"żółw \\\\U0001F422\"}}", nil},
		{"command: {seq 1 1000: {exit-status: {lt: 1}, stdout: [\"1001\"]}}", []string{
			"passed command seq 1 1000 exit-status | want < 1 | found 0",
			`failed command seq 1 1000 stdout | want a line with "1001" | found 1000 lines without it, from "1" to "1000"`,
		}},
		{"command: {kill -9 $$: {exit-status: -1}}", []string{"passed command kill -9 $$ exit-status | want -1 | found -1"}},
		{"command: {no-such-command-here: {exit-status: 127, stderr: [\"/not found/\"]}}", []string{
			"passed command no-such-command-here exit-status | want 127 | found 127",
			`passed command no-such-command-here stderr | want a line with /not found/ | found 1 line`,
		}},
		{"command: {sleep 30: {exit-status: 0, stdout: [x], timeout: 100}}", []string{
			"failed command sleep 30 exit-status | want 0 | found not over after 100ms",
			`failed command sleep 30 stdout | want a line with "x" | found not over after 100ms`,
		}},
		{"command: {cat: {exit-status: 0, stdout: \"\"}}", []string{
			"passed command cat exit-status | want 0 | found 0", `passed command cat stdout | want "" | found ""`,
		}},
		{"command: {\"echo $PWD\": {exit-status: 0}, \"two\\nlines\": {exec: \"true\", exit-status: 0}}", []string{
			"passed command echo $PWD exit-status | want 0 | found 0", "passed command two lines exit-status | want 0 | found 0",
		}},
	}, "passed command printf 'żółw")
}

// A command that runs too long is ended with all that it started.
func TestCommandIsKilledWithWhatItStarted(t *testing.T) {
	m := files(t, nil)
	start := time.Now()
	askAll(t, m, nil, "command: {x: {exec: \"(sleep 1.5; touch "+m.root+"/late) & echo waiting; wait\", exit-status: 0, timeout: 100}}")
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %s", took)
	}
	if err := pause(t.Context(), 1700*time.Millisecond-time.Since(start)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(m.at("/late")); err == nil {
		t.Error("what it started went on")
	}
}

// A daemon that a command started may keep its output open.
func TestCommandIsOverWhenItExits(t *testing.T) {
	start := time.Now()
	got := askAll(t, files(t, nil), nil, "command: {sleep 5 & echo started: {exit-status: 0, stdout: [started]}}")
	if d := cmp.Diff([]string{
		"passed command sleep 5 & echo started exit-status | want 0 | found 0",
		`passed command sleep 5 & echo started stdout | want a line with "started" | found 1 line`,
	}, got); d != "" {
		t.Error(d)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestCommandShowsItsLastLinesWhenItFails(t *testing.T) {
	a, _ := asking(t, Request{}, files(t, nil), nil)
	s := parse(t, "command: {x: {exec: \"seq 1 40; echo no configuration >&2; exit 1\", exit-status: 0}}")
	a.Spec = &s
	var got []string
	a.tell = func(answer Answer) { got = answer.Check.Lines }
	if err := a.checks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(got) != evidenceLines || got[len(got)-1] != "no configuration" || got[0] != "27" {
		t.Errorf("got %q", got)
	}
}

func TestCommandHasALocale(t *testing.T) {
	if got := withLanguage([]string{"A=b"}); !strings.Contains(strings.Join(got, " "), "LANG=C.UTF-8") {
		t.Errorf("got %v", got)
	}
	for _, set := range []string{"LANG=de_DE.UTF-8", "LC_ALL=C"} {
		if got := withLanguage([]string{set}); len(got) != 1 {
			t.Errorf("%s: got %v", set, got)
		}
	}
}

func TestOutputIsLimited(t *testing.T) {
	var c capped
	for range maxContent/(1<<20) + 1 {
		if n, err := c.Write(make([]byte, 1<<20)); n != 1<<20 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if got, err := c.content(); err == nil || got != "" || c.Len() != maxContent {
		t.Errorf("kept %d bytes, %v", c.Len(), err)
	}
}
