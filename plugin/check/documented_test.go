package check

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every kind and attribute that the agent can answer with, of itself, has a
// row in docs/derived.md, and each row is something that it can.
func TestDerivedChecksAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/derived.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		cell := strings.Split(line, "|")
		if len(cell) < 7 || strings.HasPrefix(cell[1], "---") || strings.TrimSpace(cell[1]) == "kind" {
			continue
		}
		for kind := range strings.SplitSeq(cell[1], ",") {
			for attribute := range strings.SplitSeq(cell[2], ",") {
				rows[strings.TrimSpace(kind)+" "+strings.TrimSpace(attribute)] = true
			}
		}
	}
	emitted := emittedChecks(t)
	if len(emitted) < 40 {
		t.Errorf("only %d kinds are found in the code: %v", len(emitted), emitted)
	}
	for _, e := range emitted {
		if !rows[e] {
			t.Errorf("the agent answers with %q, which has no row in docs/derived.md", e)
		}
		delete(rows, e)
	}
	for row := range rows {
		if !slices.Contains(notLiteral, row) {
			t.Errorf("docs/derived.md has a row %q, with which the agent does not answer", row)
		}
	}
}

// notLiteral are those whose attribute is found out at run time; computed
// kinds are those of attributes whose kind is, where it is not a unit's.
var (
	notLiteral = []string{"privilege setgid", "service restarted",
		"package all owned", "package each of one package", "package as packaged", "package scriptlets find their commands"}
	computedKinds = map[string][]string{"exists": {"user", "group"}, "new": {"user", "group"}, "listens": {"socket"}, "reachable": {"tcp", "http"}}
)

// emittedChecks are the kinds and attributes written down in this package's
// code: in literals of result.Check, and as arguments of what makes them.
func emittedChecks(t *testing.T) []string {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := goparser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			all = append(all, emittedBy(n)...)
			return true
		})
	}
	return distinct(all)
}

// makers make checks; their arguments are kind, subject and attribute.
var makers = []string{"failed", "warned", "passed", "judgeLines"}

func emittedBy(n ast.Node) []string {
	var kind, attribute ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		name, ok := n.Fun.(*ast.Ident)
		switch {
		case !ok || len(n.Args) < 3:
		case slices.Contains(makers, name.Name):
			kind, attribute = n.Args[0], n.Args[2]
		case name.Name == "skipped":
			kind, attribute = nil, n.Args[1]
		}
	case *ast.CompositeLit:
		for _, e := range n.Elts {
			pair, ok := e.(*ast.KeyValueExpr)
			if key, named := pairKey(pair, ok); named && key == "Kind" {
				kind = pair.Value
			} else if key == "Attribute" {
				attribute = pair.Value
			}
		}
	}
	what := literal(attribute)
	switch {
	case what == "":
		return nil
	case literal(kind) != "":
		return []string{literal(kind) + " " + what}
	case computedKinds[what] == nil:
		return []string{"service " + what}
	}
	var all []string
	for _, k := range computedKinds[what] {
		all = append(all, k+" "+what)
	}
	return all
}

func pairKey(pair *ast.KeyValueExpr, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	key, ok := pair.Key.(*ast.Ident)
	if !ok {
		return "", false
	}
	return key.Name, true
}

func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	text, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return text
}
