package plan

import (
	"regexp"
	"strings"
)

var buildField = regexp.MustCompile(`(?i)^Build-(Depends|Conflicts)(-Arch|-Indep)?:`)

// buildNeeds is the part of a debian/control that says what a build needs.
// An environment is keyed by it alone, so that a new description or another
// package with the same needs makes none anew.
func buildNeeds(control string) string {
	var b strings.Builder
	b.WriteString("Source: build-environment\n")
	inField := false
	for line := range strings.Lines(control) {
		if strings.TrimSpace(line) == "" {
			break // the binary packages follow
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			inField = buildField.MatchString(line)
		}
		if inField {
			b.WriteString(strings.TrimRight(line, " \t\r\n") + "\n")
		}
	}
	return b.String()
}
