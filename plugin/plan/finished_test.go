package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// finished is a plan's input whose packages are given, and no source.
func finished() plan.Input {
	in := input()
	in.Source.Packages = nil
	in.Settings.Packages = map[string]settings.Package{"finished": {Finished: settings.Origins{"out/{{ .distro.name }}", "https://me:word@x.example/b%20c.deb?v=1"}}}
	in.Finished = map[plan.Origin][]string{
		{Setting: "packages.finished", Format: "deb", Where: "out/debian-12"}:                           {"out/debian-12/a_1_all.deb", "old/a_1_all.deb"},
		{Setting: "packages.finished", Format: "deb", Where: "out/debian-13"}:                           {"out/debian-13/a_1_all.deb"},
		{Setting: "packages.finished", Format: "deb", Where: "https://me:word@x.example/b%20c.deb?v=1"}: {"https://me:word@x.example/b%20c.deb?v=1"},
	}
	return in
}

func TestOriginsAreTemplatesOverTheDistro(t *testing.T) {
	got, err := plan.Origins(finished())
	if err != nil {
		t.Fatal(err)
	}
	var where []string
	for _, o := range got {
		where = append(where, o.Format+" "+o.Where+" for "+strings.Join(o.For, ", "))
	}
	const web = "deb https://me:word@x.example/b%20c.deb?v=1 for debian-12, debian-13"
	if d := cmp.Diff([]string{"deb out/debian-12 for debian-12", web, "deb out/debian-13 for debian-13"}, where); d != "" {
		t.Error(d)
	}
	in := finished()
	in.Settings.Packages = map[string]settings.Package{"finished": {Finished: settings.Origins{"{{ .distro.nam }}"}}}
	if _, err := plan.Origins(in); err == nil || err.Error() != `packages.finished:1:11: .distro.nam: map has no entry for key "nam"` {
		t.Errorf("got %v", err)
	}
}

func TestFinishedPackagesAreNotBuilt(t *testing.T) {
	p := newPlan(t, finished())
	golden(t, "finished", p.String()+"\n"+p.Detail())
	if strings.Contains(p.String()+p.Detail(), "word") {
		t.Error("the plan shows a password")
	}
	for _, j := range p.Jobs {
		if j.Kind == plan.Build || j.Kind == plan.Environment {
			t.Errorf("%s is planned", j.Name)
		}
	}
}

func TestFinishedFilesHaveNamesOfTheirOwn(t *testing.T) {
	for _, j := range newPlan(t, finished()).Jobs {
		if j.Name != "debian-12/fetch/finished" {
			continue
		}
		var names []string
		for _, f := range j.Phases[0].Steps[0].(plan.CopyIn).Finished {
			names = append(names, f.Name)
		}
		if d := cmp.Diff([]string{"a_1_all.deb", "again-a_1_all.deb", "b_20c.deb"}, names); d != "" {
			t.Error(d)
		}
	}
}

func TestABuildMayNeedAFinishedPackage(t *testing.T) {
	in := finished()
	in.Source = input().Source
	in.Settings.Packages["greeter"] = settings.Package{Needs: settings.List{"finished"}}
	for _, j := range newPlan(t, in).Jobs {
		if j.Name == "debian-12/build/greeter" && !strings.Contains(strings.Join(j.Needs, " "), "debian-12/fetch/finished") {
			t.Errorf("%s needs %v", j.Name, j.Needs)
		}
	}
}
