package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What a specification may be at most: aliases multiply what is written.
const (
	maxNodes = 100_000
	maxDepth = 50
)

// ParseSpec reads checks from a YAML node: a mapping of kinds, as
// docs/checks.md has them; nil, null or an empty mapping hold none. file names
// where the node comes from, in errors and in Test.Place. Every problem is an
// error of its own, in the order of the file: what is wrong at which line and
// column, what was wanted, and what may have been meant.
func ParseSpec(file string, node *yaml.Node) (Spec, []error) {
	p := &parser{file: file, left: maxNodes}
	var s Spec
	for _, e := range p.pairs(root(node), "") {
		s.Tests = append(s.Tests, p.kind(e)...)
	}
	if len(p.wrong) > 0 {
		return Spec{}, p.errors()
	}
	return s, nil
}

// LoadSpec reads checks from a file's text: Render, YAML, ParseSpec.
func LoadSpec(file, text string, vars any) (Spec, []error) {
	rendered, err := Render(file, text, vars)
	if err != nil {
		return Spec{}, []error{err}
	}
	if blank(rendered) {
		return Spec{}, nil
	}
	var doc yaml.Node
	if err := yaml.Load([]byte(rendered), &doc); err != nil {
		return Spec{}, []error{notYAML(file, err)}
	}
	return ParseSpec(file, &doc)
}

// blank is text with nothing in it but comments.
func blank(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

func notYAML(file string, err error) error {
	var at *yaml.LoadError
	if errors.As(err, &at) && at.Mark.Line > 0 {
		return fmt.Errorf("%s:%d:%d: not YAML: %s", file, at.Mark.Line, at.Mark.Column, at.Message)
	}
	return fmt.Errorf("%s: not YAML: %w", file, err)
}

// root is the first node of a document.
func root(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		return n.Content[0]
	}
	return n
}

// parser reads one specification.
type parser struct {
	file  string
	wrong []wrong
	// left is how many nodes may still be visited.
	left int
}

// wrong is one problem and where it is.
type wrong struct {
	line, column int
	err          error
}

// fail notes a problem; at is the way to the node, in words.
func (p *parser) fail(n *yaml.Node, at, format string, args ...any) {
	where := p.place(n)
	if at != "" {
		where += ": " + at
	}
	p.wrong = append(p.wrong, wrong{n.Line, n.Column, fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...))})
}

// found notes that a node is something else than wanted.
func (p *parser) found(n *yaml.Node, at, wanted string) {
	p.fail(n, at, "found %s, wanted %s", describeNode(n), wanted)
}

func (p *parser) place(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", p.file, n.Line, n.Column)
}

// errors are all problems in the order of the file.
func (p *parser) errors() []error {
	slices.SortStableFunc(p.wrong, func(a, b wrong) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var errs []error
	for _, w := range p.wrong {
		errs = append(errs, w.err)
	}
	return errs
}

func describeNode(n *yaml.Node) string {
	switch {
	case isNull(n):
		return "nothing"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.ScalarNode:
		return quote(n.Value)
	}
	return "something else"
}

// isNull: nothing is written there.
func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == 0 || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// spend counts a visit; false: there were too many.
func (p *parser) spend(n *yaml.Node) bool {
	p.left--
	if p.left == 0 {
		p.fail(n, "", "too large: more than %d values, with what aliases repeat", maxNodes)
	}
	return p.left > 0
}

// pair is a key and its value.
type pair struct{ key, value *yaml.Node }

// pairs are those of a mapping, with those that merge keys bring in. A key
// that comes twice is a problem; null has none.
func (p *parser) pairs(n *yaml.Node, at string) []pair {
	n = resolve(n)
	if isNull(n) || !p.spend(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		p.found(n, at, "a mapping")
		return nil
	}
	var own, merged []pair
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolve(n.Content[i]), resolve(n.Content[i+1])
		switch {
		case key == nil || value == nil || key.Kind != yaml.ScalarNode:
			p.fail(n, at, "found a key that is no single value")
		case key.Tag == "!!merge":
			merged = append(merged, p.merged(value, at)...)
		case seen[key.Value] > 0:
			p.fail(key, at, "the key %s is here a second time, first in line %d", quote(withoutPassword(key.Value)), seen[key.Value])
		default:
			seen[key.Value] = max(key.Line, 1)
			own = append(own, pair{key, value})
		}
	}
	for _, e := range merged {
		if seen[e.key.Value] == 0 {
			seen[e.key.Value] = max(e.key.Line, 1)
			own = append(own, e)
		}
	}
	return own
}

// merged are the pairs of the mapping, or mappings, of a merge key.
func (p *parser) merged(n *yaml.Node, at string) []pair {
	if n.Kind != yaml.SequenceNode {
		return p.pairs(n, at)
	}
	var all []pair
	for _, one := range n.Content {
		all = append(all, p.pairs(one, at)...)
	}
	return all
}
