package source

import (
	"regexp"
	"slices"
	"strings"
)

// Spec is what a plan wants to know of an rpm spec file, as far as it can be
// read without rpm: macros that the file itself defines as plain text are
// expanded, others stay as they are. What a build does, rpm reads itself.
type Spec struct {
	// Name, Version and Release as the preamble has them.
	Name, Version, Release string
	// Sources are the values of Source, Source0 and so on, in their order.
	Sources []string
	// Packages are the binary packages, the main one first; Provides, what
	// they all provide beside their names.
	Packages, Provides []string
	// Noarch: the main package is for all architectures.
	Noarch bool
}

var (
	specTag     = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9]*)(?:\([^)]*\))?[ \t]*:[ \t]*(.*?)[ \t]*$`)
	specSource  = regexp.MustCompile(`^source\d*$`)
	specMacro   = regexp.MustCompile(`^[ \t]*%(?:global|define)[ \t]+(\w+)[ \t]+(.*?)[ \t]*$`)
	specSection = regexp.MustCompile(`^%(package|description|prep|generate_buildrequires|conf|build|install|check|clean|files|changelog|pre|post|preun|postun|pretrans|posttrans|preuntrans|postuntrans|verify|verifyscript|trigger\w*|filetrigger\w*|transfiletrigger\w*|sourcelist|patchlist|sepolicy)(?:[ \t]+(.*?))?[ \t]*$`)
	specUse     = regexp.MustCompile(`%(?:\{\??(\w+)\}|(\w+))`)
)

// ParseSpec reads a spec file's text. One without a Name is none.
func ParseSpec(text string) Spec {
	p := specParser{macros: map[string]string{}}
	for line := range strings.Lines(text) {
		p.line(strings.TrimRight(line, "\r\n"))
	}
	return p.spec
}

type specParser struct {
	spec   Spec
	macros map[string]string
	// section the line is in; "" is the preamble of the main package.
	section string
}

func (p *specParser) line(line string) {
	if m := specMacro.FindStringSubmatch(line); m != nil {
		p.macros[m[1]] = p.expand(m[2])
		return
	}
	if m := specSection.FindStringSubmatch(line); m != nil {
		p.section = m[1]
		if m[1] == "package" {
			p.addPackage(m[2])
		}
		return
	}
	m := specTag.FindStringSubmatch(line)
	if m == nil || p.section != "" && p.section != "package" {
		return
	}
	tag, value := strings.ToLower(m[1]), p.expand(m[2])
	if tag == "provides" {
		p.spec.Provides = append(p.spec.Provides, provided(value)...)
	}
	if p.section == "" {
		p.preamble(tag, value)
	}
}

// preamble takes in a tag of the main package. The first one counts: others
// stand in the branches of an %if.
func (p *specParser) preamble(tag, value string) {
	s := &p.spec
	first := func(at *string) {
		if *at == "" {
			*at, p.macros[tag] = value, value
		}
	}
	switch {
	case tag == "name":
		first(&s.Name)
		if len(s.Packages) == 0 {
			s.Packages = []string{s.Name}
		}
	case tag == "version":
		first(&s.Version)
	case tag == "release":
		first(&s.Release)
	case tag == "buildarch":
		s.Noarch = value == "noarch"
	case specSource.MatchString(tag):
		s.Sources = append(s.Sources, value)
	}
}

// addPackage takes in "%package devel" and "%package -n libgreeter".
func (p *specParser) addPackage(words string) {
	fields := strings.Fields(p.expand(words))
	switch {
	case len(fields) == 2 && fields[0] == "-n":
		p.spec.Packages = append(p.spec.Packages, fields[1])
	case len(fields) == 1:
		p.spec.Packages = append(p.spec.Packages, p.spec.Name+"-"+fields[0])
	}
}

// expand puts in the macros that are known. A value never holds itself: it
// was expanded when it was defined.
func (p *specParser) expand(text string) string {
	return specUse.ReplaceAllStringFunc(text, func(use string) string {
		m := specUse.FindStringSubmatch(use)
		if value, ok := p.macros[m[1]+m[2]]; ok {
			return value
		}
		return use
	})
}

// provided are the names in a Provides: "a b = 1, c(x86-64) >= 2".
func provided(value string) []string {
	words := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	var names []string
	for i, w := range words {
		isVersion := i > 0 && isComparison(words[i-1])
		if !isComparison(w) && !isVersion {
			names = append(names, w)
		}
	}
	return names
}

func isComparison(word string) bool {
	return slices.Contains([]string{"=", "<", ">", "<=", ">=", "=="}, word)
}

// Needs is the part of a spec file that says what its build needs, less the
// requirements that local packages meet: an environment that is keyed by it is
// made anew when that changes, and not for another description or script. It
// is a spec file itself, for the package manager to read.
//
// A version that the spec file finds out by a command on its tree is 0: the
// tree is not there.
func Needs(text string, local []string) string {
	var b strings.Builder
	spec := ParseSpec(text)
	kept, goesOn := true, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n\t ")
		if m := specSection.FindStringSubmatch(line); m != nil && !goesOn {
			kept = m[1] == "package"
		}
		says := line != "" && !strings.HasPrefix(line, "#") && (kept || specControl.MatchString(line))
		if goesOn || says {
			b.WriteString(withoutCommand(withoutLocal(line, local), spec) + "\n")
		}
		goesOn = (goesOn || says) && strings.HasSuffix(line, "\\")
	}
	return b.String() + "%description\n"
}

// specControl is what decides and defines, wherever it stands.
var specControl = regexp.MustCompile(`^[ \t]*%(if|ifarch|ifnarch|ifos|ifnos|elif|elifarch|elifos|else|endif|global|define|undefine|bcond\w*)\b`)

// withoutCommand puts 0 in the place of a version or release that a command
// tells.
func withoutCommand(line string, s Spec) string {
	m := specTag.FindStringSubmatch(line)
	if m == nil {
		return line
	}
	value := map[string]string{"version": s.Version, "release": s.Release}[strings.ToLower(m[1])]
	if strings.Contains(value, "%(") {
		return m[1] + ": 0"
	}
	return line
}

// withoutLocal leaves out what local packages meet of a BuildRequires.
func withoutLocal(line string, local []string) string {
	m := specTag.FindStringSubmatch(line)
	if m == nil || !strings.EqualFold(m[1], "BuildRequires") {
		return line
	}
	words := strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	var left []string
	dropped := false
	for i := 0; i < len(words); i++ {
		entry := words[i : i+1]
		if i+2 < len(words) && isComparison(words[i+1]) {
			entry = words[i : i+3]
		}
		i += len(entry) - 1
		if slices.Contains(local, entry[0]) {
			dropped = true
			continue
		}
		left = append(left, strings.Join(entry, " "))
	}
	if !dropped {
		return line
	}
	if len(left) == 0 {
		return ""
	}
	return m[1] + ": " + strings.Join(left, ", ")
}
