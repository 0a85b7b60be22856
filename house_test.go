package main_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

const module = "github.com/drone-packages/drone-packages/"

// The agent is copied into every test machine; reports are made of results.
func TestImportsThatMustNotBe(t *testing.T) {
	for _, rule := range []struct{ from, to, why string }{
		{"plugin/check", "github.com/docker/", "the agent is copied into every machine, where no engine is"},
		{"plugin/check", "github.com/containerd/", "the agent is copied into every machine, where no engine is"},
		{"plugin/check", module + "plugin/engine", "the agent is copied into every machine, where no engine is"},
		{"plugin/report", module + "plugin/run", "a report is made of the results alone"},
		{"plugin/plan", module + "plugin/run", "the plan decides, and does nothing"},
		{"plugin/plan", module + "plugin/engine", "the plan names no technology"},
		{"plugin/run", "github.com/docker/docker/client", "only plugin/engine/docker knows Docker"},
	} {
		for _, reached := range dependencies(t, rule.from) {
			if strings.HasPrefix(reached, rule.to) {
				t.Errorf("%s reaches %s: %s", rule.from, reached, rule.why)
			}
		}
	}
}

// dependencies are what a package of ours links, ours and others'.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./"+pkg).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}

// sourceFile is a Go file of ours that is no test.
type sourceFile struct {
	path string
	set  *token.FileSet
	ast  *ast.File
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var all []sourceFile
	for _, path := range append(files(t, "plugin", ".go"), append(files(t, "distros", ".go"), "main.go")...) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f := sourceFile{path: path, set: token.NewFileSet()}
		var err error
		if f.ast, err = parser.ParseFile(f.set, path, nil, parser.ParseComments); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// files are those below a directory whose names end in a certain way, what
// tests read aside.
func files(t *testing.T, dir, end string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "testdata" {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() && strings.HasSuffix(path, end) {
			all = append(all, path)
		}
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("files below %s: %v, %d", dir, err, len(all))
	}
	return all
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]string{}
	for _, f := range sourceFiles(t) {
		said[filepath.Dir(f.path)] += f.ast.Doc.Text()
	}
	for dir, text := range said {
		if synopsis := new(doc.Package).Synopsis(text); len(strings.Fields(synopsis)) < 4 {
			t.Errorf("%s: its comment says %q", dir, synopsis)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if lines := f.set.File(f.ast.Pos()).LineCount(); lines > 400 {
			t.Errorf("%s has %d lines, 400 are the most", f.path, lines)
		}
	}
}

// None over 60 lines, nine in ten under 30.
func TestFunctionsAreShort(t *testing.T) {
	var all, long int
	for _, f := range sourceFiles(t) {
		for _, d := range f.ast.Decls {
			function, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := f.set.Position(function.End()).Line - f.set.Position(function.Pos()).Line + 1
			all++
			if lines >= 30 {
				long++
			}
			if lines > 60 {
				t.Errorf("%s: %s has %d lines, 60 are the most", f.set.Position(function.Pos()), function.Name.Name, lines)
			}
		}
	}
	if long*10 > all {
		t.Errorf("%d of %d functions have 30 lines or more: one in ten may", long, all)
	}
}

func TestExamplesLoad(t *testing.T) {
	for _, path := range files(t, "examples", "packages.yml") {
		_, warnings, err := settings.Load(nil, os.DirFS(filepath.Dir(path)))
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v %q", path, err, warnings)
		}
	}
}

// What docs/testing.md names as the test of a promise is one.
func TestPromisesHaveTheirTests(t *testing.T) {
	text, err := os.ReadFile("docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, path := range files(t, ".", "_test.go") {
		code, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(code)
	}
	named := regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) == 0 {
		t.Error("it names none")
	}
	for _, name := range named {
		if !strings.Contains(tests.String(), "\nfunc "+name[1]+"(t *testing.T) {") {
			t.Errorf("docs/testing.md: there is no %s", name[1])
		}
	}
}

// What README shows is there, small, and said in words.
func TestPicturesOfTheReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	pictures := regexp.MustCompile(`!\[([^]]*)\]\(([^)]*)\)`).FindAllStringSubmatch(string(text), -1)
	if len(pictures) == 0 {
		t.Error("there is none")
	}
	for _, p := range pictures {
		if words := len(strings.Fields(p[1])); words < 5 {
			t.Errorf("%s: it is told in %d words", p[2], words)
		}
		if info, err := os.Stat(p[2]); err != nil || info.Size() > 300_000 {
			t.Errorf("%s: %v, or of more than 300 kB", p[2], err)
		}
	}
}
