package result_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// start of the runs here.
var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// planned is a run split over machines: each shard takes its distro's jobs, and
// a's packages are tested on b as well.
func planned() result.Expected {
	e := result.Expected{Schema: result.ExpectedSchema, Version: "0.1.0", ID: "whole", Source: result.Source{Path: ".", Revision: "v1"}}
	for _, distro := range []string{"a", "b", "c"} {
		s := result.Shard{Distro: distro}
		if distro == "a" {
			s.Jobs = []string{"services/postgres:17", "a/image", "a/build/greeter", "b/image", "a/test", "b/test-of-a"}
		} else {
			s.Jobs = []string{"services/postgres:17", distro + "/image", distro + "/build/greeter", distro + "/test"}
		}
		e.Shards = append(e.Shards, s)
	}
	for _, name := range []string{
		"services/postgres:17", "a/image", "a/build/greeter", "b/image", "a/test", "b/test-of-a",
		"b/build/greeter", "b/test", "c/image", "c/build/greeter", "c/test",
	} {
		distro, kind, _ := strings.Cut(name, "/")
		e.Jobs = append(e.Jobs, result.Planned{Name: name, Kind: kind, Distro: distro, Platform: "linux/amd64"})
	}
	return e
}

// reported is what a shard of the plan reports when all goes well, so many
// seconds after the first one started.
func reported(e result.Expected, shard int, after result.Seconds) result.Part {
	run := result.Run{
		Schema: result.Schema, Version: "0.1.0", ID: "of" + e.Shards[shard].Distro, Started: start.Add(after.Duration()),
		Duration: 60, Outcome: result.Passed, Source: result.Source{Path: "elsewhere", Revision: "v1"},
		Host: result.Host{Engine: "docker", Version: "28.0", Platform: "linux/amd64", CPUs: 2 + shard},
	}
	for _, name := range e.Shards[shard].Jobs {
		for _, p := range e.Jobs {
			if p.Name == name {
				run.Jobs = append(run.Jobs, result.Job{
					Name: p.Name, Kind: p.Kind, Distro: p.Distro, Platform: p.Platform, Outcome: result.Passed, Started: 1, Duration: 2, Saved: 3,
				})
			}
		}
	}
	run.Packages = []result.Package{{Path: e.Shards[shard].Distro + "/greeter.deb"}}
	return result.Part{From: "shards/" + e.Shards[shard].Distro, Run: run}
}

func all(e result.Expected) []result.Part {
	return []result.Part{reported(e, 2, 30), reported(e, 0, 0), reported(e, 1, 10)}
}

func merge(t *testing.T, parts ...result.Part) result.Merged {
	t.Helper()
	m, err := result.Merge(planned(), parts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ends are the jobs of a run by how they ended, and why.
func ends(run result.Run) map[string]string {
	all := map[string]string{}
	for _, j := range run.Jobs {
		all[j.Name] = strings.TrimSpace(string(j.Outcome) + " " + j.Reason)
	}
	return all
}

func TestShardsMakeOneRunInThePlansOrder(t *testing.T) {
	m := merge(t, all(planned())...)
	var names, want []string
	for _, j := range m.Jobs {
		names = append(names, j.Name)
	}
	for _, p := range planned().Jobs {
		want = append(want, p.Name)
	}
	if d := cmp.Diff(want, names); d != "" {
		t.Error(d)
	}
	if m.Outcome != result.Passed || m.ID != "whole" || m.Source.Path != "." || len(m.Packages) != 3 {
		t.Errorf("%s, %s, %s, %d packages", m.Outcome, m.ID, m.Source.Path, len(m.Packages))
	}
	if m.Host != (result.Host{Engine: "docker", Version: "28.0", Platform: "linux/amd64"}) {
		t.Errorf("in common the hosts have %+v", m.Host)
	}
	if m.Saved != 3*result.Seconds(len(want)) {
		t.Errorf("saved %v: what is done by several counts once", m.Saved)
	}
}

func TestShardsAreOnOneClock(t *testing.T) {
	m := merge(t, all(planned())...)
	if !m.Started.Equal(start) || m.Duration != 90 {
		t.Errorf("from %s, %v seconds", m.Started, m.Duration)
	}
	for _, j := range m.Jobs {
		want := map[string]result.Seconds{"a/test": 1, "b/test": 11, "c/test": 31}[j.Name]
		if want != 0 && j.Started != want {
			t.Errorf("%s began at %v, want %v", j.Name, j.Started, want)
		}
	}
}

func TestAShardThatDidNotReportIsRed(t *testing.T) {
	e := planned()
	m := merge(t, reported(e, 0, 0), reported(e, 2, 0))
	if m.Outcome != result.Fault || result.ExitCode(m.Outcome) == 0 {
		t.Errorf("it ended as %s", m.Outcome)
	}
	got := ends(m.Run)
	for name, want := range map[string]string{
		"b/image":         "passed",
		"b/build/greeter": "fault its shard, b, did not report: it did not run, was killed, or its folder was not handed on",
		"b/test":          "skipped not reached: b/build/greeter fault",
		"c/test":          "passed",
	} {
		if got[name] != want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got[name], want)
		}
	}
}

