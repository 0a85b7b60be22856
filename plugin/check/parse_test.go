package check

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write the document and the goldens anew")

// Each file is a spec that is refused, and all that is said about it.
func TestRefused(t *testing.T) {
	names, err := filepath.Glob("testdata/refuse/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s, errs := ParseSpec("checks.yaml", parseYAML(t, string(a.Files[0].Data)))
			var got strings.Builder
			for _, err := range errs {
				fmt.Fprintln(&got, err)
			}
			if strings.Contains(got.String(), "secret") {
				t.Errorf("a secret is shown:\n%s", &got)
			}
			if len(errs) == 0 || len(s.Tests) > 0 {
				t.Errorf("it is not refused: %v", s)
			}
			if *update {
				a.Files[1].Data = []byte(got.String())
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(a.Files[1].Data), got.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseSpec(t *testing.T) {
	got := parse(t, `
http:
  http://localhost/health:
    title: it is well
    meta: {owner: me}
    status: 200
    body: [ok, "!error"]
    request-headers: "X-One: 1"
    allow-insecure: true
    retry: 10s
    retry_delay: 250
    timeout: 1500
    when: [installed, upgraded]
    services: [rabbitmq]
file:
  /etc/greeter.conf: {exists: true, mode: 640, contents: [], skip: not yet, retry: 3, timeout: 0, retry_delay: 0}
  conf: {path: /etc/x, exists: {not: true}, skip: false, retry_count: 2, timeout: 2s, when: restarted}
service: ~
package: {}
`)
	want := Spec{Tests: []Test{
		{
			Kind: "http", Name: "http://localhost/health", Place: "x.yaml:3:3", Title: "it is well",
			When: []Moment{AfterInstall, AfterUpgrade}, Services: []string{"rabbitmq"},
			Retry: Retry{Within: 10 * time.Second, Delay: 250 * time.Millisecond}, Timeout: 1500 * time.Millisecond,
			Options: map[string]any{"url": "http://localhost/health", "request-headers": []any{"X-One: 1"}, "allow-insecure": true},
			Asks: []Ask{
				{"status", Matcher{Is: isNumber, Want: 200.0}}, {"body", Matcher{Is: havePatterns, Want: []any{"ok", "!error"}}},
			},
		},
		{
			Kind: "file", Name: "/etc/greeter.conf", Place: "x.yaml:16:3", Skip: "not yet", Retry: Retry{Count: 3}, Timeout: 10 * time.Second,
			Options: map[string]any{"path": "/etc/greeter.conf"},
			Asks:    []Ask{{"exists", Matcher{Is: isTrue, Want: true}}, {"mode", Matcher{Is: isText, Want: "0640"}}},
		},
		{
			Kind: "file", Name: "conf", Place: "x.yaml:17:3", When: []Moment{AfterRestart}, Retry: Retry{Count: 2}, Timeout: 2 * time.Second,
			Options: map[string]any{"path": "/etc/x"},
			Asks:    []Ask{{"exists", Matcher{Is: not, Of: []Matcher{{Is: isTrue, Want: true}}}}},
		},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got.String() != "3 checks: 2 file, 1 http" {
		t.Errorf("it says %q", got)
	}
}

func TestSpecsThatHoldNothing(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "~", "{}", "file:", "file: {}"} {
		s, errs := LoadSpec("x.yaml", text, nil)
		if len(errs) > 0 || len(s.Tests) > 0 || s.String() != "no checks" {
			t.Errorf("%q: %v, %v", text, s, errs)
		}
	}
	if s, errs := ParseSpec("x.yaml", nil); len(errs) > 0 || len(s.Tests) > 0 {
		t.Errorf("nil: %v, %v", s, errs)
	}
}

// A literal is what its attribute needs it to be.
func TestLiterals(t *testing.T) {
	for text, want := range map[string]Matcher{
		"command: {a: {exit-status: \"3\"}}":                        {Is: isNumber, Want: 3.0},
		"command: {a: {exit-status: 0x10}}":                         {Is: isNumber, Want: 16.0},
		"process: {a: {running: \"true\"}}":                         {Is: isText, Want: "true"},
		"kernel-param: {a: {value: 1}}":                             {Is: isNumber, Want: 1.0},
		"kernel-param: {a: {value: \"1\"}}":                         {Is: isText, Want: "1"},
		"kernel-param: {a: {value: true}}":                          {Is: isTrue, Want: true},
		"kernel-param: {a: {value: 2020-01-01}}":                    {Is: isText, Want: "2020-01-01"},
		"kernel-param: {a: {value: [1, b]}}":                        {Is: containElements, Of: []Matcher{{Is: isNumber, Want: 1.0}, {Is: isText, Want: "b"}}},
		"matching: {a: {matches: [/b/], content: 1}}":               {Is: containElements, Of: []Matcher{{Is: isText, Want: "/b/"}}},
		"matching: {a: {matches: [/b/], as-reader: true}}":          {Is: havePatterns, Want: []any{"/b/"}},
		"matching: {a: {matches: {equal: {b: [1, ~, true, x]}}}}":   {Is: equal, Want: map[string]any{"b": []any{1.0, nil, true, "x"}}},
		"matching: {a: {matches: {gjson: {b: c}}}}":                 {Is: gjsonPath, Keys: []string{"b"}, Of: []Matcher{{Is: isText, Want: "c"}}},
		"matching: {a: {matches: {be-numerically: [\"~\", 1, 2]}}}": {Is: beNumerically, Want: []any{"~", 1.0, 2.0}},
	} {
		got := parse(t, text).Tests[0].Asks
		if d := cmp.Diff([]Ask{{got[0].Attribute, want}}, got); d != "" {
			t.Errorf("%s\n%s", text, d)
		}
	}
	for text, want := range map[string]string{"644": "0644", "0644": "0644", `"4755"`: "4755", "0o600": "0600", "7": "0007"} {
		got := parse(t, "file: {/a: {exists: true, mode: "+text+"}}").Tests[0].Asks[1].Want.Want
		if got != want {
			t.Errorf("mode: %s is %v, want %s", text, got, want)
		}
	}
}

func TestAliasesAndMergeKeys(t *testing.T) {
	got := parse(t, `
command:
  one: &defaults {exit-status: 0, stdout: [&word hi], timeout: 5s}
  two: {<<: *defaults, stdout: [*word, ho]}
  three: {<<: [{exec: a}, *defaults]}
  four: *defaults
`)
	for i, want := range []string{"a line with \"hi\"", "a line with \"hi\", a line with \"ho\"", "a line with \"hi\"", "a line with \"hi\""} {
		test := got.Tests[i]
		if test.Asks[1].Want.String() != want || test.Timeout != 5*time.Second {
			t.Errorf("%s: %v", test.Name, test)
		}
	}
	if got.Tests[2].text("exec") != "a" {
		t.Errorf("merged: %v", got.Tests[2])
	}
}

// Aliases can repeat what is written without end.
func TestBombs(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for i := 'b'; i < 'j'; i++ {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	for name, text := range map[string]string{
		"many":         "matching:\n  m: {matches: a, content: *i}\n",
		"in itself":    "matching: {m: &m {matches: {equal: *m}}}",
		"merge":        "matching: &m {<<: *m}",
		"matchers":     "matching: {m: {matches: &m {not: *m}}}",
		"deep":         "matching: {m: {matches: " + strings.Repeat("{not: ", 200) + "a" + strings.Repeat("}", 200) + "}}",
		"deep in deep": "matching: {m: {matches: a, content: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}}",
	} {
		if name == "many" {
			text = "meta:\n" + indented(bomb) + text
		}
		var doc yaml.Node
		if err := yaml.Load([]byte(text), &doc); err != nil {
			continue // refused before us
		}
		_, errs := ParseSpec("x.yaml", &doc)
		if len(errs) == 0 {
			t.Errorf("%s: not refused", name)
		}
		if len(errs) > 100 {
			t.Errorf("%s: %d errors", name, len(errs))
		}
	}
}

func indented(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") + "\n"
}

func TestLoadSpecTellsWhereItIsNoYAML(t *testing.T) {
	for text, want := range map[string]string{
		"file: [\n":             "checks.yaml:2:1: not YAML: did not find expected node content",
		"a: b\n\tc: d":          "checks.yaml:2:1: not YAML: found a tab character that violates indentation",
		"a: 1\n---\nb: 2\n":     "checks.yaml: not YAML: ",
		"a: {{.none}}\n":        "checks.yaml:1:6: .none: ",
		"a: b\nc: {{if}}\n":     "checks.yaml:2:4: missing value for if",
		"file: {/a: {mode: 1}}": "checks.yaml:1:8: file /a: exists is missing (true or false)",
	} {
		_, errs := LoadSpec("checks.yaml", text, map[string]any{})
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("%q: got %v, want %s", text, errs, want)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	for _, pattern := range []string{"testdata/refuse/*.txtar", "testdata/goss/*.yaml"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		var doc yaml.Node
		if yaml.Load([]byte(text), &doc) != nil {
			return
		}
		s, errs := ParseSpec("x", &doc)
		if len(errs) == 0 && len(s.Tests) > 0 {
			_ = s.String()
			for _, one := range s.Tests {
				for _, ask := range one.Asks {
					_ = ask.Want.String()
					_, _ = ask.Want.match(one.Options["content"])
				}
			}
		}
	})
}
