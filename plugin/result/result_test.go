package result_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// full is a run in which every field is set: one distro passed with a
// warning, one failed, one has a host that lets it down.
func full() result.Run {
	return result.Run{
		Schema: result.Schema, Version: "0.1.0", ID: "k7q2",
		Started:  time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Duration: 167.25, Outcome: result.Failed, Reason: "fail_fast: another job failed", Output: "dist",
		Host:   result.Host{Engine: "docker", Version: "20.10.24", Platform: "linux/amd64", CPUs: 2, Memory: 23 << 30, Cgroup: "1"},
		Source: result.Source{Path: ".", Revision: "v1.4.0-3-g81cd2ee", Version: "1.4.0", Files: 84, Size: 1_200_000},
		Saved:  24,
		Jobs: []result.Job{
			{
				Name: "debian-12/environment/greeter", Kind: "environment", Distro: "debian-12", Package: "greeter",
				Platform: "linux/amd64", Outcome: result.Passed, Started: 0.5, Waited: 0.25, Duration: 1, Cached: true, Saved: 24,
				Log: "debian-12/environment-greeter.log",
			},
			{
				Name: "debian-12/test", Kind: "test", Distro: "debian-12", Platform: "linux/amd64",
				Outcome: result.Failed, Reason: "service greeterd.service: active", Duration: 91, Kept: "drone-packages-k7q2-debian-12-test",
				Phases: []result.Phase{
					{Name: "boot", Outcome: result.Passed, Duration: 3, Notes: []string{"booted with SYS_ADMIN in its own cgroup namespace"}, Log: "debian-12/test.log:1"},
					{
						Name: "service", Outcome: result.Failed, Reason: "service greeterd.service: active", Duration: 30,
						Checks: []result.Check{{
							Kind: "service", Subject: "greeterd.service", Attribute: "active", Outcome: result.Failed,
							Reason: "it ended by itself", Expected: "active", Found: "failed",
							Lines: []string{"greeterd: no licence file"}, Duration: 30, Warning: false,
						}, {
							Kind: "leftover", Subject: "/var/lib/greeter", Outcome: result.Failed, Found: "left behind", Warning: true,
						}},
						Problem: &result.Problem{
							Title: "service greeterd.service: active",
							Facts: []result.Fact{{Label: "expected", Text: "active"}, {Label: "found", Text: "failed"}},
							Lines: []string{"greeterd: no licence file"}, Hint: "it ended by itself",
							Log: "debian-12/test.log:12", Again: "drone-packages --only debian-12", Shell: "drone-packages shell debian-12/test",
						},
					},
					{Name: "purge", Outcome: result.Skipped, Reason: "not reached: remove failed"},
				},
			},
			{Name: "debian-13/image", Kind: "image", Distro: "debian-13", Platform: "linux/amd64", Outcome: result.Fault, Reason: "no such image"},
			{Name: "debian-13/test", Kind: "test", Distro: "debian-13", Platform: "linux/amd64", Outcome: result.Cancelled, Reason: "cancelled"},
		},
		Packages: []result.Package{{
			Name: "greeter", Version: "1.4.0", Arch: "amd64", Distro: "debian-12",
			Path: "debian-12/greeter_1.4.0_amd64.deb", Size: 48_000, SHA256: strings.Repeat("0a", 32),
			Files: []result.File{{Path: "/usr/bin/greeter", Size: 47_000}}, FileCount: 1,
		}},
	}
}

// written is a results.json of a run.
func written(t *testing.T, run result.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := result.Write(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestResultsAreReadAsTheyWereWritten(t *testing.T) {
	got, err := result.Read(bytes.NewReader(written(t, full())))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(full(), got); d != "" {
		t.Error(d)
	}
}

func TestResultsSayPathsAndWordsAsTheyAre(t *testing.T) {
	run := full()
	run.Reason = `a <b> & "c"`
	if text := string(written(t, run)); !strings.Contains(text, `"a <b> & \"c\""`) {
		t.Errorf("escaped for HTML:\n%s", text)
	}
}

func TestReadRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"another schema": {`{"schema": 2}`, "results.json of schema 2: this program reads 1"},
		"no schema":      {`{"id": "k7q2"}`, "results.json of schema 0: this program reads 1"},
		"no JSON":        {"PASSED", "not a results.json: invalid character 'P' looking for beginning of value"},
		"a list":         {"[]", "not a results.json: json: cannot unmarshal array into Go value of type result.Run"},
		"nothing":        {"", "not a results.json: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := result.Read(strings.NewReader(c.text))
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestACheckIsCalledByItsSubjectOnce(t *testing.T) {
	for want, c := range map[string]result.Check{
		"service a.service: active": {Kind: "service", Subject: "a.service", Attribute: "active"},
		"package a":                 {Kind: "package", Subject: "a"},
		"journal: errors":           {Kind: "journal", Subject: "journal", Attribute: "errors"},
	} {
		if got := c.Title(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSecondsAreANumberOfMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]result.Seconds{
		0: 0, 1499 * time.Microsecond: 0.001, 1500 * time.Microsecond: 0.002,
		90 * time.Second: 90, -time.Second: -1,
	} {
		if got := result.Span(d); got != want {
			t.Errorf("%s is %v, want %v", d, got, want)
		}
	}
	if got := result.Seconds(1.25).Duration(); got != 1250*time.Millisecond {
		t.Errorf("1.25 is %s", got)
	}
}
