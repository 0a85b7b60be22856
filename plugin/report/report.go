package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// renderers are the reports that are files.
var renderers = []struct {
	name, file string
	render     func(io.Writer, result.Run) error
}{
	{"json", "results.json", result.Write},
	{"sums", "SHA256SUMS", sums},
}

// Names are the reports there are.
func Names() []string {
	var names []string
	for _, r := range renderers {
		names = append(names, r.name)
	}
	return names
}

// Files are the files that Write writes for all of Names.
func Files() []string {
	var files []string
	for _, r := range renderers {
		files = append(files, r.file)
	}
	return files
}

// Write writes the reports named into dir.
func Write(dir *os.Root, run result.Run, names []string) error {
	var errs []error
	for _, r := range renderers {
		if !slices.Contains(names, r.name) {
			continue
		}
		f, err := dir.Create(r.file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		err = r.render(f, run)
		errs = append(errs, err, f.Close())
	}
	return errors.Join(errs...)
}

// sums is what `sha256sum -c` reads.
func sums(w io.Writer, run result.Run) error {
	var lines []string
	for _, p := range run.Packages {
		lines = append(lines, fmt.Sprintf("%s  %s\n", p.SHA256, p.Path))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	for _, line := range lines {
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}
