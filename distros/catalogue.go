package distros

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v4"
)

//go:embed *.yml families/*.yml
var files embed.FS

// All are the releases known, sorted by name.
func All() ([]Distro, error) {
	return readAll[Distro]("*.yml")
}

// Families are the families known, by name.
func Families() (map[string]Family, error) {
	list, err := readAll[Family]("families/*.yml")
	if err != nil {
		return nil, err
	}
	byName := map[string]Family{}
	for _, f := range list {
		byName[f.Name] = f
	}
	for name, f := range byName {
		if f.Like != "" {
			byName[name] = like(byName[f.Like], f)
		}
	}
	return byName, nil
}

// like is a family as another, but for what it says itself.
func like(base, own Family) Family {
	f := over(base, own)
	f.Functions = base.Functions + own.Functions
	f.Inits, f.Recipes = maps.Clone(base.Inits), maps.Clone(base.Recipes)
	maps.Copy(f.Inits, own.Inits)
	maps.Copy(f.Recipes, own.Recipes)
	return f
}

func readAll[T any](pattern string) ([]T, error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, name := range names {
		one, err := read[T](name)
		if err != nil {
			return nil, fmt.Errorf("distros/%s: %w", name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func read[T any](name string) (T, error) {
	var one T
	text, err := files.ReadFile(name)
	if err != nil {
		return one, err
	}
	err = yaml.Load(bytes.TrimSpace(text), &one, yaml.WithV4Defaults(), yaml.WithKnownFields(), yaml.WithUniqueKeys())
	return one, err
}

// Stable is the release to build for when none is asked for: of the first
// format that has one, else Debian's.
func Stable(all []Distro, families map[string]Family, formats ...string) Distro {
	for _, format := range append(formats, "deb") {
		i := slices.IndexFunc(all, func(d Distro) bool { return d.Stable && families[d.Family].Format == format })
		if i >= 0 {
			return all[i]
		}
	}
	return all[0]
}

// Match are the distros asked for, by name, alias or pattern ("debian-*"), in
// the order they were asked for, each once. Those that only a vault keeps are
// none of a pattern's. Its error names all that match nothing.
func Match(all []Distro, asked []string) ([]Distro, error) {
	var matched []Distro
	var errs []error
	for _, want := range asked {
		found := matching(all, want)
		if len(found) == 0 {
			errs = append(errs, Unknown("distros", all, want))
		}
		for _, d := range found {
			if !slices.ContainsFunc(matched, func(m Distro) bool { return m.Name == d.Name }) {
				matched = append(matched, d)
			}
		}
	}
	return matched, errors.Join(errs...)
}

func matching(all []Distro, want string) []Distro {
	var found []Distro
	for _, d := range all {
		// A pattern that is malformed matches nothing, and is told as unknown.
		ok, err := path.Match(want, d.Name)
		// What only a vault keeps has to be meant.
		ok = ok && (d.Vault == "" || want == d.Name)
		if err == nil && ok || slices.Contains(d.Aliases, want) {
			found = append(found, d)
		}
	}
	return found
}

var bareNumber = regexp.MustCompile(`^\d+(\.\d+)?$`)

// Unknown says that a name that a setting has is none of these distros', and
// which was likely meant.
func Unknown(setting string, all []Distro, want string) error {
	if bareNumber.MatchString(want) {
		return fmt.Errorf("%s: %q is a bare version: write the distro too, as debian-%s or ubuntu-%s; YAML reads a bare 22.10 as the number 22.1", setting, want, want, want)
	}
	if best, several := bestOf(all, strings.ToLower(want)); several {
		return fmt.Errorf("%s: there is no %q: did you mean %s? \"%s-*\" is all of them", setting, want, best, strings.ToLower(want))
	}
	best, distance := "", len(want)/2+2
	for _, d := range all {
		for _, name := range append([]string{d.Name}, d.Aliases...) {
			if n := levenshtein.ComputeDistance(strings.ToLower(want), name); n < distance {
				best, distance = name, n
			}
		}
	}
	if best != "" {
		return fmt.Errorf("%s: there is no %q: did you mean %s?", setting, want, best)
	}
	return fmt.Errorf("%s: there is no %q; `drone-packages distros` lists those there are", setting, want)
}

// bestOf is, of the releases of one distro, the stable one, or else the one
// that is supported for the longest time.
func bestOf(all []Distro, distro string) (name string, found bool) {
	var best Distro
	for _, d := range all {
		if strings.HasPrefix(d.Name, distro+"-") && !best.Stable && (!found || d.Stable || d.EndOfLife.After(best.EndOfLife)) {
			best, found = d, true
		}
	}
	return best.Name, found
}
