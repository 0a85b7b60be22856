package settings_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

var update = flag.Bool("update", false, "write the documents anew")

const (
	manualFile = "../../docs/settings.md"
	readmeFile = "../../README.md"
)

// entry is a setting as its field, its tags and its comment say.
type entry struct {
	key, variable, kind, fallback string
	choices                       []string
	secret, notInFile             bool
	// line is the first paragraph of the comment, more the others.
	line string
	more []string
}

// manual is every setting, in order; those inside of others follow them.
func manual(t *testing.T) []entry {
	t.Helper()
	docs := comments(t)
	var all []entry
	for _, e := range entriesOf(reflect.TypeFor[settings.Settings](), "", docs) {
		all = append(all, e)
		switch e.key {
		case "define":
			all = append(all, entriesOf(reflect.TypeFor[settings.Definition](), "define.NAME.", docs)...)
		case "packages":
			all = append(all, entriesOf(reflect.TypeFor[settings.Package](), "packages.NAME.", docs)...)
		case "services":
			all = append(all, entriesOf(reflect.TypeFor[settings.Service](), "services.NAME.", docs)...)
			all = append(all, entriesOf(reflect.TypeFor[settings.Ready](), "services.NAME.ready.", docs)...)
		case "test":
			all = append(all, entriesOf(reflect.TypeFor[settings.Test](), "test.", docs)...)
			all = append(all, entriesOf(reflect.TypeFor[settings.File](), "test.files.PATH.", docs)...)
		}
	}
	return all
}

func entriesOf(of reflect.Type, prefix string, docs map[string]string) []entry {
	var all []entry
	for i := range of.NumField() {
		f := of.Field(i)
		key := f.Tag.Get("yaml")
		if key == "-" {
			continue
		}
		paragraphs := paragraphsOf(docs[of.Name()+"."+f.Name], f.Name, key)
		e := entry{
			key: prefix + key, kind: kindOf(f.Type), fallback: f.Tag.Get("default"),
			secret: f.Tag.Get("secret") == "true", line: paragraphs[0], more: paragraphs[1:],
		}
		e.notInFile = f.Tag.Get("from") == "environment"
		if prefix == "" {
			e.variable = "PLUGIN_" + strings.ToUpper(key)
		}
		if choices := f.Tag.Get("enum"); choices != "" {
			e.choices = strings.Split(choices, ",")
		}
		all = append(all, e)
	}
	return all
}

// paragraphsOf a comment, a line each. A field's name of several words is not
// what users call it: its key takes its place.
func paragraphsOf(comment, name, key string) []string {
	if rest, ok := strings.CutPrefix(comment, name+" "); ok && !strings.EqualFold(name, key) {
		comment = "`" + key + "` " + rest
	}
	var all []string
	for p := range strings.SplitSeq(strings.TrimSpace(comment), "\n\n") {
		all = append(all, strings.ReplaceAll(p, "\n", " "))
	}
	return all
}

func kindOf(t reflect.Type) string {
	if t == reflect.TypeFor[settings.Services]() {
		return "mapping of names, or a path"
	}
	if t.Kind() == reflect.Map && t.Name() == "" {
		return "mapping of names"
	}
	if t.Kind() == reflect.Struct {
		return "mapping"
	}
	return strings.ToLower(t.Name())
}

// comments are what the settings' types say of themselves, and of their fields
// as TYPE.FIELD.
func comments(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	for _, name := range []string{"settings.go", "services.go", "define.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		addComments(docs, file)
	}
	return docs
}

func addComments(docs map[string]string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		docs[spec.Name.Name] = spec.Doc.Text()
		if fields, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range fields.Fields.List {
				docs[spec.Name.Name+"."+f.Names[0].Name] = f.Doc.Text()
			}
		}
		return false
	})
}

func TestEverySettingIsDocumented(t *testing.T) {
	for _, e := range manual(t) {
		if e.line == "" || !strings.HasSuffix(e.line, ".") {
			t.Errorf("%s: its comment begins with no sentence: %q", e.key, e.line)
		}
	}
}

