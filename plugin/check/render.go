package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v4"
)

// maxRendered is how much a template may become, in bytes.
const maxRendered = 16 << 20

// Render executes a text/template, as goss does with its files before it reads
// them: {{.Vars.x}}, {{.Env.X}}. A key that vars has not is an error. The
// error says where: name:line:column.
//
// Beside the functions of text/template there are mkSlice, regexMatch,
// toUpper, toLower, quote, default, join, split, replace, trim, indent and
// toJSON, whose last argument is what is piped in; and upper, lower and toJson
// as other names. getEnv looks into the Env of vars, a mapping, and nowhere
// else; readFile is refused.
func Render(name, text string, vars any) (string, error) {
	rendered, bad := render(text, vars)
	if bad != nil {
		return "", fmt.Errorf("%s:%d:%d: %s", name, bad.line, bad.column, bad.message)
	}
	return rendered, nil
}

// RenderNode renders each text of a YAML node, keys with them, into a new
// node: for checks that stand in a file which is no template itself. The
// errors say where in that file.
func RenderNode(file string, node *yaml.Node, vars any) (*yaml.Node, []error) {
	r := nodeRenderer{file: file, vars: vars, done: map[*yaml.Node]*yaml.Node{}}
	return r.node(node), r.errs
}

type nodeRenderer struct {
	file string
	vars any
	// done are nodes that were met: aliases lead to them again.
	done map[*yaml.Node]*yaml.Node
	errs []error
}

func (r *nodeRenderer) node(n *yaml.Node) *yaml.Node {
	if n == nil || r.done[n] != nil {
		return r.done[n]
	}
	c := *n
	r.done[n] = &c
	c.Alias = r.node(n.Alias)
	c.Content = nil
	for _, child := range n.Content {
		c.Content = append(c.Content, r.node(child))
	}
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "{{") {
		c.Value = r.scalar(n)
	}
	return &c
}

func (r *nodeRenderer) scalar(n *yaml.Node) string {
	text, bad := render(n.Value, r.vars)
	if bad == nil {
		return text
	}
	line, column := n.Line+bad.line-1, bad.column
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		line++ // its text begins in the line below
	case bad.line == 1 && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		column += n.Column
	case bad.line == 1:
		column += n.Column - 1
	}
	r.errs = append(r.errs, fmt.Errorf("%s:%d:%d: %s", r.file, line, column, bad.message))
	return n.Value
}

// ownName is the template's: errors have it, and no file defines another so.
const ownName = "<file>"

// badTemplate is what is wrong with a template, and where in its text.
type badTemplate struct {
	line, column int
	message      string
}

func render(text string, vars any) (string, *badTemplate) {
	t, err := template.New(ownName).Option("missingkey=error").Funcs(renderFuncs(vars)).Parse(text)
	if err != nil {
		return "", readTemplateError(text, err)
	}
	var b limited
	if err := t.Execute(&b, vars); err != nil {
		return "", readTemplateError(text, err)
	}
	return b.text.String(), nil
}

// limited is a buffer that refuses to grow beyond maxRendered.
type limited struct{ text strings.Builder }

func (b *limited) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > maxRendered {
		return 0, fmt.Errorf("it becomes more than %d MiB", maxRendered>>20)
	}
	return b.text.Write(p)
}

// What text/template says: a line, and a column counted from 0 when the error
// came up in execution. There is no other way to its positions.
var (
	templateError     = regexp.MustCompile(`(?s)^template: <file>:(\d+)(?::(\d+))?: (?:executing "[^"]*" at <(.*?)>: )?(.*)$`)
	undefinedFunction = regexp.MustCompile(`^function "([^"]*)" not defined$`)
	otherPosition     = regexp.MustCompile(`\bat <file>:(\d+)`)
)

func readTemplateError(text string, err error) *badTemplate {
	part := templateError.FindStringSubmatch(err.Error())
	if part == nil {
		return &badTemplate{1, 1, err.Error()}
	}
	line, _ := strconv.Atoi(part[1]) // digits
	column := actionColumn(text, line)
	if zeroBased, err := strconv.Atoi(part[2]); err == nil {
		column = zeroBased + 1
	}
	message := otherPosition.ReplaceAllString(part[4], "in line $1")
	if part[3] != "" {
		message = part[3] + ": " + message
	}
	if unknown := undefinedFunction.FindStringSubmatch(message); unknown != nil {
		message += didYouMean(unknown[1], slices.Sorted(maps.Keys(renderFuncs(nil))))
	}
	return &badTemplate{line, column, message}
}

// actionColumn is where the first action of a line begins.
func actionColumn(text string, line int) int {
	all := strings.Split(text, "\n")
	if line < 1 || line > len(all) {
		return 1
	}
	return max(strings.Index(all[line-1], "{{"), 0) + 1
}

func renderFuncs(vars any) template.FuncMap {
	return template.FuncMap{
		"mkSlice":    func(items ...any) []any { return items },
		"regexMatch": regexp.MatchString,
		"toUpper":    strings.ToUpper, "upper": strings.ToUpper,
		"toLower": strings.ToLower, "lower": strings.ToLower,
		"quote":   func(v any) string { return strconv.Quote(fmt.Sprint(v)) },
		"default": defaultTo, "join": joinItems,
		"split":   func(by, s string) []string { return strings.Split(s, by) },
		"replace": func(old, with, s string) string { return strings.ReplaceAll(s, old, with) },
		"trim":    strings.TrimSpace, "indent": indent,
		"toJSON": toJSON, "toJson": toJSON,
		"getEnv": func(name string, otherwise ...string) string { return envOf(vars, name, otherwise) },
		"readFile": func(...any) (string, error) {
			return "", errors.New("a file is read by no template; give its text as a variable")
		},
	}
}

// envOf is a variable of vars' Env, which may be missing or empty.
func envOf(vars any, name string, otherwise []string) string {
	all, _ := vars.(map[string]any)
	var value string
	switch env := all["Env"].(type) {
	case map[string]string:
		value = env[name]
	case map[string]any:
		value = toText(env[name])
	}
	if value == "" && len(otherwise) > 0 {
		return otherwise[0]
	}
	return value
}

// defaultTo is the value, or another when it is the zero of its type.
func defaultTo(otherwise, v any) any {
	if on, _ := template.IsTrue(v); !on {
		return otherwise
	}
	return v
}

func joinItems(by string, items any) (string, error) {
	switch items := items.(type) {
	case []string:
		return strings.Join(items, by), nil
	case []any:
		var all []string
		for _, item := range items {
			all = append(all, fmt.Sprint(item))
		}
		return strings.Join(all, by), nil
	}
	return "", fmt.Errorf("join: found %T, wanted a list", items)
}

func indent(by int, s string) (string, error) {
	if by < 0 || by > 1000 {
		return "", fmt.Errorf("indent: found %d, wanted up to 1000", by)
	}
	margin := strings.Repeat(" ", by)
	return margin + strings.ReplaceAll(s, "\n", "\n"+margin), nil
}

func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
