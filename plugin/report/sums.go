package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// sums is what `sha256sum -c` reads, in the directory of results.json.
func sums(w io.Writer, run result.Run) error {
	packages := slices.Clone(run.Packages)
	slices.SortFunc(packages, func(a, b result.Package) int { return strings.Compare(a.Path, b.Path) })
	for _, p := range packages {
		if _, err := io.WriteString(w, sumLine(p)); err != nil {
			return err
		}
	}
	return nil
}

// escaped is how sha256sum writes what would break a line. A build chooses the
// names of its files.
var escaped = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)

func sumLine(p result.Package) string {
	name := escaped.Replace(p.Path)
	if name == p.Path {
		return fmt.Sprintf("%s  %s\n", p.SHA256, name)
	}
	return fmt.Sprintf("\\%s  %s\n", p.SHA256, name)
}
