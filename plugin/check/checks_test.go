package check

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// eventually writes a kernel parameter of a machine after a while.
func eventually(t *testing.T, m machine, after time.Duration, value string) {
	t.Helper()
	go func() {
		if pause(t.Context(), after) == nil {
			_ = os.WriteFile(m.at("/proc/sys/state"), []byte(value+"\n"), 0o600)
		}
	}()
}

func TestRetry(t *testing.T) {
	for name, c := range map[string]struct {
		attributes string
		after      time.Duration
		want       string
		took       time.Duration
	}{
		"a test is tried once": {"value: up", time.Hour, `failed kernel-param state value | want "up" | found "down" | why asked for in x.yaml:1:16`, 0},
		"a count is of further tries": {"value: up, retry: 3, retry_delay: 1s", time.Hour,
			`failed kernel-param state value | want "up" | found "down" | why after 4 tries in 3s; asked for in x.yaml:1:16`, 3 * time.Second},
		"a count of goss's": {"value: up, retry_count: 2, retry_delay: 500", time.Hour,
			`failed kernel-param state value | want "up" | found "down" | why after 3 tries in 1s; asked for in x.yaml:1:16`, time.Second},
		"it ends when it passes": {"value: up, retry: 30s, retry_delay: 1s", 2500 * time.Millisecond,
			`passed kernel-param state value | want "up" | found "up" | why after 4 tries in 3s`, 3 * time.Second},
		"a time is that within which tries begin": {"value: up, retry: 10s, retry_delay: 4s", time.Hour,
			`failed kernel-param state value | want "up" | found "down" | why after 3 tries in 8s; asked for in x.yaml:1:16`, 8 * time.Second},
		"the delay grows to a second": {"value: up, retry: 10s", time.Hour,
			`failed kernel-param state value | want "up" | found "down" | why after 14 tries in 9.1s; asked for in x.yaml:1:16`, 9078 * time.Millisecond},
		"both limits hold": {"value: up, retry: 10s, retry_count: 1, retry_delay: 1s", time.Hour,
			`failed kernel-param state value | want "up" | found "down" | why after 2 tries in 1s; asked for in x.yaml:1:16`, time.Second},
		"one that passes at once says nothing of tries": {"value: down, retry: 10s", time.Hour,
			`passed kernel-param state value | want "down" | found "down"`, 0},
		"a title is told": {"value: up, title: it is up", time.Hour,
			`failed kernel-param state value | want "up" | found "down" | why it is up; asked for in x.yaml:1:16`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := files(t, map[string]string{"/proc/sys/state": "down\n"})
			s := parse(t, "kernel-param: {state: {"+c.attributes+"}}")
			synctest.Test(t, func(t *testing.T) {
				eventually(t, m, c.after, "up")
				a, said := asking(t, Request{}, m, nil)
				a.Spec = &s
				start := time.Now()
				if err := a.checks(t.Context()); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff([]string{c.want}, *said); d != "" {
					t.Error(d)
				}
				if took := time.Since(start).Round(time.Millisecond); took != c.took.Round(time.Millisecond) {
					t.Errorf("it took %s, want %s", took, c.took)
				}
			})
		})
	}
}

// A retry is of the whole test: what passed in an earlier try must pass again.
func TestRetryIsOfAllAttributes(t *testing.T) {
	m := files(t, map[string]string{"/etc/x": "1"})
	tries, unknown := 0, exitError(t, 1)
	m.run = func(context.Context, string, ...string) (string, error) {
		if tries++; tries == 2 {
			return "", fmt.Errorf("dpkg-query: %w", unknown)
		}
		return fmt.Sprintf("ii %d\n", tries), nil
	}
	got := askAll(t, m, nil, "package: {a: {installed: true, versions: [\"3\"], retry: 5, retry_delay: 1}}")
	if d := cmp.Diff([]string{
		"passed package a installed | want true | found true (3) | why after 3 tries in 100ms",
		`passed package a versions | want elements "3" | found ["3"] | why after 3 tries in 100ms`,
	}, got); d != "" {
		t.Error(d)
	}
}

