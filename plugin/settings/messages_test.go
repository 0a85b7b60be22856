package settings_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Words of ours are what users see: each stands in a test.
func TestEveryMessageIsInATest(t *testing.T) {
	tests := textOf(t, "*_test.go", "testdata/bad/*.yml", "testdata/unsound/*.yml", "testdata/compose/bad/*.yml")
	verb := regexp.MustCompile(`%[a-z]`)
	for _, words := range wordsOf(t) {
		for _, part := range verb.Split(words, -1) {
			quoted := strings.Trim(strconv.Quote(part), `"`)
			if !strings.Contains(tests, part) && !strings.Contains(tests, quoted) {
				t.Errorf("no test says %q", words)
			}
		}
	}
}

// wordsOf are the strings in this package's code that have a space in them.
func wordsOf(t *testing.T) []string {
	t.Helper()
	var words []string
	for _, file := range glob(t, "*.go") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if _, tagged := n.(*ast.Field); tagged {
				return false
			}
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && strings.Contains(strings.TrimSpace(text), " ") {
					words = append(words, text)
				}
			}
			return true
		})
	}
	return words
}

func textOf(t *testing.T, patterns ...string) string {
	t.Helper()
	var b strings.Builder
	for _, pattern := range patterns {
		for _, file := range glob(t, pattern) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(text)
		}
	}
	return b.String()
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", pattern, err, len(files))
	}
	return files
}
