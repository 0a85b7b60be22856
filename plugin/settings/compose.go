package settings

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// composeFile is a compose file of the workspace, from which services are
// read. What a service cannot have here is an error, never left out silently.
type composeFile struct {
	name      string
	workspace fs.FS
	// variables that the file may use: what environment_from names, then what
	// is in the file .env beside it.
	variables types.Mapping
	// secrets are the values of those that the step passes on.
	secrets []string
	// step is the plugin's own environment, for those that a service names
	// without a value.
	step map[string]string
	root *yaml.Node
}

// readCompose takes the services from a compose file, if one is named.
func (s *Settings) readCompose(env map[string]string, workspace fs.FS) []error {
	if s.Services.Compose == "" {
		return nil
	}
	c := composeFile{name: path.Clean(s.Services.Compose), workspace: workspace, step: env}
	if !fs.ValidPath(c.name) {
		return []error{fmt.Errorf("services: found %q, wanted a compose file inside the workspace, such as compose.yaml", s.Services.Compose)}
	}
	text, err := fs.ReadFile(workspace, c.name)
	if err != nil {
		return []error{fmt.Errorf("services: %w: text is the path of a compose file; a known service is {postgres: {}}", err)}
	}
	if err := c.readVariables(s.EnvironmentFrom); err != nil {
		return []error{err}
	}
	var errs []error
	s.Services.Named, errs = c.read(text)
	return errs
}

// readVariables reads .env beside the file. What the step passes on wins.
func (c *composeFile) readVariables(passed []string) error {
	c.variables = types.Mapping{}
	for _, name := range passed {
		if value, ok := c.step[name]; ok {
			c.variables[name] = value
			c.secrets = append(c.secrets, value)
		}
	}
	file := path.Join(path.Dir(c.name), ".env")
	text, err := fs.ReadFile(c.workspace, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("services: %w", err)
	}
	values, err := dotenv.ParseWithLookup(bytes.NewReader(text), c.lookup)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	c.variables = c.variables.Merge(values)
	return nil
}

func (c *composeFile) lookup(name string) (string, bool) {
	value, ok := c.variables[name]
	return value, ok
}

// read makes services of the file's text.
func (c *composeFile) read(text []byte) (map[string]Service, []error) {
	var errs []error
	c.root, errs = document(c.name, text)
	if c.root == nil && errs == nil {
		return nil, []error{fmt.Errorf("%s: it has no services", c.name)}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	at := place{file: c.name}
	if c.root.Kind != yaml.MappingNode {
		return nil, at.wrong(c.root, "a mapping: {services: {NAME: {image: IMAGE}}}")
	}
	if errs := append(lookBelow(c.root, at, ""), c.unsetVariables(c.root, at)...); len(errs) > 0 {
		return nil, errs
	}
	project, err := c.load()
	if err != nil {
		return nil, []error{c.placed(err)}
	}
	if len(project.Services) == 0 {
		return nil, []error{fmt.Errorf("%s: it has no services", c.name)}
	}
	return c.convert(project)
}

func (c *composeFile) load() (*types.Project, error) {
	model, err := c.model()
	if err != nil {
		return nil, err
	}
	return c.loadModel(model)
}

// model is the file as the reader wants it: with dates as the text they are.
func (c *composeFile) model() (map[string]any, error) {
	datesAreText(c.root)
	var model map[string]any
	err := c.root.Decode(&model)
	delete(model, "version") // obsolete, and it would be warned of
	return model, err
}

func datesAreText(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!timestamp" {
		n.Tag = "!!str"
	}
	for _, child := range n.Content {
		datesAreText(child)
	}
}

// loadModel has the specification's own reader check a model and bring what
// may be written in several ways into one. It is told of no other file: it
// would read them from the disk, whatever the workspace is.
func (c *composeFile) loadModel(model map[string]any) (*types.Project, error) {
	// It checks the schema only after it has relied on it.
	var keys *json.UnsupportedTypeError // keys that are no text: it tells them better
	if err := schema.Validate(model); err != nil && !errors.As(err, &keys) {
		return nil, err
	}
	details := types.ConfigDetails{
		ConfigFiles: []types.ConfigFile{{Filename: c.name, Config: model}},
		Environment: c.variables.Clone(),
	}
	ctx := context.Background() //nolint:forbidigo // settings are read before anything can be cancelled, and this waits for nothing
	return tamed(func() (*types.Project, error) {
		return loader.LoadWithContext(ctx, details, func(o *loader.Options) {
			o.SetProjectName("services", true)
			o.ResolvePaths = false
			o.SkipInclude, o.SkipExtends = true, true
			o.SkipResolveEnvironment, o.SkipResolveLabels = true, true
		})
	})
}

// tamed makes an error of a panic: the reader asserts types of what it did not
// check.
func tamed[T any](read func() (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the reader of compose files does not take it: %v", p)
		}
	}()
	return read()
}

// How the reader names what it complains of, when it does.
var (
	namedPath    = regexp.MustCompile(`services(?:\.[A-Za-z0-9_-]+)+`)
	namedService = regexp.MustCompile(`service\s"([^"]+)"`)
)

// placed says where in the file the reader's complaint belongs.
func (c *composeFile) placed(err error) error {
	text := strings.TrimPrefix(err.Error(), "validating "+c.name+": ")
	n := c.root
	if path := namedPath.FindString(text); path != "" {
		n = c.node(strings.Split(path, ".")...)
	} else if blamed := c.blamed(err); blamed != nil {
		n = blamed
	} else if m := namedService.FindStringSubmatch(text); m != nil {
		n = c.node("services", m[1])
	}
	for _, secret := range c.secrets {
		if len(secret) > 1 {
			text = strings.ReplaceAll(text, secret, "******")
		}
	}
	return fmt.Errorf("%s:%d:%d: %s", c.name, n.Line, n.Column, strings.ReplaceAll(text, "\n", " "))
}

// blamed is what the reader complains of, found by giving it one key of one
// service at a time; nil when no single one is the cause.
func (c *composeFile) blamed(err error) *yaml.Node {
	model, decodeErr := c.model()
	services, ok := model["services"].(map[string]any)
	if decodeErr != nil || !ok {
		return nil
	}
	for _, name := range sortedKeys(services) {
		keys, _ := services[name].(map[string]any)
		for _, key := range sortedKeys(keys) {
			model, _ := c.model() // the reader changes it
			model["services"] = map[string]any{name: map[string]any{"image": "x", key: keys[key]}}
			if _, other := c.loadModel(model); other != nil && other.Error() == err.Error() {
				return c.node("services", name, key)
			}
		}
	}
	return nil
}

// node is what is at a path of keys, or as far on the way as there is one.
func (c *composeFile) node(keys ...string) *yaml.Node {
	n := c.root
	for _, key := range keys {
		next := child(n, key)
		if next == nil {
			break
		}
		n = next
	}
	return n
}

func child(n *yaml.Node, key string) *yaml.Node {
	n = follow(n)
	if n.Kind == yaml.SequenceNode {
		for i, item := range n.Content {
			if fmt.Sprint(i) == key {
				return follow(item)
			}
		}
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Kind == yaml.MappingNode && n.Content[i].Value == key {
			return follow(n.Content[i+1])
		}
	}
	return nil
}

// at is the place of what is at a path of keys.
func (c *composeFile) at(keys ...string) string {
	return place{file: c.name, path: strings.Join(keys, ".")}.of(c.node(keys...))
}
