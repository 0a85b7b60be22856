package check

import (
	"regexp"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// maintainerScripts are what dpkg runs.
var maintainerScripts = []string{"preinst", "postinst", "prerm", "postrm"}

// reads finds the shell's read where it takes a line of the script's own
// input: not in a loop over a pipe or a file.
var reads = regexp.MustCompile(`(?m)(?:^|[;{&|]|\b(?:then|do|else)\b)[ \t]*read(?:[ \t]+-[a-z]+)*[ \t]+[A-Za-z_]\w*[ \t]*(?:[;}#&|]|$)`)

// scriptFindings are scripts that wait for somebody to type. Those that speak
// debconf's protocol read its answers.
func (m machine) scriptFindings(p Package) []result.Check {
	var found []result.Check
	for _, name := range maintainerScripts {
		text, err := m.info(p.Name, name)
		if err != nil || strings.Contains(text, "debconf/confmodule") {
			continue
		}
		if line := strings.Trim(reads.FindString(text), "; \t\n{}"); line != "" && !strings.Contains(line, "|") {
			found = append(found, failed("script", p.Name+"."+name, "unattended", "no question on its standard input", line[strings.Index(line, "read"):],
				"nobody answers in an unattended installation: it fails there, or waits for ever; use debconf"))
		}
	}
	return found
}