const fourMoments = `
file:
  /always: {exists: false}
  /installed: {exists: false, when: installed}
  /later: {exists: false, when: [restarted, rebooted]}
  /upgraded: {exists: false, when: [upgraded]}
`

func TestMoments(t *testing.T) {
	for moment, want := range map[Moment]string{
		"":           "/always /installed /later /upgraded",
		AfterInstall: "/always /installed, note 2 checks not due when installed",
		AfterRestart: "/always /later, note 2 checks not due when restarted",
		AfterReboot:  "/always /later, note 2 checks not due when rebooted",
		AfterUpgrade: "/always /upgraded, note 2 checks not due when upgraded",
	} {
		s := parse(t, fourMoments)
		a, said := asking(t, Request{Spec: &s, Moment: moment}, files(t, nil), nil)
		if err := a.checks(t.Context()); err != nil {
			t.Fatal(err)
		}
		var subjects, notes string
		for _, name := range []string{"/always", "/installed", "/later", "/upgraded"} {
			if strings.Contains(strings.Join(*said, "\n"), "passed file "+name+" exists") {
				subjects += " " + name
			}
		}
		for _, line := range *said {
			if strings.HasPrefix(line, "note") {
				notes += ", " + line
			}
		}
		if got := strings.TrimSpace(subjects) + notes; got != want {
			t.Errorf("%q: asked %s, want %s", moment, got, want)
		}
	}
}

func TestNothingDueIsTold(t *testing.T) {
	s := parse(t, "file: {/a: {exists: true, when: upgraded}}")
	a, said := asking(t, Request{Spec: &s, Moment: AfterInstall}, files(t, nil), nil)
	if err := a.checks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"note 1 check not due when installed", "note no check is due"}, *said); d != "" {
		t.Error(d)
	}
}

func TestSkipped(t *testing.T) {
	for attributes, want := range map[string][]string{
		"skip: true":                     {"skipped file /a exists | why skip: true", "skipped file /a size | why skip: true"},
		"skip: not on this distro":       {"skipped file /a exists | why not on this distro", "skipped file /a size | why not on this distro"},
		"services: [rabbitmq, postgres]": {"skipped file /a exists | why it needs the service postgres, which is not here", "skipped file /a size | why it needs the service postgres, which is not here"},
		"services: [rabbitmq]":           {"failed file /a exists | want true | found false | why asked for in x.yaml:1:8", "skipped file /a size | why exists failed"},
		"skip: false":                    {"failed file /a exists | want true | found false | why asked for in x.yaml:1:8", "skipped file /a size | why exists failed"},
	} {
		s := parse(t, "file: {/a: {exists: true, size: 1, "+attributes+"}}")
		a, said := asking(t, Request{Spec: &s, Services: []string{"rabbitmq"}}, files(t, nil), nil)
		if err := a.checks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, *said); d != "" {
			t.Errorf("%s\n%s", attributes, d)
		}
	}
}

// Results come as each test is done, not in the end.
func TestResultsAreStreamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := files(t, map[string]string{"/proc/sys/state": "down\n", "/proc/sys/kernel/x": "1\n"})
		eventually(t, m, 2500*time.Millisecond, "up")
		s := parse(t, "kernel-param: {state: {value: up, retry: 10s, retry_delay: 1s}, kernel.x: {value: 1}}")
		a, _ := asking(t, Request{Spec: &s}, m, nil)
		var came []string
		start := time.Now()
		a.tell = func(answer Answer) {
			came = append(came, fmt.Sprintf("%s after %s", answer.Check.Subject, time.Since(start).Round(time.Second)))
		}
		if err := a.checks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"kernel.x after 0s", "state after 3s"}, came); d != "" {
			t.Error(d)
		}
	})
}

