package plan

import (
	"regexp"
	"slices"
	"strings"
)

// withNeeds tells each package which others have to be built first, directly
// or for one of those, and which binary packages come from them.
func withNeeds(all []wanted) []wanted {
	for i := range all {
		for _, need := range needsOf(all, all[i].settings.Needs, nil) {
			all[i].needs = append(all[i].needs, need)
			all[i].local = append(all[i].local, need.format.provides(need.how.Control)...)
		}
	}
	return all
}

// needsOf follows names of packages, those that come first before the others.
func needsOf(all []wanted, names []string, seen []string) []wanted {
	var needs []wanted
	for _, name := range names {
		i := slices.IndexFunc(all, func(w wanted) bool { return w.name == name })
		if i < 0 || slices.Contains(seen, name) {
			continue
		}
		seen = append(seen, name)
		for _, before := range needsOf(all, all[i].settings.Needs, seen) {
			seen = append(seen, before.name)
			needs = append(needs, before)
		}
		needs = append(needs, all[i])
	}
	return needs
}

// field is one field of a debian/control, unfolded.
type field struct{ name, value string }

// paragraphs are those of a debian/control, without comments.
func paragraphs(control string) [][]field {
	all := [][]field{nil}
	for line := range strings.Lines(control) {
		last := &all[len(all)-1]
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			all = append(all, nil)
		case line[0] != ' ' && line[0] != '\t':
			name, value, _ := strings.Cut(line, ":")
			*last = append(*last, field{strings.TrimSpace(name), value})
		case len(*last) > 0:
			(*last)[len(*last)-1].value += line
		}
	}
	return slices.DeleteFunc(all, func(p []field) bool { return len(p) == 0 })
}

// binaries are the packages that a debian/control makes, and what they provide.
func binaries(control string) []string {
	var names []string
	for _, p := range paragraphs(control) {
		for _, f := range p {
			if strings.EqualFold(f.name, "Package") || strings.EqualFold(f.name, "Provides") {
				for _, entry := range entries(f.value) {
					names = append(names, packageName.FindString(entry))
				}
			}
		}
	}
	return names
}

// entries are what commas separate.
func entries(value string) []string {
	var all []string
	for entry := range strings.SplitSeq(value, ",") {
		if words := strings.Fields(entry); len(words) > 0 {
			all = append(all, strings.Join(words, " "))
		}
	}
	return all
}

var (
	packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]*`)
	buildField  = regexp.MustCompile(`(?i)^Build-(Depends|Conflicts)(-Arch|-Indep)?$`)
)

// buildNeeds is the part of a debian/control that says what a build needs,
// less the packages that are built beside it: those come with the build. An
// environment is keyed by it alone, so that a new description or another
// package with the same needs makes none anew.
func buildNeeds(control string, local []string) string {
	var b strings.Builder
	b.WriteString("Source: build-environment\n")
	all := paragraphs(control)
	if len(all) == 0 {
		return b.String()
	}
	for _, f := range all[0] {
		if !buildField.MatchString(f.name) {
			continue
		}
		needed := slices.DeleteFunc(entries(f.value), func(entry string) bool { return isLocal(entry, local) })
		if len(needed) > 0 {
			b.WriteString(f.name + ": " + strings.Join(needed, ", ") + "\n")
		}
	}
	return b.String()
}

// isLocal says whether one of an entry's alternatives is built beside it.
func isLocal(entry string, local []string) bool {
	for alternative := range strings.SplitSeq(entry, "|") {
		if slices.Contains(local, packageName.FindString(strings.TrimSpace(alternative))) {
			return true
		}
	}
	return false
}
