package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"go.yaml.in/yaml/v4"
)

// fileNames are the settings files looked for, the first that is there wins.
var fileNames = []string{"packages.yml", "packages.yaml"}

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
			_ = decodeText(s.field(f), f.fallback, place{name: "default of " + f.key})
		}
	}
}

// applyFile reads the settings file.
func (s *Settings) applyFile(env map[string]string, workspace fs.FS) []error {
	names := fileNames
	if own := env["PLUGIN_FILE"]; own != "" {
		names = []string{own}
	}
	for _, name := range names {
		text, err := fs.ReadFile(workspace, name)
		if errors.Is(err, fs.ErrNotExist) && env["PLUGIN_FILE"] == "" {
			continue
		}
		if err != nil {
			return []error{fmt.Errorf("settings file: %w", err)}
		}
		return s.decodeFile(name, text)
	}
	return nil
}

func (s *Settings) decodeFile(name string, text []byte) []error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		return []error{fmt.Errorf("%s: not YAML: %w", name, err)}
	}
	root := &doc
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	return decodeNode(reflect.ValueOf(s).Elem(), root, place{file: name})
}

// applyEnvironment decodes the variables that are set.
func (s *Settings) applyEnvironment(values map[string]string) []error {
	var errs []error
	for _, f := range fields() {
		text, ok := values[f.variable]
		if !ok {
			continue
		}
		at := place{name: f.variable, secret: f.secret}
		if strings.HasPrefix(strings.TrimSpace(text), `{"from_secret":`) {
			errs = append(errs, fmt.Errorf("%s: a from_secret that was not resolved: Drone resolves them only at the top level of settings; use environment_from with the name of a variable", f.variable))
			continue
		}
		// What the environment sets replaces what the file set.
		s.field(f).SetZero()
		errs = append(errs, decodeText(s.field(f), text, at)...)
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
	secret   bool
}

// fields are the settings at the top level, in the order of the manual.
func fields() []field {
	var all []field
	t := reflect.TypeFor[Settings]()
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("yaml")
		if key == "-" {
			continue
		}
		one := field{
			index: i, key: key, variable: "PLUGIN_" + strings.ToUpper(key),
			fallback: f.Tag.Get("default"), secret: f.Tag.Get("secret") == "true",
		}
		if choices := f.Tag.Get("enum"); choices != "" {
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
