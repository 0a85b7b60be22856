package settings_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

// oddValues stand where compose files have something else.
var oddValues = []string{"null", "''", "x", "3", "-1", "1.5", "true", "[]", "[null]", "[x]", "[[x]]", "[{a: b}]", "{}", "{a: null}", "{a: b}", "{a: {b: c}}", "!!binary eA==", "2020-01-01"}

// Any value in the place of any other: services, or problems; no panic of the
// specification's reader reaches the user, and each problem has its place.
func TestOddComposeFiles(t *testing.T) {
	text, err := os.ReadFile("testdata/compose/five.yml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		t.Fatal(err)
	}
	tried, odds := 0, oddValues
	if testing.Short() {
		odds = odds[:6]
	}
	eachValue(&doc, func(n *yaml.Node) {
		was := *n
		defer func() { *n = was }()
		for _, odd := range odds {
			var other yaml.Node
			if err := yaml.Load([]byte(odd), &other); err != nil {
				t.Fatal(err)
			}
			*n = *other.Content[0]
			changed, err := yaml.Dump(&doc)
			if err != nil {
				continue // what it stood for is referred to elsewhere
			}
			tried++
			oddCompose(t, fmt.Sprintf("line %d: %s", was.Line, odd), string(changed))
		}
	})
	if tried < 300 {
		t.Errorf("only %d files were tried", tried)
	}
}

func TestAReaderThatPanicsIsTold(t *testing.T) {
	_, err := settings.Tamed(func() (int, error) { panic("not a string") })
	if want := "the reader of compose files does not take it: not a string"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func oddCompose(t *testing.T, what, text string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: panic: %v", what, p)
		}
	}()
	_, err := compose(text)
	for _, problem := range problems(err) {
		if !strings.HasPrefix(problem, "ci/compose.yaml:") && !strings.HasPrefix(problem, "ci/compose.yaml: it has no services") {
			t.Errorf("%s: a problem without a place: %s", what, problem)
		}
	}
}

// eachValue visits every value of a document.
func eachValue(n *yaml.Node, visit func(*yaml.Node)) {
	for i, child := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			eachValue(child, visit)
			if n.Kind != yaml.DocumentNode {
				visit(child)
			}
		}
	}
}
