package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// revising is what debian-12's build does before its hooks, and the recipe's
// step of it.
func revising(t *testing.T, in plan.Input) (words []string, recipe plan.Exec) {
	t.Helper()
	for _, j := range newPlan(t, in).Jobs {
		if j.Name != "debian-12/build/greeter" {
			continue
		}
		for _, s := range j.Phases[0].Steps {
			words = append(words, s.String())
			if e, ok := s.(plan.Exec); ok && e.Script == in.Families["debian"].Recipes[distros.Revision] {
				recipe = e
			}
		}
	}
	return words, recipe
}

func TestARevisionFollowsWhatIsPublished(t *testing.T) {
	in := input()
	in.Version = "2.0"
	in.Source.Packages[0].Control = "Source: greeter\n\nPackage: greeter\n\nPackage: greeter-doc\n"
	in.Settings.Packages = map[string]settings.Package{"greeter": {Before: settings.Commands{"make dist"}}}
	in.Settings.RevisionFrom = settings.Origins{
		"deb https://me:word@x.example {{ .distro.suite }} main", "https://y.example/{{ .distro.name }}/", "old/{{ .distro.name }}",
	}
	in.Finished = map[plan.Origin][]string{{Setting: "revision_from", Format: "deb", Where: "old/debian-12"}: {
		"old/debian-12/greeter_1_all.deb", "old/debian-12/more/greeter_1_all.deb", "old/debian-12/other_1_all.deb", "old/debian-12/latest.deb",
	}}
	words, recipe := revising(t, in)
	want := []string{
		"copy in the source tree to /build/source", "make the clean copy the build user's", "set the version 2.0",
		"copy in old/debian-12/greeter_1_all.deb, old/debian-12/more/greeter_1_all.deb, old/debian-12/latest.deb to /drone-packages/published",
		"find the revision to follow in deb https://x.example bookworm main, deb https://y.example/debian-12/ ./, old/debian-12",
		"before: make dist", "build", "make a repository of what was built", "hand over /build/out/greeter",
	}
	if d := cmp.Diff(want, words); d != "" {
		t.Error(d)
	}
	env := map[string]string{
		"DP_ARCHIVE":   "deb https://me:word@x.example bookworm main\ndeb https://y.example/debian-12/ ./",
		"DP_PUBLISHED": "/drone-packages/published",
	}
	if d := cmp.Diff(env, recipe.Env); d != "" {
		t.Error(d)
	}
}

func TestNothingPublishedIsNothingToCopy(t *testing.T) {
	in := input()
	if words, recipe := revising(t, in); recipe.Script != "" {
		t.Errorf("nobody asked for a revision: %q", words)
	}
	in.Settings.RevisionFrom = settings.Origins{"old"}
	words, recipe := revising(t, in)
	if recipe.Env["DP_ARCHIVE"] != "" || words[2] != "find the revision to follow in old" {
		t.Errorf("got %q, %v", words, recipe.Env)
	}
}

func TestADistroWithoutRevisionsIsTold(t *testing.T) {
	in := input()
	in.Settings.RevisionFrom = settings.Origins{"old"}
	if p := newPlan(t, in); strings.Contains(p.String(), "revision_from") {
		t.Errorf("told of what is done:\n%s", p)
	}
	delete(in.Families["debian"].Recipes, distros.Revision)
	if p := newPlan(t, in); !strings.Contains(p.String(), "note: debian-13: revision_from is not for .deb: the revision is what the source says\n") {
		t.Errorf("not told:\n%s", p)
	}
	if words, _ := revising(t, in); words[2] != "build" {
		t.Errorf("steps: %q", words)
	}
}

func TestOriginsOfARevisionAreItsFiles(t *testing.T) {
	in := input()
	in.Settings.RevisionFrom = settings.Origins{"deb https://x.example sid main", "https://y.example", "old/{{ .distro.suite }}"}
	got, err := plan.Origins(in)
	want := []plan.Sought{
		{plan.Origin{Setting: "revision_from", Format: "deb", Where: "old/bookworm"}, []string{"debian-12"}},
		{plan.Origin{Setting: "revision_from", Format: "deb", Where: "old/trixie"}, []string{"debian-13"}},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(err, d)
	}
	in.Settings.RevisionFrom = settings.Origins{"deb https://x.example {{ .distro.siute }} main"}
	if _, err := plan.Origins(in); err == nil || !strings.HasPrefix(err.Error(), `revision_from:1:33: .distro.siute: map has no entry for key "siute"`) {
		t.Errorf("got %v", err)
	}
}

func TestFamiliesWithoutRevisionsAskForNoFiles(t *testing.T) {
	in := input()
	in.Settings.RevisionFrom = settings.Origins{"old"}
	delete(in.Families["debian"].Recipes, distros.Revision)
	if got, err := plan.Origins(in); len(got) > 0 || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}
