package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/compose-spec/compose-go/v2/template"
	"go.yaml.in/yaml/v4"
)

// What becomes of a key of a compose file, unless it is advice.
const (
	// taken is read, with all below it.
	taken = "taken"
	// below is read by what is below it.
	below = "below"
	// ignored changes nothing for machines that test packages.
	ignored = "ignored"
)

// composeKeys are the keys of compose files: what becomes of them, or what to
// do instead. A * is any name, a [] any item.
var composeKeys = map[string]string{
	"name": taken, "version": ignored,
	// All services are on the machines' own network.
	"networks": ignored,
	"volumes":  "data is new for every machine: leave it out",
	"secrets":  "a password comes by environment, from a variable named there without a value",
	"include":  "name one file, with all services in it",

	"configs": below, "configs.*": below,
	"configs.*.file": taken, "configs.*.content": taken, "configs.*.environment": taken,
	"configs.*.name": ignored, "configs.*.labels": ignored,

	"services": below, "services.*": below,
	"services.*.image": taken, "services.*.entrypoint": taken, "services.*.command": taken,
	"services.*.environment": taken, "services.*.hostname": taken, "services.*.container_name": taken,
	"services.*.healthcheck": taken, "services.*.expose": taken, "services.*.ports": taken,
	"services.*.depends_on": taken,
	"services.*.env_file":   below, "services.*.env_file.[]": below,
	"services.*.env_file.[].path": taken, "services.*.env_file.[].required": taken,
	"services.*.configs": below, "services.*.configs.[]": below,
	"services.*.configs.[].source": taken, "services.*.configs.[].target": taken,
	"services.*.configs.[].mode": "files are root's, mode 0644, or 0755 when they begin with #!",
	"services.*.networks":        below, "services.*.networks.[]": ignored, "services.*.networks.*": below,
	"services.*.networks.*.aliases": taken, "services.*.networks.*.priority": ignored,

	"services.*.annotations": ignored, "services.*.attach": ignored, "services.*.develop": ignored,
	"services.*.init": ignored, "services.*.labels": ignored, "services.*.logging": ignored,
	"services.*.restart": ignored, "services.*.stdin_open": ignored, "services.*.tty": ignored,
	"services.*.stop_grace_period": ignored, "services.*.stop_signal": ignored,

	"services.*.build":        "build the image before, and name it with image",
	"services.*.cap_add":      noRights,
	"services.*.devices":      noRights,
	"services.*.privileged":   noRights,
	"services.*.security_opt": noRights,
	"services.*.deploy":       "one of each service is started; cpus and memory are settings",
	"services.*.scale":        "one of each service is started",
	"services.*.cpus":         "cpus is a setting, for all containers",
	"services.*.mem_limit":    "memory is a setting, for all containers",
	"services.*.extends":      "write it out, or share it by YAML's anchors",
	"services.*.extra_hosts":  "services and machines reach each other by name, and others as the host does",
	"services.*.links":        "give the other service an alias: networks: {default: {aliases: [NAME]}}",
	"services.*.network_mode": "services are on the machines' own network",
	"services.*.platform":     "services run on the engine's own platform",
	"services.*.profiles":     "all services of the file are started: keep others in another file",
	"services.*.pull_policy":  "pull is a setting, for all images",
	"services.*.secrets":      "a password comes by environment, from a variable named there without a value",
	"services.*.user":         "services run as their image's user",
	"services.*.volumes":      "files come by configs, with file or content; data is new for every machine",
	"services.*.working_dir":  "services run where their image does",
}

const noRights = "services get no rights beyond an ordinary container's"

// lookBelow finds keys below a node of a compose file that are none, or that
// say what services here cannot be.
func lookBelow(n *yaml.Node, at place, way string) []error {
	n = follow(n)
	var errs []error
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			errs = append(errs, lookBelow(item, at, join(way, "[]"))...)
		}
	case yaml.MappingNode:
		errs = eachPair(n, at, func(key, value *yaml.Node) []error { return lookAt(key, value, at, way) })
	}
	return errs
}

func lookAt(key, value *yaml.Node, at place, way string) []error {
	if key.Value == "<<" { // what is merged in stands here
		if value = follow(value); value.Kind == yaml.SequenceNode {
			way = strings.TrimSuffix(way, ".[]")
			var errs []error
			for _, item := range value.Content {
				errs = append(errs, lookBelow(item, at, way)...)
			}
			return errs
		}
		return lookBelow(value, at, way)
	}
	found := join(way, key.Value)
	fate, known := composeKeys[found]
	if !known {
		found = join(way, "*")
		fate, known = composeKeys[found]
	}
	at = at.below(key.Value)
	switch {
	case fate == below:
		return lookBelow(value, at, found)
	case fate == taken || fate == ignored || !known && strings.HasPrefix(key.Value, "x-"):
		return nil
	case known:
		return []error{fmt.Errorf("%s: not supported here: %s", at.of(key), fate)}
	}
	return []error{fmt.Errorf("%s: %s", at.of(key), unknownWords(key.Value, way))}
}

func join(way, key string) string { return strings.TrimPrefix(way+"."+key, ".") }

// unknownWords tell a key that compose knows and we do not from one that
// nobody does.
func unknownWords(key, way string) string {
	var known []string
	for _, p := range schema.AttributePaths() {
		parent, last, _ := cutLast(string(p))
		if parent == way && last != "*" && last != "[]" {
			known = append(known, last)
		}
		if parent == way && last == key {
			return "not supported here: leave it out, or have an image that does not need it"
		}
	}
	return fmt.Sprintf("unknown key %q%s", key, didYouMean(key, known))
}

// cutLast cuts a path before its last key.
func cutLast(p string) (parent, last string, found bool) {
	i := strings.LastIndex(p, ".")
	if i < 0 {
		return "", p, false
	}
	return p[:i], p[i+1:], true
}

// unsetVariables finds uses of variables that have no value.
func (c *composeFile) unsetVariables(n *yaml.Node, at place) []error {
	var errs []error
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			errs = append(errs, c.unsetVariables(item, at)...)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			errs = append(errs, c.unsetVariables(n.Content[i+1], at.below(n.Content[i].Value))...)
		}
	case yaml.ScalarNode:
		for _, name := range c.unsetIn(n.Value) {
			errs = append(errs, fmt.Errorf("%s: the variable %s is not set: name it in environment_from, put it into .env beside the file, or say ${%s:-DEFAULT}", at.of(n), name, name))
		}
	}
	return errs
}

// unsetIn are the variables without value or default that a text uses, sorted.
func (c *composeFile) unsetIn(text string) []string {
	var unset []string
	used := template.ExtractVariables(map[string]any{"": text}, nil)
	for _, name := range sortedKeys(used) {
		_, set := c.lookup(name)
		switch {
		case set || name == "": // no name: the reader tells
		case used[name].DefaultValue != "":
			unset = append(unset, c.unsetIn(used[name].DefaultValue)...)
		case !decided(text, name):
			unset = append(unset, name)
		}
	}
	slices.Sort(unset)
	return slices.Compact(unset)
}

// decided says whether a text itself says what is to be when a variable is
// not set: ${X:-}, ${X+yes}, ${X:?why not}.
func decided(text, name string) bool {
	for _, operator := range []string{"-", ":-", "+", ":+", "?", ":?"} {
		if strings.Contains(text, "${"+name+operator) {
			return true
		}
	}
	return false
}
