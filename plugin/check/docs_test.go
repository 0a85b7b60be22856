package check

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const documentIntro = `# Checks

Written by ` + "`make generate`" + ` from the table in ` + "`plugin/check/table.go`" + `.

What must hold of a machine on which the packages are installed, in the vocabulary of
[goss](https://github.com/goss-org/goss), which many people already write. Each kind is a mapping of subjects; each
subject has attributes, and for each of them a value or a [matcher](#matchers) says what is wanted:

` + "```yaml" + `
service:
  greeterd: {enabled: true, running: true}
port:
  tcp:9101: {listening: true, retry: 10s}
command:
  greeter hello:
    exit-status: 0
    stdout: [/^hello/, "!error"]
` + "```" + `

All checks are asked side by side, inside the machine. One fails when one of its attributes does. Where an attribute in
bold fails, or is found to be false, there is nothing more to ask: what the same check asks further is skipped, as in
goss. What is wrong with a check itself is an error before anything starts, with file, line and column.

## In every check

`

const documentContent = `## Content

` + "`contents`, `stdout`, `stderr`, `headers` and `body`" + ` are text. A list is of patterns, each of which must hold of its
lines; everything else is a matcher for the whole text, with the newline at its end.

| pattern | holds when |
|---|---|
| ` + "`text`" + ` | a line has the text in it |
| ` + "`!text`" + ` | no line has |
| ` + "`/expression/`" + ` | the [regular expression](https://golang.org/s/re2syntax) is found in a line; flags may follow: ` + "`/hello/i`" + ` |
| ` + "`!/expression/`" + ` | it is found in none |
| ` + "`\\!text`, `\\/text/`" + ` | a line has ` + "`!text`, `/text/`" + ` in it |

An empty list asks nothing; ` + "`\"\"`" + ` asks for no content at all.

## Matchers

A value alone is compared: text as text, numbers as numbers, whichever the machine has; a list wants an element for each
of its own, of which each may be a matcher. Where a matcher cannot judge what is found, such as whether a word is greater
than 5, the check fails, with ` + "`not`" + ` around it too.

`

const documentTemplates = `## Templates

A file is a [template](https://pkg.go.dev/text/template) before it is YAML, as in goss. What it asks for and is not
there is an error. Beside the functions of text/template there are
`

const documentCommon = `
With ` + "`retry`" + ` a check as a whole is asked again, all attributes together, and says after how many tries it passed or
gave up.

` + "```yaml" + `
http:
  http://localhost:9101/health:
    title: the daemon answers
    status: 200
    retry: 30s               # or 5: five further tries
    retry_delay: 500ms
    timeout: 2s              # of one try
    services: [rabbitmq]     # skipped where there is none
    when: [installed, restarted, upgraded]
command:
  greeter migrate:
    exit-status: 0
    skip: the migration is not written yet
` + "```" + `

## Kinds

`

const matcherExamples = `
` + "```yaml" + `
user:
  greeter:
    exists: true
    uid: {lt: 1000}
    groups: {and: [{contain-element: ssl-cert}, {not: {contain-element: sudo}}]}
package:
  greeter:
    installed: true
    versions: {contain-element: {have-prefix: "1.2-"}}
command:
  greeter status --json:
    exit-status: {or: [0, 3]}
    stdout: {gjson: {state: running, "workers.#": {ge: 2}}}
` + "```" + `
`

// document is docs/checks.md.
func document() string {
	var b strings.Builder
	b.WriteString(documentIntro)
	tableOf(&b, commonAttributes)
	b.WriteString(documentCommon)
	var links []string
	for _, k := range kinds {
		links = append(links, fmt.Sprintf("[%s](#%s)", k.name, k.name))
	}
	b.WriteString(strings.Join(links, " · ") + "\n")
	for _, k := range kinds {
		documentKind(&b, k)
	}
	b.WriteString("\n" + documentContent)
	documentMatchers(&b)
	b.WriteString(matcherExamples)
	b.WriteString("\n" + documentTemplates)
	b.WriteString("`mkSlice`, `regexMatch`, `toUpper`, `toLower`, `quote`, `default`, `join`, `split`, `replace`, `trim`, `indent` and\n`toJSON`; what is piped in is their last argument. `getEnv` looks into `.Env` and nowhere else, with a default as its second\nargument; `readFile` is refused.\n")
	b.WriteString("\n## Differences from goss\n\nBeside those named with each kind; goss is 0.4.9, of Debian 13. A test has both judge the same files on one machine.\n\n")
	for _, d := range differences {
		fmt.Fprintf(&b, "- %s\n", d)
	}
	return b.String()
}

