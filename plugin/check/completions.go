package check

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// completing is a shell that completes words by files of packages.
type completing struct {
	shell string
	// named are directories whose files are named after programs, as prefix
	// and suffix say; loaded, those whose files are all read.
	named, loaded  []string
	prefix, suffix string
	// reads are arguments by which the shell reads a file and does nothing.
	reads []string
}

// completings are the shells' own directories, and Debian's for packages.
var completings = []completing{
	// Files may need extglob, which bash-completion sets before it loads them.
	{shell: "bash", named: []string{"/usr/share/bash-completion/completions"}, loaded: []string{"/etc/bash_completion.d"}, reads: []string{"-O", "extglob", "-n"}},
	{shell: "zsh", named: []string{"/usr/share/zsh/vendor-completions", "/usr/share/zsh/site-functions"}, prefix: "_", reads: []string{"-f", "-n"}},
	{shell: "fish", named: []string{"/usr/share/fish/vendor_completions.d", "/usr/share/fish/completions"}, suffix: ".fish", reads: []string{"-n"}},
}

// completionChecks are whether shells take the completions of a package, and
// whether they are for programs that are there.
func (m machine) completionChecks(ctx context.Context, p Package, files []string) []result.Check {
	var checks []result.Check
	var strangers []string
	count, known := 0, 0
	for _, f := range files {
		s, named := completingOf(f)
		if s == nil {
			continue
		}
		_, text, ok := m.readShipped(f)
		if !ok {
			continue
		}
		count++
		c, bad := m.parsesIn(ctx, *s, f)
		switch {
		case bad:
			checks = append(checks, c)
		case named && !m.completes(*s, f, text):
			strangers = append(strangers, f)
		case named:
			known++
		}
	}
	// Beside its own, a package may have those of others that belong to it.
	if known == 0 && len(strangers) > 0 && m.shipsPrograms(files) {
		checks = append(checks, warned("completion", p.Name, "program", "completions for programs that are there",
			clip(strings.Join(strangers, ", "), shownTotal), "a file is named after the program that it completes"))
	}
	if count > 0 && len(checks) == 0 {
		checks = append(checks, passed("completion", p.Name, "installed", plural(count, "file")))
	}
	return checks
}

// completingOf is the shell that a file is for, by its place; nil: none. It
// may have to be named after a program.
func completingOf(file string) (s *completing, named bool) {
	for i, s := range completings {
		if named := slices.Contains(s.named, path.Dir(file)); named || slices.Contains(s.loaded, path.Dir(file)) {
			return &completings[i], named
		}
	}
	return nil, false
}

// parsesIn has a shell read a file, where that shell is installed.
func (m machine) parsesIn(ctx context.Context, s completing, file string) (c result.Check, bad bool) {
	if m.installedProgram(s.shell) == "" {
		return c, false
	}
	_, err := m.run(ctx, s.shell, append(slices.Clone(s.reads), m.at(file))...)
	if err == nil || exitCode(err) < 0 {
		return c, false
	}
	said := lines(err.Error())
	c = failed("completion", file, "parses", fmt.Sprintf("%s %s reads it", s.shell, strings.Join(s.reads, " ")),
		strings.TrimPrefix(said[0], m.root), "whoever completes a word in "+s.shell+" sees that error")
	c.Lines = said[:min(len(said), evidenceLines)]
	return c, true
}

// completes says whether a file is named after a program that is there, or is
// for one by its own word.
func (m machine) completes(s completing, file, text string) bool {
	base := path.Base(file)
	own := strings.TrimSuffix(strings.TrimPrefix(base, s.prefix), s.suffix)
	names := []string{own, strings.TrimPrefix(own, "_"), strings.TrimSuffix(own, "."+s.shell)}
	for line := range strings.Lines(text) {
		if word := strings.Fields(line); len(word) > 1 && (word[0] == "complete" || word[0] == "#compdef" || word[0] == "#autoload") {
			names = append(names, word[1:]...)
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return name != "" && !strings.HasPrefix(name, "-") && m.installedProgram(name) != ""
	})
}

// shipsPrograms: a package of nothing but completions has them for others'.
func (m machine) shipsPrograms(files []string) bool {
	return slices.ContainsFunc(m.executables(files), func(f string) bool { return slices.Contains(searchPath, path.Dir(f)) })
}
