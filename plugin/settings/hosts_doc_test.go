package settings_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/drone-packages/drone-packages/plugin/host"
)

// What CI hosts and their indexes want to know of the settings.
const (
	actionFile     = "../../action.yml"
	woodpeckerFile = "../../docs.md"
	harnessFile    = "../../plugin.yml"
	droneFile      = "../../docs/marketplace/content.yaml"
)

const (
	inOneLine = "Build native packages for many Linux distributions, and test them on booted machines"
	generated = "# Written by `make generate` from plugin/settings/settings.go.\n"
)

// topLevel are the settings that are variables of their own.
func topLevel(t *testing.T) []entry {
	t.Helper()
	return slices.DeleteFunc(manual(t), func(e entry) bool { return e.variable == "" })
}

// described is a setting's line with what else there is to know in one.
func (e entry) described() string {
	line := strings.ReplaceAll(e.line, "`", "")
	if len(e.choices) > 0 && !strings.Contains(line, e.choices[len(e.choices)-1]) {
		line += " One of " + strings.Join(e.choices, ", ") + "."
	}
	if e.fallback != "" {
		line += " Default: " + e.fallback
	}
	return line
}

func TestActionIsFresh(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%sname: drone-packages\ndescription: %s\nauthor: drone-packages\nbranding: {icon: package, color: blue}\ninputs:\n", generated, inOneLine)
	for _, e := range topLevel(t) {
		fmt.Fprintf(&b, "  %s:\n    description: %q\n", e.key, e.described())
	}
	b.WriteString("outputs:\n")
	for _, o := range host.Outputs {
		fmt.Fprintf(&b, "  %s:\n    description: %q\n", o.Name, o.What)
	}
	b.WriteString("runs:\n  using: docker\n  image: Dockerfile\n  post-entrypoint: /bin/plugin-cleanup\n")
	fresh(t, actionFile, b.String())
}

// The runner's schema, and what the marketplace wants.
func TestActionHoldsTheRunnersRules(t *testing.T) {
	type described struct{ Description string }
	var action struct {
		Name, Description, Author string
		Branding                  struct{ Icon, Color string }
		Inputs                    map[string]described
		Outputs                   map[string]described
		Runs                      map[string]string
	}
	decode(t, actionFile, &action)
	if action.Name == "" || action.Description == "" || len(action.Description) > 125 || action.Branding.Icon != "package" || action.Branding.Color != "blue" {
		t.Errorf("%+v", action)
	}
	id := regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
	for name, what := range action.Inputs {
		if !id.MatchString(name) || what.Description == "" {
			t.Errorf("input %s: %q", name, what.Description)
		}
	}
	if d := cmp.Diff(keysOf(topLevel(t)), slices.Sorted(maps.Keys(action.Inputs))); d != "" {
		t.Errorf("settings (-), inputs (+):\n%s", d)
	}
	want := map[string]string{"using": "docker", "image": "Dockerfile", "post-entrypoint": "/bin/plugin-cleanup"}
	if d := cmp.Diff(want, action.Runs); d != "" {
		t.Errorf("runs: want (-), got (+):\n%s", d)
	}
	dockerfile, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	// What is before the last FROM is no part of the image.
	final := dockerfile[strings.LastIndex(string(dockerfile), "\nFROM "):]
	if regexp.MustCompile(`(?m)^(USER|WORKDIR)\b`).Match(final) || !strings.Contains(string(final), want["post-entrypoint"]) {
		t.Error("a docker action's image sets neither USER nor WORKDIR, and has the clean-up")
	}
}