func documentKind(b *strings.Builder, k kind) {
	fmt.Fprintf(b, "\n### %s\n\n%s The key is %s", k.name, k.doc, k.key)
	if k.subject != "" {
		fmt.Fprintf(b, ", or `%s` says it", k.subject)
	}
	fmt.Fprintf(b, ". One try may take %s.\n\n```yaml\n%s:\n  %s\n```\n\n", k.timeout, k.name, k.example)
	tableOf(b, append(k.asks(), k.options()...))
	if len(k.differs) > 0 {
		b.WriteString("\n")
	}
	for _, d := range k.differs {
		fmt.Fprintf(b, "- %s\n", d)
	}
}

// tableOf lists attributes: what decides whether more is asked in bold.
func tableOf(b *strings.Builder, attributes []attribute) {
	b.WriteString("| attribute | takes | what it is | otherwise in goss |\n|---|---|---|---|\n")
	for _, a := range attributes {
		name := "`" + a.name + "`"
		if a.use == gate {
			name = "**" + name + "**"
		}
		takes := string(a.value)
		switch a.use {
		case needed, gate:
			takes += ", required"
		case given:
			takes = "option: " + takes
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, takes, cell(a.doc), cell(a.differ))
	}
}

func documentMatchers(b *strings.Builder) {
	b.WriteString("| matcher | takes | what it wants | otherwise in goss |\n|---|---|---|---|\n")
	for _, m := range matcherKinds {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", m.name, m.argument, cell(m.doc), cell(m.differ))
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func TestDocumentIsFresh(t *testing.T) {
	const file = "../../docs/checks.md"
	if *update {
		if err := os.WriteFile(file, []byte(document()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(document(), string(have)); d != "" {
		t.Errorf("%s is stale: run make generate\n%s", file, d)
	}
}

func TestExamplesAreRight(t *testing.T) {
	for _, k := range kinds {
		spec, errs := LoadSpec("x.yaml", k.name+":\n  "+k.example+"\n", map[string]any{"version": "1.2.3"})
		if len(errs) > 0 || len(spec.Tests) != 1 {
			t.Errorf("%s: %v, %v", k.name, spec, errs)
		}
	}
	for text, want := range map[string]string{
		documentIntro: "3 checks: 1 service, 1 port, 1 command", documentCommon: "2 checks: 1 command, 1 http",
		matcherExamples: "3 checks: 1 package, 1 user, 1 command",
	} {
		_, after, _ := strings.Cut(text, "```yaml\n")
		example, _, _ := strings.Cut(after, "```")
		if spec, errs := LoadSpec("x.yaml", example, nil); len(errs) > 0 || spec.String() != want {
			t.Errorf("%v, %v\n%s", spec, errs, example)
		}
	}
}

// The table, the parser and what looks must know the same attributes.
func TestTheTableIsWhole(t *testing.T) {
	a, _ := asking(t, Request{}, files(t, nil), states())
	for _, k := range kinds {
		one := Test{Kind: k.name, Options: map[string]any{}}
		if k.subject != "" {
			one.Options[k.subject] = "none"
			if k.attribute(k.subject) == nil || k.attribute(k.subject).use != given {
				t.Errorf("%s: %s is no option", k.name, k.subject)
			}
		}
		found := k.look(a, t.Context(), one).found
		for _, at := range k.asks() {
			if found[at.name] == nil {
				t.Errorf("%s %s: nothing looks for it", k.name, at.name)
			}
		}
		if len(found) != len(k.asks()) {
			t.Errorf("%s: looks for %d attributes, the table has %d", k.name, len(found), len(k.asks()))
		}
		seen := map[string]bool{}
		for _, at := range append(k.attributes, commonAttributes...) {
			if seen[at.name] || at.doc == "" {
				t.Errorf("%s %s: twice, or without a word", k.name, at.name)
			}
			seen[at.name] = true
		}
		for i, at := range k.asks() {
			if (at.use == gate) && i > 0 {
				t.Errorf("%s %s: a gate must be asked first", k.name, at.name)
			}
		}
		if k.timeout <= 0 || k.doc == "" || k.key == "" {
			t.Errorf("%s: timeout, key or words are missing", k.name)
		}
	}
}
