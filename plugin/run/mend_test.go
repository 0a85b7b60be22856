package run

import (
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/source"
)

const (
	someControl = "Source: x\nBuild-Depends:\n debhelper-compat (= 13),\n libnobody-has-this-dev (>= 2) | other,\nStandards-Version: 4\n\nPackage: x\nDepends: libfoo\n"
	someSpec    = "Name: x\nBuildRequires: gcc\nBuildRequires:  pkgconfig(nobody) >= 1\nRequires: libfoo\n"
)

func TestWhereAProblemIsToBeMended(t *testing.T) {
	for name, c := range map[string]struct {
		kind   plan.Kind
		by, in string
		lines  string
		facts  []result.Fact
		checks []result.Check
		file   string
		line   int
	}{
		"a compiler": {kind: plan.Build, by: "debian/control",
			lines: "warn.c:1:2: warning: odd\nin src/main.c:7: note\nsrc/main.c:12:3: error: expected", file: "src/main.c", line: 12},
		"a compiler, of a source that is in the workspace": {kind: plan.Build, by: "debian/control", in: "examples/x",
			lines: "src/main.c:12:3: error: expected", file: "examples/x/src/main.c", line: 12},
		"make in a directory": {kind: plan.Build, by: "debian/control", lines: "main.c:12:3: error: expected", file: "src/main.c", line: 12},
		"a package in a directory": {kind: plan.Build, by: "sub/debian/control",
			lines: "a.c:9: error", file: "sub/a.c", line: 9},
		"a copy that rpmbuild made": {kind: plan.Build, by: "x.spec",
			lines: "/build/rpm/BUILD/x-1.0/src/main.c:4:1: error: no", file: "src/main.c", line: 4},
		"no word of error": {kind: plan.Build, by: "debian/control", lines: "./src/main.go:4:1: undefined: x", file: "src/main.go", line: 4},
		"which of two": {kind: plan.Build, by: "debian/control",
			lines: "twice.c:3:3: error: x", file: "debian/control"},
		"a header of the system's": {kind: plan.Build, by: "debian/control",
			lines: "/usr/include/main.c:3:3: error: x", file: "debian/control"},
		"a line of no file":      {kind: plan.Build, by: "debian/control", lines: "12:30:45: error", file: "debian/control"},
		"a line that is too far": {kind: plan.Build, by: "debian/control", lines: "src/main.c:99999999999999999999: error", file: "src/main.c"},
		"make itself":            {kind: plan.Build, by: "debian/control", lines: "make: *** [debian/rules:3: binary] Error 25", file: "debian/rules", line: 3},
		"out of the tree":        {kind: plan.Build, by: "debian/control", lines: "../../../../etc/passwd:1: error", file: "debian/control"},

		"apt": {kind: plan.Environment, by: "debian/control",
			lines: "E: Unable to correct problems\nbuilddeps:./ : Depends: libnobody-has-this-dev but it is not installable", file: "debian/control", line: 4},
		"a fact": {kind: plan.Environment, by: "debian/control",
			facts: []result.Fact{{Label: "unavailable", Text: "x depends on libnobody-has-this-dev (>= 2), the archive has 1"}}, file: "debian/control", line: 4},
		"dnf": {kind: plan.Environment, by: "x.spec",
			lines: "No match for argument: pkgconfig(nobody)", file: "x.spec", line: 3},
		"what only a package depends on": {kind: plan.Environment, by: "debian/control",
			lines: "nothing provides libfoo", file: "debian/control"},
		"a spec file that does not parse": {kind: plan.Environment, by: "x.spec", lines: "error: line 2: Unknown tag: BuildRequirs: gcc", file: "x.spec", line: 2},
		"a spec file by its name":         {kind: plan.Build, by: "x.spec", lines: "error: /build/source/x.spec: line 4: odd", file: "x.spec", line: 4},

		"a check somebody wrote": {kind: plan.Test, by: "debian/control", in: "examples/x", checks: []result.Check{
			{Outcome: result.Passed, Place: "packages.yml:1:1"}, {Outcome: result.Failed, Warning: true, Place: "packages.yml:2:1"},
			{Outcome: result.Failed, Place: "examples/x/packages.yml:12:5"}, {Outcome: result.Failed, Place: "packages.yml:3:1"},
		}, file: "examples/x/packages.yml", line: 12},
		"a check by a variable":   {kind: plan.Test, by: "debian/control", checks: []result.Check{{Outcome: result.Failed, Place: "PLUGIN_TEST"}}, file: "debian/control"},
		"a check nobody wrote":    {kind: plan.Test, by: "x.spec", checks: []result.Check{{Outcome: result.Failed}}, file: "x.spec"},
		"not made of this source": {kind: plan.Test, lines: "src/main.c:12:3: error: expected"},
	} {
		j := &job{Job: plan.Job{Kind: c.kind, By: c.by}, runner: &runner{
			o: Options{Files: []string{"debian/control", "debian/rules", "src/main.c", "src/main.go", "sub/a.c", "twice/a/twice.c", "twice/b/twice.c", "warn.c", "x.spec"}},
			plan: plan.Plan{Input: plan.Input{SourceIn: c.in, Source: source.Tree{Packages: []source.Package{
				{Format: "deb", Where: "debian", Control: someControl}, {Format: "rpm", Where: "x.spec", Control: someSpec},
			}}}},
		}}
		file, line := j.toMend(result.Problem{Lines: strings.Split(c.lines, "\n"), Facts: c.facts}, c.checks)
		if file != c.file || line != c.line {
			t.Errorf("%s: got %s:%d, want %s:%d", name, file, line, c.file, c.line)
		}
	}
}
