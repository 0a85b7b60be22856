package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"go.yaml.in/yaml/v4"
)

// FileNames are the settings files looked for, the first that is there wins.
func FileNames() []string { return []string{"packages.yml", "packages.yaml"} }

// Load reads the settings file of the workspace, if there is one, and the
// environment (KEY=VALUE each) on top of it. Warnings are for the log. The
// error, a *multierror.Error, holds every problem; none of them shows the
// value of a secret.
func Load(environ []string, workspace fs.FS) (Settings, []string, error) {
	var s Settings
	var found problems
	env, warnings := normalize(environ)
	s.applyDefaults()
	found.add(s.applyFile(env, workspace)...)
	values, err := lookUp(env)
	if err != nil {
		return s, warnings, err
	}
	found.add(s.applyEnvironment(values)...)
	warnings = append(warnings, s.leftOut(workspace)...)
	found.add(s.readDefinitions(workspace)...)
	found.add(s.readFiles(workspace)...)
	found.add(s.readChecks(workspace)...)
	found.add(s.readCompose(env, workspace)...)
	found.add(s.validate(env)...)
	return s, warnings, found.err()
}

// problems are what is wrong, in the order it was found.
type problems struct{ all *multierror.Error }

func (p *problems) add(errs ...error) { p.all = multierror.Append(p.all, errs...) }

// err is all of them, or nil.
func (p *problems) err() error {
	if p.all == nil || len(p.all.Errors) == 0 {
		return nil
	}
	p.all.ErrorFormat = formatProblems
	return p.all
}

func formatProblems(errs []error) string {
	var b strings.Builder
	noun := "problems"
	if len(errs) == 1 {
		noun = "problem"
	}
	fmt.Fprintf(&b, "%d %s in the settings:", len(errs), noun)
	for _, err := range errs {
		fmt.Fprintf(&b, "\n  %v", err)
	}
	return b.String()
}

// applyDefaults sets what the default tags say.
func (s *Settings) applyDefaults() {
	for _, f := range fields() {
		if f.fallback != "" {
			// Defaults are ours; a test holds that each of them decodes.
			_ = decodeText(s.field(f), f.fallback, place{name: f.variable})
		}
	}
}

// applyFile reads the settings file.
func (s *Settings) applyFile(env map[string]string, workspace fs.FS) []error {
	names := FileNames()
	own, asked := env["PLUGIN_FILE"]
	if asked {
		names = []string{path.Clean(own)}
	}
	for _, name := range names {
		if !fs.ValidPath(name) {
			return []error{fmt.Errorf("PLUGIN_FILE: found %q, wanted a file inside the workspace, such as ci/packages.yml", own)}
		}
		text, err := fs.ReadFile(workspace, name)
		if errors.Is(err, fs.ErrNotExist) && !asked {
			continue
		}
		if err != nil {
			return []error{fmt.Errorf("settings file: %w", err)}
		}
		return s.decodeFile(name, text)
	}
	return nil
}

// leftOut warns of a settings file beside the source that nobody named, where
// no other is read.
func (s *Settings) leftOut(workspace fs.FS) []string {
	there := func(name string) bool {
		_, err := fs.Stat(workspace, name)
		return err == nil
	}
	if s.File != "" || slices.ContainsFunc(FileNames(), there) {
		return nil
	}
	for _, name := range FileNames() {
		if beside := path.Join(s.Source, name); there(beside) {
			return []string{fmt.Sprintf("%s is not read: settings are read at the top of the workspace; set file to %s to have it read", beside, beside)}
		}
	}
	return nil
}

func (s *Settings) decodeFile(name string, text []byte) []error {
	return decodeYAML(reflect.ValueOf(s).Elem(), name, text)
}

// decodeYAML decodes the one document of a file, strictly.
func decodeYAML(v reflect.Value, name string, text []byte) []error {
	doc, errs := document(name, text)
	if doc == nil {
		return errs
	}
	return append(errs, decodeNode(v, doc, place{file: name})...)
}

// document is the one document of a YAML file; nil if it holds none.
func document(name string, text []byte) (*yaml.Node, []error) {
	var docs []yaml.Node
	if err := yaml.Load(text, &docs, yaml.WithAllDocuments()); err != nil {
		return nil, []error{notYAML(name, err)}
	}
	var errs []error
	for _, doc := range docs[min(1, len(docs)):] {
		errs = append(errs, fmt.Errorf("%s:%d:%d: found another document, wanted one", name, doc.Line, doc.Column))
	}
	if len(docs) == 0 {
		return nil, errs
	}
	return docs[0].Content[0], errs
}

// notYAML says where the text stops being YAML. What follows an unquoted *
// may be a pattern or a secret: it is not shown.
func notYAML(name string, err error) error {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: not YAML: %w", name, err)
	}
	if at.Mark.Line > 0 {
		name = fmt.Sprintf("%s:%d:%d", name, at.Mark.Line, at.Mark.Column)
	}
	message := at.Message
	if strings.HasPrefix(message, "unknown anchor") {
		message = "* begins an alias, and there is no such anchor: quote what begins with *"
	}
	return fmt.Errorf("%s: not YAML: %s", name, message)
}

// applyEnvironment decodes the variables that are set.
func (s *Settings) applyEnvironment(values map[string]string) []error {
	var errs []error
	for _, f := range fields() {
		text, ok := values[f.variable]
		if !ok {
			continue
		}
		// What the environment sets replaces what the file set.
		s.field(f).SetZero()
		errs = append(errs, decodeText(s.field(f), text, place{name: f.variable}.with(f))...)
	}
	return errs
}

// field is one setting, as its struct field says.
type field struct {
	index    int
	key      string // distros
	variable string // PLUGIN_DISTROS
	fallback string
	choices  []string
	form     string
	secret   bool
	// notInFile is true of a variable that is no key of a settings file.
	notInFile bool
}

// fields are the settings at the top level, in the order of the manual.
func fields() []field { return fieldsOf(reflect.TypeFor[Settings]()) }

func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		key := tag.Get("yaml")
		if key == "-" {
			continue
		}
		one := field{
			index: i, key: key, variable: "PLUGIN_" + strings.ToUpper(key),
			fallback: tag.Get("default"), form: tag.Get("form"), secret: tag.Get("secret") == "true",
			notInFile: tag.Get("from") == "environment",
		}
		if choices := tag.Get("enum"); choices != "" {
			one.choices = strings.Split(choices, ",")
		}
		all = append(all, one)
	}
	return all
}

func (s *Settings) field(f field) reflect.Value {
	return reflect.ValueOf(s).Elem().Field(f.index)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
