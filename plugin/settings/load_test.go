package settings_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-multierror"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

// load reads variables on top of the text of a packages.yml.
func load(file string, environ ...string) (settings.Settings, []string, error) {
	return settings.Load(environ, fstest.MapFS{
		"packages.yml": {Data: []byte(file)},
		// Files that the examples name.
		"greeter.tmpl": {}, "greeter.goss.yml": {}, "a.goss.yml": {}, "b.goss.yml": {},
	})
}

// mustLoad wants no problem and no warning.
func mustLoad(t *testing.T, file string, environ ...string) settings.Settings {
	t.Helper()
	s, warnings, err := load(file, environ...)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, warnings %q", err, warnings)
	}
	return s
}

// problems are the words of each problem, in order.
func problems(err error) []string {
	var all *multierror.Error
	if !errors.As(err, &all) {
		return nil
	}
	var words []string
	for _, one := range all.Errors {
		words = append(words, one.Error())
	}
	return words
}

// example is a packages.yml under testdata, and what its head says must be
// said of it, a comment line each.
type example struct {
	file, text string
	problems   []string
}

func examples(t testing.TB, pattern string) []example {
	t.Helper()
	var all []example
	for _, file := range glob(t, pattern) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e := example{file: file, text: string(text)}
		for line := range strings.Lines(e.text) {
			problem, comment := strings.CutPrefix(line, "# ")
			if !comment {
				break
			}
			e.problems = append(e.problems, strings.TrimSpace(problem))
		}
		all = append(all, e)
	}
	return all
}

func TestGoodFilesLoad(t *testing.T) {
	for _, e := range examples(t, "testdata/good/*.yml") {
		if _, _, err := load(e.text); err != nil {
			t.Errorf("%s: %v", e.file, err)
		}
	}
}

func TestEveryProblemOfAFileIsTold(t *testing.T) {
	for _, pattern := range []string{"testdata/bad/*.yml", "testdata/unsound/*.yml"} {
		for _, e := range examples(t, pattern) {
			_, _, err := load(e.text)
			if d := cmp.Diff(e.problems, problems(err)); d != "" {
				t.Errorf("%s: want (-), got (+):\n%s", e.file, d)
			}
		}
	}
}

func TestProblemsAreCountedAndListed(t *testing.T) {
	for file, want := range map[string]string{
		"kep: never":           "1 problem in the settings:\n  packages.yml:1:1: unknown key \"kep\": did you mean \"keep\"?",
		"kep: never\ncpus: no": "2 problems in the settings:\n  packages.yml:1:1: unknown key \"kep\": did you mean \"keep\"?\n  packages.yml:2:7: cpus: found \"no\", wanted a number, such as 1.5",
	} {
		if _, _, err := load(file); err == nil || err.Error() != want {
			t.Errorf("got\n%v\nwant\n%s", err, want)
		}
	}
}

func TestTheFileIsFound(t *testing.T) {
	keep := func(value string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("keep: " + value)} }
	both := fstest.MapFS{"packages.yml": keep("failed"), "packages.yaml": keep("always")}
	for name, c := range map[string]struct {
		workspace fstest.MapFS
		variable  string
		want      string
	}{
		"none":                  {fstest.MapFS{}, "", "never"},
		"packages.yaml":         {fstest.MapFS{"packages.yaml": keep("always")}, "", "always"},
		"packages.yml first":    {both, "", "failed"},
		"the one asked for":     {fstest.MapFS{"ci/p.yml": keep("always"), "packages.yml": keep("failed")}, "PLUGIN_FILE=ci/p.yml", "always"},
		"asked for with ./":     {both, "PLUGIN_FILE=./packages.yaml", "always"},
		"asked for by a detour": {both, "PLUGIN_FILE=ci/../packages.yaml", "always"},
		"asked for with none":   {both, "PLUGIN_FILE=", "failed"},
	} {
		s, _, err := settings.Load([]string{c.variable}, c.workspace)
		if err != nil || s.Keep != c.want {
			t.Errorf("%s: got %s (%v), want %s", name, s.Keep, err, c.want)
		}
	}
}

func TestAFileThatCannotBeReadIsTold(t *testing.T) {
	for variable, want := range map[string]string{
		"PLUGIN_FILE=other.yml": "settings file: open other.yml: file does not exist",
		"PLUGIN_FILE=../p.yml":  `PLUGIN_FILE: found "../p.yml", wanted a file inside the workspace, such as ci/packages.yml`,
		"PLUGIN_FILE=/etc/p":    `PLUGIN_FILE: found "/etc/p", wanted a file inside the workspace, such as ci/packages.yml`,
		"PLUGIN_FILE=ci":        "settings file: read ci: invalid argument",
	} {
		_, _, err := settings.Load([]string{variable}, fstest.MapFS{"ci/x": {}})
		if d := cmp.Diff([]string{want}, problems(err)); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", variable, d)
		}
	}
}

func TestAFileBesideTheSourceIsNotOverlooked(t *testing.T) {
	app, top := fstest.MapFS{"app/packages.yaml": {}}, fstest.MapFS{"app/packages.yml": {}, "packages.yml": {}}
	for name, c := range map[string]struct {
		workspace fstest.MapFS
		environ   []string
		want      string
	}{
		"nobody named it":   {app, []string{"PLUGIN_SOURCE=./app"}, "app/packages.yaml is not read: settings are read at the top of the workspace; set file to app/packages.yaml to have it read"},
		"it is named":       {app, []string{"PLUGIN_SOURCE=app", "PLUGIN_FILE=app/packages.yaml"}, ""},
		"another is read":   {top, []string{"PLUGIN_SOURCE=app"}, ""},
		"none is there":     {app, []string{"PLUGIN_SOURCE=other"}, ""},
		"source is the top": {top, nil, ""},
		"source is git's":   {app, []string{"PLUGIN_SOURCE=https://git.example/app"}, ""},
	} {
		_, warnings, err := settings.Load(c.environ, c.workspace)
		if got := strings.Join(warnings, "\n"); err != nil || got != c.want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, c.want)
		}
	}
}

func TestVariablesWinOverTheFile(t *testing.T) {
	file := "distros: [debian-12]\nimages: {debian-12: a, debian-13: b}\nkeep: failed\nfail_fast: true\ntest: {skip: debian-12, noise: /x}\n"
	s := mustLoad(t, file,
		"PLUGIN_DISTROS=debian-13", `PLUGIN_IMAGES={"debian-12":"c"}`, "PLUGIN_FAIL_FAST=no", "PLUGIN_TEST={skip: debian-11}", "PLUGIN_KEEP=")
	want := mustLoad(t, "distros: [debian-13]\nimages: {debian-12: c}\nkeep: failed\ntest: {skip: debian-11}\n")
	if d := cmp.Diff(want, s); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}
