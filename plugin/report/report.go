package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// Names of the files in the output directory. Others read the summary, and the
// results that all reports are made of.
const (
	ResultsFile = "results.json"
	SummaryFile = "summary.md"
	sumsFile    = "SHA256SUMS"
	htmlFile    = "report.html"
	junitFile   = "junit.xml"
	badgeFile   = "badge.svg"
	sarifFile   = "lint.sarif"
)

// Input is what reports are made of.
type Input struct {
	Run result.Run
	// Files is the output directory, for reports that show what logs say: it
	// holds each Job.Log.
	Files fs.FS
}

// renderers are the reports that are files.
var renderers = []struct {
	name, file string
	render     func(io.Writer, Input) error
}{
	{"json", ResultsFile, ofRun(result.Write)},
	{"sums", sumsFile, ofRun(sums)},
	{"summary", SummaryFile, ofRun(summary)},
	{"html", htmlFile, html},
	{"junit", junitFile, ofRun(junit)},
	{"badge", badgeFile, ofRun(badge)},
	{"sarif", sarifFile, ofRun(sarif)},
}

// ofRun is a report that reads no files.
func ofRun(render func(io.Writer, result.Run) error) func(io.Writer, Input) error {
	return func(w io.Writer, in Input) error { return render(w, in.Run) }
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

// Write writes the reports named into dir: all that can be written, with an
// error that joins why others could not.
func Write(dir *os.Root, run result.Run, names []string) error {
	var errs []error
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			errs = append(errs, fmt.Errorf("there is no report %q, there are: %s", name, strings.Join(Names(), ", ")))
		}
	}
	for _, r := range renderers {
		if !slices.Contains(names, r.name) {
			continue
		}
		f, err := dir.Create(r.file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if err := errors.Join(r.render(f, Input{run, dir.FS()}), f.Close()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.file, err))
		}
	}
	return errors.Join(errs...)
}