func TestTheManualNamesEveryPhase(t *testing.T) {
	all := manual(t)
	e := all[slices.IndexFunc(all, func(e entry) bool { return e.key == "test.lifecycle" })]
	if want := strings.Join(settings.Phases, ", ") + "."; len(e.more) == 0 || !strings.HasSuffix(e.more[0], want) {
		t.Errorf("%q does not end with %q", e.more, want)
	}
}

const manualHead = `# Settings

Written by ` + "`make generate`" + ` from the comments in ` + "`plugin/settings/settings.go`" + `.

A setting is a key under ` + "`settings:`" + ` of a CI step, the variable that CI hosts make of it, and a key of
` + "`packages.yml`" + ` (or ` + "`packages.yaml`" + `, or the one that ` + "`file`" + ` names). A variable wins
over the file, as a whole; one that is empty is not set. On GitHub ` + "`INPUT_…`" + ` is taken too, and dashes and dots in
names are underscores. Editors check ` + "`packages.yml`" + ` by [packages.schema.json](packages.schema.json); an example with
comments is [examples/packages.yml](../examples/packages.yml).

All problems are told at once, with their place, and end the run with exit code 2. A variable that is none of these is
warned of, with the nearest name. A ` + "`from_secret`" + ` inside of a list or map is not resolved by Drone: name variables in
` + "`environment_from`" + `.
`

func TestManualIsFresh(t *testing.T) {
	var b strings.Builder
	b.WriteString(manualHead)
	for _, e := range manual(t) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", e.key, strings.Join(e.facts(), " · "))
		for _, paragraph := range append([]string{e.line}, e.more...) {
			fmt.Fprintf(&b, "\n%s\n", paragraph)
		}
	}
	b.WriteString("\n## Values\n\n")
	docs := comments(t)
	for _, kind := range []string{"List", "Origins", "Commands", "Map", "Variables", "Bool", "Int", "Float", "Size", "Duration", "Words", "Script"} {
		fmt.Fprintf(&b, "- `%s`%s\n", strings.ToLower(kind), strings.TrimSuffix(strings.TrimPrefix(docs[kind], kind), "\n"))
	}
	b.WriteString("\n## Other names\n\n| variable | is |\n|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(settings.Aliases)) {
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", name, settings.Aliases[name])
	}
	b.WriteString("| `PLUGIN_DEBUG: true` | `PLUGIN_LOG_LEVEL: debug` |\n")
	fresh(t, manualFile, b.String())
}

// facts are the line below the name.
func (e entry) facts() []string {
	var facts []string
	if e.variable != "" {
		facts = append(facts, "`"+e.variable+"`")
	}
	facts = append(facts, e.kind)
	if len(e.choices) > 0 {
		facts = append(facts, "one of `"+strings.Join(e.choices, "`, `")+"`")
	}
	if e.fallback != "" {
		facts = append(facts, "default `"+e.fallback+"`")
	}
	if e.notInFile {
		facts = append(facts, "a variable alone")
	}
	if e.secret {
		facts = append(facts, "secret")
	}
	return facts
}

func TestReadmeIsFresh(t *testing.T) {
	const begin, end = "<!-- settings -->\n", "<!-- /settings -->\n"
	text, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begins := strings.Cut(string(text), begin)
	_, tail, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s: no %s...%s", readmeFile, begin, end)
	}
	table := "| setting | default | what |\n|---|---|---|\n"
	for _, e := range manual(t) {
		fallback := "–"
		if e.fallback != "" {
			fallback = "`" + e.fallback + "`"
		}
		table += fmt.Sprintf("| `%s` | %s | %s |\n", e.key, fallback, e.line)
	}
	fresh(t, readmeFile, head+begin+table+end+tail)
}

// fresh wants a document to be as it is generated, or writes it.
func fresh(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(text, string(have)); d != "" {
		t.Errorf("%s is stale: run make generate\n%s", file, d)
	}
}
