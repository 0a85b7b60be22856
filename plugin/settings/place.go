package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// place is where a value came from, for its errors, and what is wanted there.
type place struct {
	// file is the settings file; name the variable, for one of those.
	file, name string
	// path of keys below.
	path string
	// secret values are not shown.
	secret  bool
	choices []string
	// form that a text has to have: a key of forms.
	form string
}

// of is the place in words: packages.yml:3:5: test.skip, or PLUGIN_TEST.
func (p place) of(n *yaml.Node) string {
	if p.file != "" {
		return strings.TrimSuffix(fmt.Sprintf("%s:%d:%d: %s", p.file, n.Line, n.Column, p.path), ": ")
	}
	if p.path != "" {
		return p.name + ": " + p.path
	}
	return p.name
}

func (p place) below(key string) place {
	p.path = strings.TrimPrefix(p.path+"."+key, ".")
	return p
}

// with is the place of a field's value.
func (p place) with(f field) place {
	p.secret, p.choices, p.form = f.secret, f.choices, f.form
	return p
}

// misshapen is what is wanted of a text that has not the form it has to have.
func (p place) misshapen(text string) string {
	if want, ok := forms[p.form]; ok {
		return want(text)
	}
	return ""
}

// choice says whether a text may stand here, and else what may.
func (p place) choice(text string) (bool, string) {
	ok := len(p.choices) == 0 || slices.Contains(p.choices, text)
	return ok, "one of " + strings.Join(p.choices, ", ") + didYouMean(text, p.choices)
}

// wrong is the one form of a decoding error.
func (p place) wrong(n *yaml.Node, wanted string) []error {
	if isFromSecret(n) {
		return []error{fmt.Errorf("%s: a from_secret that was not resolved: Drone resolves them only at the top level of settings; use environment_from with the name of a variable", p.of(n))}
	}
	found := strconv.Quote(n.Value)
	if n.Kind != yaml.ScalarNode {
		found = kindWords[n.Kind]
	}
	if p.secret {
		found = "something else (not shown, it may be a secret)"
	}
	return []error{fmt.Errorf("%s: found %s, wanted %s", p.of(n), found, wanted)}
}

var kindWords = map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list"}

// isFromSecret says whether a node is {from_secret: NAME}.
func isFromSecret(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "from_secret"
}
