package source

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	shell "mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// PKGBUILD is what a plan wants to know of one, as far as it can be read
// without running it: what it assigns at its top, with the variables put in
// that it assigned before. What takes a command to tell is left out. What a
// build does, makepkg reads itself.
type PKGBUILD struct {
	// Name is pkgbase, or else the first of pkgname.
	Name string
	// Packages are the binary packages, in their order; Provides, what they
	// all provide beside their names, without versions.
	Packages, Provides []string
	// Any: it is for all architectures.
	Any bool
	// Needs are what a build needs, by the array that says so: makedepends,
	// depends_x86_64.
	Needs map[string][]string
}

// Caps on what is read, in bytes: a few lines can double a value for ever.
const (
	largestPKGBUILD = 1 << 18
	longestValue    = 1 << 12
	mostBraces      = 3
	mostVariables   = 16
)

// ParsePKGBUILD reads the text of one. One without a Name is none.
func ParsePKGBUILD(text string) PKGBUILD {
	top, provides, ok := assigned(text, "package")
	if !ok {
		return PKGBUILD{}
	}
	p := PKGBUILD{
		Name: top["pkgbase"].String(), Packages: top.list("pkgname"),
		Any: slices.Equal(top.list("arch"), []string{"any"}), Needs: map[string][]string{},
	}
	if p.Name == "" && len(p.Packages) > 0 {
		p.Name = p.Packages[0]
	}
	for _, need := range append(top.list("provides"), provides...) {
		p.Provides = append(p.Provides, dependencyName(need))
	}
	for name := range top {
		if needArray.MatchString(name) {
			p.Needs[name] = top.list(name)
		}
	}
	return p
}

// assigned are the variables that a shell script assigns at its top, and what
// its functions whose names begin so assign to provides; false, if it cannot be
// read.
func assigned(text, functions string) (top shellValues, provides []string, ok bool) {
	if len(text) > largestPKGBUILD {
		return nil, nil, false
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, nil, false
	}
	top, provides = shellValues{}, []string{}
	for _, s := range file.Stmts {
		top.assign(s)
		if f, ok := s.Cmd.(*syntax.FuncDecl); ok && f.Name != nil && strings.HasPrefix(f.Name.Value, functions) {
			provides = append(provides, top.inFunction(f).list("provides")...)
		}
	}
	return top, provides, true
}

// needArray are the arrays that makepkg has installed before a build.
var needArray = regexp.MustCompile(`^(make|check)?depends(_\w+)?$`)

// dependencyName is a dependency without the version it asks for.
func dependencyName(need string) string {
	if at := strings.IndexAny(need, "<>=~"); at >= 0 {
		return need[:at]
	}
	return need
}

// PKGBUILDNeeds is the part of a PKGBUILD's text that says what its build
// needs, less what local packages meet: an environment that is keyed by it is
// made anew when that changes, and not for another description or function. It
// is a PKGBUILD itself, for makepkg to read.
func PKGBUILDNeeds(text string, local []string) string {
	var b strings.Builder
	b.WriteString("pkgname=build-environment\npkgver=1\npkgrel=1\narch=(any)\n")
	needs := ParsePKGBUILD(text).Needs
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		var words []string
		for _, need := range needs[name] {
			word, err := syntax.Quote(need, syntax.LangBash)
			if err == nil && !slices.Contains(local, dependencyName(need)) {
				words = append(words, word)
			}
		}
		if array, arch, _ := strings.Cut(name, "_"); arch != "" && len(words) > 0 {
			// makepkg takes such an array from those alone who list the architecture.
			b.WriteString("[ \"$CARCH\" != " + arch + " ] || " + array + "+=(" + strings.Join(words, " ") + ")\n")
			continue
		}
		if len(words) > 0 {
			b.WriteString(name + "=(" + strings.Join(words, " ") + ")\n")
		}
	}
	return b.String()
}

// shellValues are the variables that statements have assigned.
type shellValues map[string]shell.Variable

// Get is for expand.Environ.
func (v shellValues) Get(name string) shell.Variable { return v[name] }

// Each is for expand.Environ.
func (v shellValues) Each(tell func(string, shell.Variable) bool) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !tell(name, v[name]) {
			return
		}
	}
}

// list is an array, or a single value as one.
func (v shellValues) list(name string) []string {
	value := v[name]
	if value.Kind == shell.String && value.Str != "" {
		return []string{value.Str}
	}
	return value.List
}

// inFunction are the variables after a function's own assignments.
func (v shellValues) inFunction(f *syntax.FuncDecl) shellValues {
	own := maps.Clone(v)
	delete(own, "provides")
	block, ok := f.Body.Cmd.(*syntax.Block)
	if !ok {
		return own
	}
	for _, s := range block.Stmts {
		own.assign(s)
	}
	return own
}

// assign carries out a statement that assigns and does nothing else.
func (v shellValues) assign(s *syntax.Stmt) {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) > 0 {
		return
	}
	for _, a := range call.Assigns {
		if a.Index != nil {
			continue
		}
		value := shell.Variable{Set: true, Kind: shell.String, Str: v.literal(a.Value)}
		if a.Array != nil {
			value = shell.Variable{Set: true, Kind: shell.Indexed, List: v.words(a.Array)}
		}
		if a.Append {
			value.Str = v[a.Name.Value].Str + value.Str
			value.List = slices.Concat(v[a.Name.Value].List, value.List)
		}
		if len(value.Str) > longestValue || len(value.List) > longestValue {
			continue
		}
		v[a.Name.Value] = value
	}
}

// config expands variables, and runs and opens nothing.
func (v shellValues) config() *shell.Config { return &shell.Config{Env: v} }

// literal is a word's text; empty, if it takes a command to tell.
func (v shellValues) literal(word *syntax.Word) string {
	if word == nil || computed(word) {
		return ""
	}
	text, err := shell.Literal(v.config(), word)
	if err != nil || len(text) > longestValue {
		return ""
	}
	return text
}

// words are the elements of an array, less what takes a command to tell.
func (v shellValues) words(array *syntax.ArrayExpr) []string {
	var all []string
	for _, e := range array.Elems {
		if e.Value == nil || computed(e.Value) {
			continue
		}
		words, err := shell.Fields(v.config(), e.Value)
		if err == nil && len(strings.Join(words, " ")) <= longestValue {
			all = append(all, words...)
		}
	}
	return all
}

// computed says whether a word takes a command, or arithmetic, to tell; or may
// be as long as one likes: {1..1000000}, ${a//b/$c}.
func computed(word *syntax.Word) bool {
	found, braces, variables := false, 0, 0
	syntax.Walk(word, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.ArithmExp:
			found = true
		case *syntax.ParamExp:
			variables++
			found = found || n.Repl != nil
		case *syntax.Lit:
			braces += strings.Count(n.Value, "{")
			found = found || strings.Contains(n.Value, "{") && strings.Contains(n.Value, "..")
		}
		return !found
	})
	return found || braces > mostBraces || variables > mostVariables
}
