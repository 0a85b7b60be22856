package settings

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

var octal = regexp.MustCompile(`^[0-7]{3,4}$`)

// readFiles reads the templates that stand in files of the workspace, and
// asks of each file what its type cannot tell.
func (s *Settings) readFiles(workspace fs.FS) []error {
	var errs []error
	for _, name := range sortedKeys(s.Test.Files) {
		f := s.Test.Files[name]
		at := "test.files." + name
		if !path.IsAbs(name) {
			errs = append(errs, fmt.Errorf("%s: found a relative path, wanted where it is in the machine, from / on", at))
		}
		if f.Mode != "" && !octal.MatchString(f.Mode) {
			errs = append(errs, fmt.Errorf("%s.mode: found %q, wanted an octal mode, such as 0640", at, f.Mode))
		}
		if f.From != "" && f.Content != "" {
			errs = append(errs, fmt.Errorf("%s: content and from exclude each other: say what is in it once", at))
		}
		if f.From != "" {
			text, err := fs.ReadFile(workspace, path.Clean(f.From))
			if err != nil {
				errs = append(errs, fmt.Errorf("%s.from: %w: wanted a file of the workspace", at, err))
			}
			f.Content, f.Origin = string(text), f.From
			s.Test.Files[name] = f
		}
	}
	return errs
}

// decodeFiles decodes files by path: a text is the content.
func decodeFiles(m *map[string]File, n *yaml.Node, at place) []error {
	if n.Kind != yaml.MappingNode {
		return at.wrong(n, "a mapping of paths: {/etc/greeter.conf: content}")
	}
	*m = map[string]File{}
	return eachPair(n, at, func(key, value *yaml.Node) []error {
		f := File{When: "installed", Origin: at.below(key.Value).of(value)}
		below := at.below(key.Value)
		defer func() { (*m)[key.Value] = f }()
		if value = follow(value); value.Kind == yaml.ScalarNode {
			f.Content = value.Value
			return nil
		}
		return decodeNode(reflect.ValueOf(&f).Elem(), value, below)
	})
}

// Phases are those that test.lifecycle can choose, in their order.
var Phases = []string{"service", "check", "restart", "reboot", "reinstall", "remove", "return", "purge", "upgrade", "downgrade"}

func (s *Settings) checkLifecycle() []error {
	var errs []error
	for _, phase := range s.Test.Lifecycle {
		if !slices.Contains(Phases, phase) {
			errs = append(errs, fmt.Errorf("test.lifecycle: found %q, wanted some of %s%s", phase, strings.Join(Phases, ", "), didYouMean(phase, Phases)))
		}
	}
	return errs
}
