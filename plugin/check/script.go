package check

import (
	"context"
	"regexp"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// reads finds the shell's read where it takes a line of the script's own
// input: not in a loop over a pipe or a file.
var reads = regexp.MustCompile(`(?m)(?:^|[;{&|]|\b(?:then|do|else)\b)[ \t]*read(?:[ \t]+-[a-z]+)*[ \t]+[A-Za-z_]\w*[ \t]*(?:[;}#&|]|$)`)

// scriptFindings are scripts that wait for somebody to type. Those that speak
// debconf's protocol read its answers.
func (m machine) scriptFindings(ctx context.Context, p Package) []result.Check {
	var found []result.Check
	for _, script := range m.database().scripts(ctx, p.Name) {
		if strings.Contains(script.Text, "debconf/confmodule") {
			continue
		}
		if line := strings.Trim(reads.FindString(script.Text), "; \t\n{}"); line != "" && !strings.Contains(line, "|") {
			found = append(found, failed("script", p.Name+"."+script.Name, "unattended", "no question on its standard input", line[strings.Index(line, "read"):],
				m.dialect().Waits))
		}
	}
	return found
}
