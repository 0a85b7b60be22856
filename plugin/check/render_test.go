package check

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// rendering are the variables of these tests.
var rendering = map[string]any{
	"Vars": map[string]any{"name": "greeter", "ports": []any{9101, 9102}, "empty": "", "list": []string{"a", "b"}, "text": "one\ntwo"},
	"Env":  map[string]string{"HOME": "/root"},
}

func TestRender(t *testing.T) {
	for text, want := range map[string]string{
		"plain: text\n":                                             "plain: text\n",
		"{{.Vars.name}} {{.Env.HOME}}":                              "greeter /root",
		"{{range .Vars.ports}}tcp:{{.}} {{end}}":                    "tcp:9101 tcp:9102 ",
		`{{range mkSlice "a" "b"}}{{. | toUpper}}{{end}}`:           "AB",
		`{{upper "a"}}{{lower "B"}}{{toLower "C"}}`:                 "Abc",
		`{{if .Vars.name | regexMatch "^gr"}}yes{{end}}`:            "yes",
		`{{.Vars.name | quote}} {{quote 5}}`:                        `"greeter" "5"`,
		`{{.Vars.empty | default "x"}}{{"y" | default "x"}}`:        "xy",
		`{{.Vars.list | join "+"}} {{join "+" .Vars.ports}}`:        "a+b 9101+9102",
		`{{index (split "," "a,b") 1}}`:                             "b",
		`{{"a-b-c" | replace "-" "_"}}`:                             "a_b_c",
		`{{trim "  a "}}|`:                                          "a|",
		`{{.Vars.text | indent 2}}`:                                 "  one\n  two",
		`{{toJSON .Vars.ports}} {{toJson .Vars.list}}`:              `[9101,9102] ["a","b"]`,
		`{{getEnv "HOME"}} {{getEnv "NONE" "x"}}{{getEnv "NONE"}}.`: "/root x.",
		`{{- /* nothing */ -}} x`:                                   "x",
		`{{define "t"}}<{{.}}>{{end}}{{template "t" "in"}}`:         "<in>",
	} {
		got, err := Render("checks.yaml", text, rendering)
		if err != nil || got != want {
			t.Errorf("%s\ngot  %q, %v\nwant %q", text, got, err, want)
		}
	}
}

func TestGetEnvLooksOnlyIntoEnv(t *testing.T) {
	t.Setenv("HOME", "/home/of/the/host")
	for _, vars := range []any{nil, 5, map[string]any{}, map[string]any{"Env": map[string]any{}}, map[string]any{"Env": map[string]string{"PATH": "x"}}} {
		if got, err := Render("x", `{{getEnv "HOME" "none"}}`, vars); err != nil || got != "none" {
			t.Errorf("%v: got %q, %v", vars, got, err)
		}
	}
	if got, err := Render("x", `{{getEnv "N"}}`, map[string]any{"Env": map[string]any{"N": 5.0}}); err != nil || got != "5" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRenderTellsWhere(t *testing.T) {
	for text, want := range map[string]string{
		"a: b\nc: {{.Vars.none}}\n":       `checks.yaml:2:11: .Vars.none: map has no entry for key "none"`,
		"a: {{.Other}}":                   `checks.yaml:1:6: .Other: map has no entry for key "Other"`,
		"a: b\nc:  {{if}}":                "checks.yaml:2:5: missing value for if",
		"a: {{ .Vars.name\n":              "checks.yaml:2:1: unclosed action started in line 1",
		"{{range .Vars.ports}}":           "checks.yaml:1:1: unexpected EOF",
		"a: {{uper .Vars.name}}":          `checks.yaml:1:4: function "uper" not defined: did you mean "upper"?`,
		"a: {{readFile \"/etc/passwd\"}}": `checks.yaml:1:6: readFile "/etc/passwd": error calling readFile: a file is read by no template; give its text as a variable`,
		"a: {{getEnv 5}}":                 `checks.yaml:1:13: 5: expected string; found 5`,
		"a: {{regexMatch \"(\" \"a\"}}":   "checks.yaml:1:6: regexMatch \"(\" \"a\": error calling regexMatch: error parsing regexp: missing closing ): `(`",
		"a: {{indent 5000 \"a\"}}":        `checks.yaml:1:6: indent 5000 "a": error calling indent: indent: found 5000, wanted up to 1000`,
		"a: {{join \",\" 5}}":             `checks.yaml:1:6: join "," 5: error calling join: join: found int, wanted a list`,
		"a: {{index .Vars.ports 7}}":      `checks.yaml:1:6: index .Vars.ports 7: error calling index: index out of range: 7`,
		"\n{{define \"x\"}}{{.Vars.none}}{{end}}{{template \"x\" .}}":                                                `checks.yaml:2:22: .Vars.none: map has no entry for key "none"`,
		"{{range .Vars.name | split \"\"}}{{range $.Vars.name | split \"\"}}{{printf \"%999999d\" 1}}{{end}}{{end}}": "checks.yaml:1:1: it becomes more than 16 MiB",
		"{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}":                                                `checks.yaml:1:26: {{template "x"}}: exceeded maximum template depth (100000)`,
	} {
		got, err := Render("checks.yaml", text, rendering)
		if err == nil || err.Error() != want || got != "" {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestRenderNode(t *testing.T) {
	text := `a: &a "{{.Vars.name}}"
"k {{.Vars.name}}": *a
list: [plain, 'port {{index .Vars.ports 0}}']
`
	got, errs := RenderNode("packages.yml", parseYAML(t, text), rendering)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var value any
	if err := got.Decode(&value); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"a": "greeter", "k greeter": "greeter", "list": []any{"plain", "port 9101"}}
	if d := cmp.Diff(want, value); d != "" {
		t.Error(d)
	}
}

func TestRenderNodeTellsWhereInItsFile(t *testing.T) {
	text := `checks:
  plain: x {{.none}}
  quoted: "{{.none}}"
  block: |
    one
    {{.none}}
  twice: "{{.none}}"
`
	n := parseYAML(t, text)
	_, errs := RenderNode("packages.yml", n, rendering)
	var got []string
	for _, err := range errs {
		got = append(got, strings.TrimSuffix(err.Error(), `: .none: map has no entry for key "none"`))
	}
	// The column in a block is that without its indentation.
	if d := cmp.Diff([]string{"packages.yml:2:14", "packages.yml:3:14", "packages.yml:6:3", "packages.yml:7:13"}, got); d != "" {
		t.Error(d)
	}
	if n.Content[0].Content[1].Content[3].Value != "{{.none}}" {
		t.Error("the node itself was changed")
	}
}

func FuzzRender(f *testing.F) {
	for _, text := range []string{"{{.Vars.name}}", `{{range mkSlice "a"}}{{.|quote}}{{end}}`, "{{if}}", `{{"a"|replace "" "b"|indent 3}}`, "{{define \"x\"}}{{end}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := Render("x", text, rendering)
		if err != nil && !strings.HasPrefix(err.Error(), "x:") {
			t.Errorf("no place: %v", err)
		}
		n := &yaml.Node{Kind: yaml.ScalarNode, Value: text, Line: 1, Column: 1}
		_, _ = RenderNode("x", n, rendering)
	})
}
