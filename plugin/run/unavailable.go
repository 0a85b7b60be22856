package run

import (
	"fmt"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// unavailable are the dependencies that a recipe found not to be had. It
// prints a line for each, whose parts but the first two are tabs apart:
//
//	unavailable PACKAGE	NEED	HAS
//
// NEED is as the package has it; HAS, what there is instead: "libfoo 1.3", or
// "no libfoo", several if there are alternatives.
func unavailable(lines []string) []result.Fact {
	var all []result.Fact
	for _, line := range lines {
		rest, announced := strings.CutPrefix(line, "unavailable ")
		part := strings.Split(rest, "\t")
		if !announced || len(part) != 3 || strings.TrimSpace(part[0]) == "" {
			continue
		}
		if len(all) == maxAlso {
			return append(all, result.Fact{Label: "unavailable", Text: "and more: see the log"})
		}
		pkg, need, has := part[0], part[1], part[2]
		if name, _, _ := strings.Cut(need, " "); !strings.Contains(need, "|") {
			has = strings.TrimPrefix(has, name+" ")
		}
		all = append(all, result.Fact{Label: "unavailable", Text: fmt.Sprintf("%s depends on %s, the archive has %s", pkg, need, has)})
	}
	return all
}

// wayToDepend is what to do about a dependency that is not to be had.
const wayToDepend = "depend on what this distro has, or build what is missing beside it (packages.needs)"
