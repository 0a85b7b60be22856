package result_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

func TestWhatNeedsNotBeDoneAgain(t *testing.T) {
	for _, c := range []struct {
		outcome result.Outcome
		reason  string
		want    bool
	}{
		{result.Passed, "", true},
		{result.Skipped, `a is built and not tested: test.skip has "a"`, true},
		{result.Skipped, "not reached: a/build/greeter failed", false},
		{result.Failed, "", false}, {result.Fault, "", false}, {result.Cancelled, "", false}, {"", "", false},
	} {
		if got := (result.Job{Outcome: c.outcome, Reason: c.reason}).Green(); got != c.want {
			t.Errorf("%s, %q: %t", c.outcome, c.reason, got)
		}
	}
}

// first is a run of three distros, b of which is red and again a rerun of one.
func first() result.Run {
	run := result.Run{ID: "first", Started: start, Duration: 90, Outcome: result.Failed, Source: result.Source{Revision: "v1"}}
	for _, distro := range []string{"a", "b", "c"} {
		end := result.Passed
		if distro == "b" {
			end = result.Failed
		}
		run.Jobs = append(run.Jobs,
			result.Job{Name: distro + "/build", Kind: "build", Distro: distro, Outcome: result.Passed},
			result.Job{Name: distro + "/test", Kind: "test", Distro: distro, Outcome: end})
		run.Packages = append(run.Packages, result.Package{Distro: distro, Path: distro + "/first.deb"})
	}
	return run
}

var order = []string{"a/build", "a/test", "b/build", "b/test", "c/build", "c/test"}

func second() result.Run {
	return result.Run{
		ID: "second", Started: start.AddDate(0, 0, 1), Duration: 30, Outcome: result.Passed, Source: result.Source{Revision: "v2"},
		Jobs: []result.Job{
			{Name: "b/build", Kind: "build", Distro: "b", Outcome: result.Passed, Duration: 7},
			{Name: "b/test", Kind: "test", Distro: "b", Outcome: result.Passed},
		},
		Packages: []result.Package{{Distro: "b", Path: "b/second.deb"}},
	}
}

func TestWhatWasGreenIsKeptInItsPlace(t *testing.T) {
	got := second().Keep(first(), []string{"a", "c"}, order)
	want := second()
	want.Jobs = []result.Job{first().Jobs[0], first().Jobs[1], second().Jobs[0], second().Jobs[1], first().Jobs[4], first().Jobs[5]}
	want.Packages = []result.Package{first().Packages[0], second().Packages[0], first().Packages[2]}
	want.Earlier = []result.Earlier{{ID: "first", Started: start, Source: result.Source{Revision: "v1"}, Distros: []string{"a", "c"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What is kept once more stays of the run that it is of; what was done in
// between is of that one.
func TestWhatIsKeptTwiceIsOfItsOwnRun(t *testing.T) {
	between := second().Keep(first(), []string{"a", "c"}, order)
	third := result.Run{ID: "third", Jobs: []result.Job{{Name: "c/build", Distro: "c"}, {Name: "c/test", Distro: "c"}}}
	got := third.Keep(between, []string{"a", "b"}, order)
	want := []result.Earlier{
		{ID: "first", Started: start, Source: result.Source{Revision: "v1"}, Distros: []string{"a"}},
		{ID: "second", Started: start.AddDate(0, 0, 1), Source: result.Source{Revision: "v2"}, Distros: []string{"b"}},
	}
	if d := cmp.Diff(want, got.Earlier); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a", "c"}, between.Earlier[0].Distros); d != "" {
		t.Errorf("the run before was changed: %s", d)
	}
}

func TestARunThatKeepsNothingSaysNothingOfIt(t *testing.T) {
	if got := second().Keep(first(), nil, order[2:4]); got.Earlier != nil || len(got.Jobs) != 2 || len(got.Packages) != 1 {
		t.Errorf("%+v", got)
	}
}
