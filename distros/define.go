package distros

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// variant stands between the names of a family and of the distro that has a
// variant of it.
const variant = "/"

// Define adds a user's own distro to the catalogue. One with the name of a
// known distro is that one, but for what is said of it here. Recipes replace
// those of its family, for it alone: it then has a variant of that family,
// which is added too, called FAMILY/NAME. The error tells all that is wrong.
func Define(all []Distro, families map[string]Family, own Distro, recipes map[string]string) ([]Distro, error) {
	others := slices.DeleteFunc(slices.Clone(all), func(d Distro) bool {
		if d.Name == own.Name {
			own = over(d, own)
		}
		return d.Name == own.Name
	})
	if own.Title == "" {
		own.Title = own.Name
	}
	family, known := families[own.Family]
	errs := []error{own.sound(families), taken(others, own), knownRecipes(family, known, recipes)}
	if err := errors.Join(errs...); err != nil {
		return all, err
	}
	if len(recipes) > 0 {
		family.Recipes = maps.Clone(family.Recipes)
		for name, script := range recipes {
			family.Recipes[Recipe(name)] = script
		}
		family.Name += variant + own.Name
		own.Family = family.Name
		families[family.Name] = family
	}
	return slices.SortedFunc(slices.Values(append(others, own)), func(a, b Distro) int { return strings.Compare(a.Name, b.Name) }), nil
}

// over is a distro, or a family, with what another says of it on top.
func over[T any](base, own T) T {
	from, to := reflect.ValueOf(own), reflect.ValueOf(&base).Elem()
	for i := range from.NumField() {
		if !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return base
}

// sound says what a distro lacks.
func (d Distro) sound(families map[string]Family) error {
	family, known := families[d.Family]
	// A variant is for the distro alone that made it.
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(families)), func(name string) bool { return strings.Contains(name, variant) })
	known = known && slices.Contains(names, d.Family)
	switch {
	case d.Family == "":
		return fmt.Errorf("no family, wanted one of %s", strings.Join(names, ", "))
	case !known:
		return fmt.Errorf("family: found %q, wanted one of %s%s", d.Family, strings.Join(names, ", "), meant(d.Family, names))
	case d.Image == "" && (d.Suite == "" || family.Bootstrap == ""):
		return errors.New("no image, wanted what a registry or the engine here calls it, such as registry.example/mylinux:9")
	}
	return nil
}

// taken says which names of a distro are another's.
func taken(others []Distro, own Distro) error {
	var errs []error
	for _, d := range others {
		if slices.Contains(d.Aliases, own.Name) {
			errs = append(errs, fmt.Errorf("%s is %s's name already: choose another, or define %s to change that", own.Name, d.Name, d.Name))
		}
	}
	for _, alias := range own.Aliases {
		for _, d := range others {
			if alias == d.Name || slices.Contains(d.Aliases, alias) {
				errs = append(errs, fmt.Errorf("aliases: %s is %s's name already", alias, d.Name))
			}
		}
	}
	return errors.Join(errs...)
}

// knownRecipes says which recipes the family has none of that it could mean.
func knownRecipes(family Family, known bool, recipes map[string]string) error {
	var errs []error
	var names []string
	for _, name := range slices.Sorted(maps.Keys(family.Recipes)) {
		names = append(names, string(name))
	}
	for _, name := range slices.Sorted(maps.Keys(recipes)) {
		if known && !slices.Contains(names, name) {
			errs = append(errs, fmt.Errorf("recipes: found %q, wanted some of %s%s", name, strings.Join(names, ", "), meant(name, names)))
		}
	}
	return errors.Join(errs...)
}

// meant asks for the nearest of the words there are, if one is near.
func meant(word string, words []string) string {
	best, distance := "", len(word)/2+1
	for _, w := range words {
		if n := levenshtein.ComputeDistance(strings.ToLower(word), w); n < distance {
			best, distance = w, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}