func TestNoShardThatReportedIsRed(t *testing.T) {
	m := merge(t)
	if m.Outcome != result.Fault || len(m.Jobs) != len(planned().Jobs) {
		t.Errorf("%s, %d jobs", m.Outcome, len(m.Jobs))
	}
	got := ends(m.Run)
	if want := "skipped not reached: none of its shards did report"; got["services/postgres:17"] != want {
		t.Errorf("got  %s\nwant %s", got["services/postgres:17"], want)
	}
	for _, name := range []string{"a/image", "b/build/greeter", "c/image"} {
		if !strings.HasPrefix(got[name], "fault its shard") {
			t.Errorf("%s: %s", name, got[name])
		}
	}
}

func TestAShardThatReportedAPartIsRed(t *testing.T) {
	e := planned()
	parts := all(e)
	parts[0].Run.Jobs = parts[0].Run.Jobs[:2]
	m := merge(t, parts...)
	const want = "fault its shard, c, reported only a part of what the plan has: run it with the settings that the plan was made with"
	if got := ends(m.Run)["c/build/greeter"]; got != want || m.Outcome != result.Fault {
		t.Errorf("%s\ngot  %s\nwant %s", m.Outcome, got, want)
	}
}

// A failed package is what the user can mend; what is not there is not hidden
// by it.
func TestAFailureIsMoreTellingThanAShardThatIsNotThere(t *testing.T) {
	e := planned()
	failed := reported(e, 0, 0)
	failed.Run.Outcome, failed.Run.Jobs[4].Outcome = result.Failed, result.Failed
	m := merge(t, failed)
	if m.Outcome != result.Failed || !strings.HasPrefix(ends(m.Run)["c/image"], "fault") {
		t.Errorf("%s, %s", m.Outcome, ends(m.Run)["c/image"])
	}
}

func TestOfWhatSeveralShardsDidTheWorstCounts(t *testing.T) {
	parts := all(planned())
	for i, j := range parts[1].Run.Jobs {
		if j.Name == "b/image" {
			parts[1].Run.Jobs[i].Outcome, parts[1].Run.Jobs[i].Reason = result.Fault, "no such image"
		}
	}
	parts[1].Run.Outcome = result.Fault
	m := merge(t, parts...)
	for i, j := range m.Jobs {
		if j.Name == "b/image" && (j.Outcome != result.Fault || m.Of[i] != 1) {
			t.Errorf("%s of part %d", j.Outcome, m.Of[i])
		}
	}
}

func TestWhatWasNotPlannedIsNotLost(t *testing.T) {
	parts := all(planned())
	parts[0].Run.Jobs = append(parts[0].Run.Jobs, result.Job{Name: "c/lint/greeter", Outcome: result.Failed})
	parts[0].Run.Outcome = result.Failed
	m := merge(t, parts...)
	if last := m.Jobs[len(m.Jobs)-1]; last.Name != "c/lint/greeter" || m.Outcome != result.Failed {
		t.Errorf("%s, the last is %s", m.Outcome, last.Name)
	}
}

func TestTheReasonOfAShardIsTold(t *testing.T) {
	parts := all(planned())
	parts[2].Run.Outcome, parts[2].Run.Reason = result.Cancelled, "interrupt signal received"
	m := merge(t, parts...)
	if m.Outcome != result.Cancelled || m.Reason != "shards/b: interrupt signal received" {
		t.Errorf("%s: %s", m.Outcome, m.Reason)
	}
}

func TestWhatIsNotMerged(t *testing.T) {
	e := planned()
	other, dirty := reported(e, 1, 0), reported(e, 2, 0)
	other.Run.Source.Revision, dirty.Run.Source.Version = "v2", "1.4.0"
	again := reported(e, 0, 5)
	again.From = "shards/a-again"
	for name, c := range map[string]struct {
		parts []result.Part
		want  string
	}{
		"several commits": {[]result.Part{reported(e, 0, 0), other, dirty}, `shards/b is of v2, the plan is of v1: merge what was made of one commit, by its own plan
shards/c is of v1, version 1.4.0, the plan is of v1: merge what was made of one commit, by its own plan`},
		"a shard twice": {[]result.Part{reported(e, 0, 0), again}, "a is reported by shards/a and by shards/a-again: merge one of them"},
	} {
		if _, err := result.Merge(e, c.parts); err == nil || err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", name, err, c.want)
		}
	}
}

func TestReadExpectedRefusesWhatItDoesNotKnow(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema": 2}`:          "a plan of schema 2: this program reads 1",
		`{"distro": ["a", "b"]}`: "a plan of schema 0: this program reads 1",
		"debian-12":              "not what plan --format json prints: invalid character 'd' looking for beginning of value",
	} {
		if _, err := result.ReadExpected(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
