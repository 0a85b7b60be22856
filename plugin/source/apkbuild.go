package source

import (
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// APKBUILD is what a plan wants to know of one, read as a PKGBUILD is: its
// lists are words of one text.
type APKBUILD struct {
	// Name is pkgname.
	Name string
	// Packages are the package and its subpackages, in their order; Provides,
	// what they all provide beside their names, without versions.
	Packages, Provides []string
	// Noarch: it is for all architectures.
	Noarch bool
	// Needs are what a build needs, by the variable that says so: makedepends.
	Needs map[string][]string
}

// needTexts are the variables that name what abuild has installed before a
// build.
var needTexts = []string{"depends", "makedepends", "makedepends_build", "makedepends_host", "checkdepends"}

// ParseAPKBUILD reads the text of one. One without a Name is none.
func ParseAPKBUILD(text string) APKBUILD {
	top, provides, ok := assigned(text, "")
	if !ok {
		return APKBUILD{}
	}
	a := APKBUILD{
		Name: top["pkgname"].String(), Noarch: slices.Equal(top.fields("arch"), []string{"noarch"}), Needs: map[string][]string{},
	}
	if a.Name == "" {
		return APKBUILD{}
	}
	a.Packages = []string{a.Name}
	for _, word := range top.fields("subpackages") {
		name, _, _ := strings.Cut(word, ":") // and a function, and an architecture
		a.Packages = append(a.Packages, name)
	}
	for _, need := range append(top.fields("provides"), strings.Fields(strings.Join(provides, " "))...) {
		a.Provides = append(a.Provides, dependencyName(need))
	}
	for _, name := range needTexts {
		if needs := top.fields(name); len(needs) > 0 {
			a.Needs[name] = needs
		}
	}
	return a
}

// fields are the words of a variable's text.
func (v shellValues) fields(name string) []string {
	return strings.Fields(strings.Join(v.list(name), " "))
}

// APKBUILDNeeds is the part of an APKBUILD's text that says what its build
// needs, less what local packages and its own meet: what PKGBUILDNeeds is of a
// PKGBUILD.
func APKBUILDNeeds(text string, local []string) string {
	a := ParseAPKBUILD(text)
	var b strings.Builder
	b.WriteString("pkgname=build-environment\n")
	for _, name := range slices.Sorted(maps.Keys(a.Needs)) {
		needs := slices.DeleteFunc(a.Needs[name], func(need string) bool {
			word := dependencyName(need)
			return slices.Contains(local, word) || slices.Contains(a.Packages, word)
		})
		words, err := syntax.Quote(strings.Join(needs, " "), syntax.LangPOSIX)
		if err == nil && len(needs) > 0 {
			b.WriteString(name + "=" + words + "\n")
		}
	}
	return b.String()
}
