package run

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// toMend is where a problem is to be mended, as near as it is known: the check
// that somebody wrote, the line that a compiler names, the line of debian/control
// or the spec file that the message is about, that file. Empty: it is not told.
func (j *job) toMend(p result.Problem, checks []result.Check) (file string, line int) {
	if file, line = placeOf(checks); file != "" {
		return file, line
	}
	if j.By == "" {
		return "", 0
	}
	if j.Kind == plan.Build {
		file, line = j.complained(p.Lines)
	}
	if file == "" {
		file, line = j.By, j.lineOf(p)
	}
	return path.Join(j.plan.Input.SourceIn, file), line
}

// written is where a check was asked for: packages.yml:12:5.
var written = regexp.MustCompile(`^(.+\.ya?ml):(\d+)(?::\d+)?$`)

// placeOf is the place of the first check that failed, if somebody asked for it
// in a file.
func placeOf(checks []result.Check) (file string, line int) {
	for _, c := range checks {
		if c.Outcome != result.Failed || c.Warning {
			continue
		}
		if m := written.FindStringSubmatch(c.Place); m != nil {
			return m[1], number(m[2])
		}
		return "", 0
	}
	return "", 0
}

func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0 // too long to be one
	}
	return n
}

// complaint is how compilers, interpreters and make name a line: FILE:LINE:
// and what is wrong.
var complaint = regexp.MustCompile(`(?:^|[\s("'\[])([\w./+@-]+):(\d+)(?::\d+)?: *(.*)`)

// complained is the first line of the source that the lines of a build complain
// of: an error of a compiler's before all else.
func (j *job) complained(lines []string) (file string, line int) {
	for _, mustSay := range []string{"error", ""} {
		for _, text := range lines {
			m := complaint.FindStringSubmatch(text)
			if m == nil || !strings.Contains(strings.ToLower(m[3]), mustSay) {
				continue
			}
			if file := j.inTree(m[1]); file != "" {
				return file, number(m[2])
			}
		}
	}
	return "", 0
}

// buildRoot is where trees are built: what is elsewhere in a build's container
// is none of the source.
const buildRoot = "/build/"

// inTree is the file of the source that a build calls by a name; empty if there
// is none, or several that it may mean. A build names files from where it is
// itself: the tree, a directory in it, or a copy.
func (j *job) inTree(name string) string {
	if strings.HasPrefix(name, "/") && !strings.HasPrefix(name, buildRoot) {
		return ""
	}
	name = strings.TrimPrefix(path.Clean("/"+strings.TrimLeft(name, "./")), "/")
	for part, there := name, true; there; _, part, there = strings.Cut(part, "/") {
		for _, file := range []string{path.Join(packaged(j.By), part), part} {
			if slices.Contains(j.o.Files, file) {
				return file
			}
		}
	}
	var found []string
	for _, file := range j.o.Files {
		if strings.HasSuffix(file, "/"+name) {
			found = append(found, file)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// packaged is the directory that a debian/control, a spec file, a PKGBUILD or an
// APKBUILD is about.
func packaged(by string) string {
	if path.Ext(by) == ".spec" || path.Base(by) == "PKGBUILD" || path.Base(by) == "APKBUILD" {
		return "."
	}
	return path.Dir(path.Dir(by))
}

// specLine is how rpm names a line of a spec file.
var specLine = regexp.MustCompile(`^(?:error|warning): (?:.*\.spec: )?line (\d+): `)

// lineOf is the line of the file that says how the package is made which a
// problem is about: one that its reader refused, or one that names what is not
// to be had. 0: it is not known.
func (j *job) lineOf(p result.Problem) int {
	for _, text := range p.Lines {
		if m := specLine.FindStringSubmatch(text); m != nil && path.Ext(j.By) == ".spec" {
			return number(m[1])
		}
	}
	if j.Kind != plan.Environment {
		return 0
	}
	missing := missingIn(p)
	for i, words := range needsIn(j.control()) {
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(missing, w) }) {
			return i + 1
		}
	}
	return 0
}

// control is the text of the file that says how the package is made.
func (j *job) control() string {
	for _, p := range j.plan.Input.Source.Packages {
		if p.Where == j.By || path.Join(p.Where, "control") == j.By {
			return p.Control
		}
	}
	return ""
}

var (
	// needing begins what a build needs, in debian/control, in spec files, in
	// PKGBUILDs and in APKBUILDs.
	needing = regexp.MustCompile(`(?i)^\s*(Build-[\w-]+|BuildRequires[^:]*):|^(make|check)?depends\w*\+?=["'(]`)
	// needed is a package, or what one provides.
	needed = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9.+_():/-]*`)
	// lacking is a line that names what is not to be had.
	lacking = regexp.MustCompile(`(?i)not installable|unable to locate|no match|nothing provides|is needed by|no provider|no such package|not found|depends`)
)

// needsIn are the words of a control text's build dependencies, line by line.
func needsIn(control string) [][]string {
	var all [][]string
	inside := false
	for line := range strings.Lines(control) {
		continued := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		inside = needing.MatchString(line) || inside && continued
		var words []string
		if inside {
			words = needed.FindAllString(needing.ReplaceAllString(line, ""), -1)
		}
		all = append(all, words)
	}
	return all
}

// missingIn are the words of the lines that say what is not to be had.
func missingIn(p result.Problem) []string {
	var words []string
	for _, line := range p.Lines {
		if lacking.MatchString(line) {
			words = append(words, needed.FindAllString(line, -1)...)
		}
	}
	for _, f := range p.Facts {
		if f.Label == "unavailable" {
			words = append(words, needed.FindAllString(f.Text, -1)...)
		}
	}
	return words
}