// decode reads a YAML file; keys that are not wanted are refused.
func decode(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(text, into, yaml.WithKnownFields()); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func keysOf(all []entry) []string {
	var keys []string
	for _, e := range all {
		keys = append(keys, e.key)
	}
	slices.Sort(keys)
	return keys
}

// tags are what the indexes find the plugin by: the formats of packages among
// them, as PLUGIN_PACKAGES and origins name them.
const tags = "[build, package, deb, rpm, pacman, apk, test]"

const woodpeckerHead = `---
name: drone-packages
description: ` + inOneLine + `
author: drone-packages
tags: ` + tags + `
containerImage: dronepackages/drone-packages
containerImageUrl: https://hub.docker.com/r/dronepackages/drone-packages
url: https://github.com/drone-packages/drone-packages
---

<!-- Written by ` + "`make generate`" + ` from plugin/settings/settings.go. -->

Builds a tree with ` + "`debian/`" + `, a spec file, a PKGBUILD or an APKBUILD as native packages for every distribution that is named,
installs them on freshly booted machines, and takes them through restart, reboot, upgrade, removal and purge. The repository
has to be trusted for volumes, since the step mounts the Docker socket.

` + "```yaml" + `
steps:
  packages:
    image: dronepackages/drone-packages
    settings: {distros: [debian-12, debian-13]}
    volumes: [/var/run/docker.sock:/var/run/docker.sock]
` + "```" + `

Packages, logs and reports are in ` + "`dist/`" + `.

## Settings

| Settings Name | Default | Description |
| --- | --- | --- |
`

func TestWoodpeckersPageIsFresh(t *testing.T) {
	text := woodpeckerHead
	for _, e := range topLevel(t) {
		fallback := "_none_"
		if e.fallback != "" {
			fallback = "`" + e.fallback + "`"
		}
		text += fmt.Sprintf("| `%s` | %s | %s |\n", e.key, fallback, strings.ReplaceAll(e.line, "|", `\|`))
	}
	fresh(t, woodpeckerFile, text)
}

func TestHarnesssFileIsFresh(t *testing.T) {
	fresh(t, harnessFile, "# Harness runs the program so where a step has no container.\nrun:\n  go:\n    module: github.com/drone-packages/drone-packages\n")
}

// jsonType is what Drone's index calls a kind of value.
func (e entry) jsonType() string {
	switch e.kind {
	case "bool":
		return "boolean"
	case "int", "float":
		return "number"
	case "list", "origins":
		return "array"
	case "string", "size", "duration":
		return "string"
	}
	return "object"
}

func TestDronesPageIsFresh(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, `%stitle: drone-packages
author: drone-packages
repo: https://github.com/drone-packages/drone-packages
description: %s
tags: %s
image: https://hub.docker.com/r/dronepackages/drone-packages
license: Apache License 2.0
readme: https://github.com/drone-packages/drone-packages/blob/main/README.md
example: |
  kind: pipeline
  type: docker
  name: default
  steps:
  - name: packages
    image: dronepackages/drone-packages
    settings: {distros: [debian-12, debian-13]}
    volumes: [{name: docker, path: /var/run/docker.sock}]
  volumes: [{name: docker, host: {path: /var/run/docker.sock}}]
properties:
`, generated, inOneLine, tags)
	for _, e := range topLevel(t) {
		fmt.Fprintf(&b, "  %s:\n    type: %s\n    defaultValue: %q\n    description: %q\n    secret: %t\n    required: false\n",
			e.key, e.jsonType(), e.fallback, e.line, e.secret)
	}
	fresh(t, droneFile, b.String())
}

// The index's own schema: these keys, each property with all of its.
func TestDronesPageHoldsTheIndexsRules(t *testing.T) {
	var page struct {
		Title, Author, Repo, Description, Image, License, Readme, Example string
		Tags                                                              []string
		Properties                                                        map[string]struct {
			Type             string
			DefaultValue     string `yaml:"defaultValue"`
			Description      string
			Secret, Required bool
		}
	}
	decode(t, droneFile, &page)
	var example struct {
		Kind, Type, Name string
		Steps, Volumes   []any
	}
	if err := yaml.Load([]byte(page.Example), &example); err != nil || example.Kind != "pipeline" || len(example.Steps) == 0 {
		t.Errorf("example: %v", err)
	}
	if d := cmp.Diff(keysOf(topLevel(t)), slices.Sorted(maps.Keys(page.Properties))); d != "" {
		t.Errorf("settings (-), properties (+):\n%s", d)
	}
	for name, p := range page.Properties {
		if !slices.Contains([]string{"string", "number", "array", "boolean", "object"}, p.Type) || p.Description == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if !page.Properties["password"].Secret || page.Properties["distros"].Secret {
		t.Error("the password is a secret, the distros are none")
	}
}
