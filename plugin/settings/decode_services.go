package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-shellwords"
	"go.yaml.in/yaml/v4"
)

// decodeServices takes services by name, or the path of a compose file.
func decodeServices(s *Services, n *yaml.Node, at place) []error {
	if n.Kind == yaml.ScalarNode {
		*s = Services{Compose: strings.TrimSpace(n.Value)}
		return nil
	}
	*s = Services{}
	errs := decodeNamed(&s.Named, n, at, "service names: {postgres: {}}, or the path of a compose file")
	if n.Kind != yaml.MappingNode {
		return errs
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := follow(n.Content[i]); key.Kind == yaml.ScalarNode {
			errs = append(errs, s.check(key, at)...)
		}
	}
	return errs
}

// check asks what no single value of a service can tell.
func (s Services) check(key *yaml.Node, at place) []error {
	var errs []error
	name, one := key.Value, s.Named[key.Value]
	if wanted := wantLabel(name); wanted != "" {
		errs = append(errs, at.wrong(key, wanted)...)
	}
	for _, other := range sortedKeys(s.Named) {
		for _, alias := range one.Aliases {
			if other != name && s.Named[other].goesBy(other, alias) && (other > name || alias == other) {
				errs = append(errs, fmt.Errorf("%s: the alias %q is taken by the service %s", at.below(name).of(key), alias, other))
			}
		}
	}
	if one.From == "" && (len(one.Install) > 0 || one.Prepare != "") {
		errs = append(errs, fmt.Errorf("%s: install and prepare want to know from which distro: from: debian-13", at.below(name).of(key)))
	}
	return errs
}

// goesBy says whether a service of a name is reached by another.
func (s Service) goesBy(name, other string) bool {
	return name == other || slices.Contains(s.Aliases, other)
}

// decodeWords splits a string as a shell does, without expanding anything.
func decodeWords(w *Words, n *yaml.Node, at place) []error {
	if n.Kind == yaml.SequenceNode {
		return decodeWordList((*[]string)(w), n, at)
	}
	if n.Kind != yaml.ScalarNode {
		return at.wrong(n, "a command: a list of words, or one string")
	}
	parser := shellwords.NewParser()
	words, err := parser.Parse(n.Value)
	if err != nil || parser.Position >= 0 {
		return at.wrong(n, "a command of words and closed quotes; for what only a shell can do: [sh, -c, COMMAND]")
	}
	*w = words
	return nil
}

func decodeScript(s *Script, n *yaml.Node, at place) []error {
	if n.Kind == yaml.SequenceNode {
		return decodeWordList((*[]string)(s), n, at)
	}
	if n.Kind != yaml.ScalarNode {
		return at.wrong(n, "a shell script, or a list of words")
	}
	if strings.TrimSpace(n.Value) != "" {
		*s = append(slices.Clone(shell), n.Value)
	}
	return nil
}

// decodeWordList keeps each word as it is, empty ones too.
func decodeWordList(words *[]string, n *yaml.Node, at place) []error {
	var errs []error
	*words = []string{}
	for _, item := range n.Content {
		item = follow(item)
		if item.Kind != yaml.ScalarNode {
			errs = append(errs, at.wrong(item, "a word")...)
			continue
		}
		*words = append(*words, item.Value)
	}
	return errs
}