// The tests wait side by side: a hundred that need a second need no hundred.
func TestTestsAreAskedSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := files(t, map[string]string{"/proc/sys/state": "down\n"})
		one := parse(t, "kernel-param: {state: {value: up, retry: 1, retry_delay: 1s}}").Tests[0]
		var s Spec
		for range 3 * sideBySide {
			s.Tests = append(s.Tests, one)
		}
		a, said := asking(t, Request{Spec: &s}, m, nil)
		start := time.Now()
		if err := a.checks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 3*time.Second || len(*said) != 3*sideBySide {
			t.Errorf("%d answers in %s", len(*said), took)
		}
	})
}

// What is cut off is not the package's fault.
func TestCancelledChecksAccuseNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := files(t, map[string]string{"/proc/sys/state": "down\n"})
		s := parse(t, "kernel-param: {state: {value: up, retry: 10s}}")
		a, said := asking(t, Request{Spec: &s}, m, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.checks(ctx); err == nil || len(*said) > 0 {
			t.Errorf("error %v, said %q", err, *said)
		}
	})
}

// The durations of a test's checks add up to what it took.
func TestDurationsAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := files(t, map[string]string{"/proc/sys/state": "down\n"})
		s := parse(t, "kernel-param: {state: {value: up, retry: 2, retry_delay: 1s}}")
		a, _ := asking(t, Request{Spec: &s}, m, nil)
		var sum result.Seconds
		a.tell = func(answer Answer) { sum += answer.Check.Duration }
		if err := a.checks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if sum != 2 {
			t.Errorf("they add up to %v s", sum)
		}
	})
}

func TestChecksAreAnsweredLikeAnyQuestion(t *testing.T) {
	s := parse(t, "matching: {a: {content: 1, matches: 1}}")
	question, err := json.Marshal(Request{Question: Checks, Format: "deb", Spec: &s, Moment: AfterInstall})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Serve(t.Context(), bytes.NewReader(question), &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := Read(&out, func(a Answer) { got = append(got, say(*a.Check)) }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"passed matching a matches | want 1 | found 1"}, got); d != "" {
		t.Error(d)
	}
}

func TestChecksNeedASpec(t *testing.T) {
	var out bytes.Buffer
	if err := Serve(t.Context(), strings.NewReader(`{"question":"checks","format":"deb"}`), &out); err != nil {
		t.Fatal(err)
	}
	if want := `{"fault":"checks: the request has no spec"}` + "\n" + `{"end":true}` + "\n"; out.String() != want {
		t.Errorf("got %s", &out)
	}
}

// A spec of another age must fail, and not be skipped.
func TestWhatTheAgentDoesNotKnowFails(t *testing.T) {
	s := Spec{Tests: []Test{
		{Kind: "gossip", Name: "a", Timeout: time.Second, Asks: []Ask{{"heard", Matcher{Is: isTrue, Want: true}}}},
		{Kind: "file", Name: "/a", Timeout: time.Second, Options: map[string]any{"path": "/a"}, Asks: []Ask{{"colour", Matcher{Is: isText, Want: "red"}}}},
	}}
	for i, want := range []string{
		"failed gossip a heard | want true | found nothing that this agent knows of",
		`failed file /a colour | want "red" | found nothing that this agent knows of`,
	} {
		a, said := asking(t, Request{Spec: &Spec{Tests: s.Tests[i : i+1]}}, files(t, nil), nil)
		if err := a.checks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{want}, *said); d != "" {
			t.Error(d)
		}
	}
}

// BenchmarkChecks asks a hundred checks of a fake machine; TestRealChecks
// prints how long they take on a real one.
func BenchmarkChecks(b *testing.B) {
	dir := b.TempDir()
	if err := os.MkdirAll(dir+"/etc", 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(dir+"/etc/x", []byte(strings.Repeat("a line of a file\n", 1000)), 0o600); err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("file:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  f%d: {path: /etc/x, exists: true, contents: [line, /of/, \"!none\"]}\n", i)
	}
	spec, errs := LoadSpec("x.yaml", text.String(), nil)
	if len(errs) > 0 {
		b.Fatal(errs)
	}
	a := &agent{Request: Request{Spec: &spec, Format: "deb"}, machine: machine{root: dir}, tell: func(Answer) {}}
	for b.Loop() {
		if err := a.checks(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
