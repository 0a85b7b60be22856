package settings

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"time"

	"go.yaml.in/yaml/v4"
)

// Definition is a distro of the user's own: what a file of the directory
// distros says of a built-in one. What is said of one with a built-in's name
// changes just that.
type Definition struct {
	// Family it installs and builds like: debian, rhel, suse, arch, alpine.
	Family string `yaml:"family"`
	// Title in words.
	Title string `yaml:"title"`
	// Aliases are other names.
	Aliases List `yaml:"aliases"`
	// Image is what a registry, or the engine here, calls it.
	Image string `yaml:"image"`
	// Suite is what its mirror calls it, for a bootstrap.
	Suite string `yaml:"suite"`
	// Components of its mirror.
	Components List `yaml:"components"`
	// Keyring that its mirror's signatures are verified with, a file of /usr/share/keyrings.
	Keyring string `yaml:"keyring"`
	// Init is the package that makes it boot.
	Init string `yaml:"init"`
	// Boots is the init that its machines have when none is asked for.
	Boots string `yaml:"boots"`
	// Glibc is the version of its C library.
	Glibc string `yaml:"glibc"`
	// Musl is the version of its C library, where it is that one.
	Musl string `yaml:"musl"`
	// EndOfLife is the day its support ends, as in 2030-06-30.
	EndOfLife string `yaml:"end_of_life" form:"date"`
	// Manager is its package manager's name, where that is not the family's.
	Manager string `yaml:"manager"`
	// Dist is what its packages' releases end with, where its own macros do not say.
	Dist string `yaml:"dist"`
	// Recipes are shell scripts that replace those of its family, by name; distros/distros.go says what each may read.
	Recipes Variables `yaml:"recipes"`
	// File of the workspace that holds all of this instead.
	File string `yaml:"-" ignored:"true"`
}

// Ends is the day of EndOfLife; zero for none.
func (d Definition) Ends() time.Time {
	day, _ := time.Parse(time.DateOnly, d.EndOfLife) // its form was asked
	return day
}

func wantDate(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return "a day, such as 2030-06-30"
	}
	return ""
}

// decodeDefinitions decodes distros by name: a text is the file that holds
// one.
func decodeDefinitions(m *map[string]Definition, n *yaml.Node, at place) []error {
	if n.Kind != yaml.MappingNode {
		return at.wrong(n, "a mapping of names: {mylinux-9: {family: debian, image: mylinux:9}}")
	}
	*m = map[string]Definition{}
	return eachPair(n, at, func(key, value *yaml.Node) []error {
		var d Definition
		defer func() { (*m)[key.Value] = d }()
		if value = follow(value); value.Kind == yaml.ScalarNode && !isNull(value) {
			d.File = value.Value
			return nil
		}
		return decodeNode(reflect.ValueOf(&d).Elem(), value, at.below(key.Value))
	})
}

// readDefinitions reads the distros that stand in files of the workspace.
func (s *Settings) readDefinitions(workspace fs.FS) []error {
	var errs []error
	for _, name := range sortedKeys(s.Define) {
		d := s.Define[name]
		if d.File == "" {
			continue
		}
		text, err := fs.ReadFile(workspace, path.Clean(d.File))
		if err != nil {
			errs = append(errs, fmt.Errorf("define.%s: %w: wanted a file of the workspace, or a mapping", name, err))
			continue
		}
		errs = append(errs, decodeYAML(reflect.ValueOf(&d).Elem(), d.File, text)...)
		s.Define[name] = d
	}
	return errs
}
