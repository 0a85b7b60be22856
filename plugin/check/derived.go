package check

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// question is one that only packages of some format raise, with what is wrong.
type question struct {
	subject, attribute string
	findings           []result.Check
}

// derived asks the questions that the format raises.
func (a *agent) derived(ctx context.Context) error {
	var before snapshot
	if _, err := a.memory.load(treeMemory, &before); err != nil {
		return err
	}
	for _, q := range a.machine.database().questions(ctx, a.Packages, before.Files) {
		a.tellFindings(q.subject, q.attribute, q.findings)
	}
	return nil
}

// questions of rpms: directories that nobody has, paths that two packages
// have, scriptlets that call what is not there, and what rpm itself finds
// different from what was packaged.
func (d rpmdb) questions(ctx context.Context, packages []Package, before map[string]entry) []question {
	shipped := map[string][]string{}
	for _, p := range packages {
		shipped[p.Name] = d.files(ctx, p.Name)
	}
	var all []question
	if before != nil {
		all = append(all, question{"directories", "all owned", unowned(shipped, d.owned(ctx, packages), before)})
	}
	all = append(all, question{"files", "each of one package", d.machine.twice(shipped)})
	for _, p := range packages {
		out, _ := d.machine.run(ctx, "rpm", "-V", "--nodeps", p.Name) // its exit code says no more than its output
		all = append(all,
			question{p.Name, "scriptlets find their commands", d.machine.missingCommands(ctx, d, p)},
			question{p.Name, "as packaged", verified(p.Name, out)})
	}
	return all
}

// tellFindings tells them, or that there are none.
func (a *agent) tellFindings(subject, attribute string, findings []result.Check) {
	if len(findings) == 0 && len(a.Packages) > 0 {
		findings = []result.Check{{Kind: "package", Subject: subject, Attribute: attribute, Outcome: result.Passed}}
	}
	for _, c := range findings {
		a.check(c)
	}
}

// unowned are the topmost directories that came with files of the packages
// and that no package has: a removal leaves them behind.
func unowned(shipped map[string][]string, owned map[string]bool, before map[string]entry) []result.Check {
	ours := map[string]bool{}
	for _, files := range shipped {
		for _, f := range files {
			ours[f] = true
		}
	}
	var found []result.Check
	told := map[string]bool{}
	for _, pkg := range sortedNames(shipped) {
		for _, file := range shipped[pkg] {
			top := ""
			for dir := path.Dir(file); dir != "/" && dir != "."; dir = path.Dir(dir) {
				if _, old := before[dir]; !old && !ours[dir] && !owned[dir] {
					top = dir
				}
			}
			if top == "" || told[top] {
				continue
			}
			told[top] = true
			found = append(found, failed("file", top, "owned", "a directory of a package", "of none",
				fmt.Sprintf("%s ships files in it: list it in %%files with %%dir, or require the package that has it; a removal leaves it", pkg)))
		}
	}
	return found
}

// twice are the paths, other than directories, that several packages ship.
func (m machine) twice(shipped map[string][]string) []result.Check {
	by := map[string][]string{}
	for _, pkg := range sortedNames(shipped) {
		for _, file := range shipped[pkg] {
			if !slices.Contains(by[file], pkg) {
				by[file] = append(by[file], pkg)
			}
		}
	}
	var found []result.Check
	for _, file := range sortedNames(by) {
		if len(by[file]) < 2 {
			continue
		}
		if info, err := m.lstat(file); err != nil || info.IsDir() {
			continue
		}
		found = append(found, failed("file", file, "shipped once", "a file of one package", "of "+strings.Join(by[file], " and "),
			"%files of both list it: whichever is removed last takes it, and an upgrade of one alone may conflict"))
	}
	return found
}

// verifyLetters says in words what rpm's letters mean, in the order it has them.
var verifyLetters = map[rune]string{
	'S': "size", 'M': "mode", '5': "content", 'D': "device", 'L': "link", 'U': "owner", 'G': "group", 'T': "time", 'P': "capabilities",
}

// verified reads what rpm -V prints, less what may well differ: configuration
// and what the spec file says is none of its content.
func verified(pkg, out string) []result.Check {
	var found []result.Check
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if len(words) < 2 || !strings.HasPrefix(words[len(words)-1], "/") {
			continue
		}
		file := words[len(words)-1]
		if len(words) == 3 && (words[1] == "c" || words[1] == "g") {
			continue
		}
		what := differs(words[0])
		if what == "" {
			continue
		}
		found = append(found, failed("file", file, "as packaged", "as "+pkg+" ships it", what,
			"a scriptlet or a service changes what the package ships: say so in %files (%config, %ghost, %attr, %verify), or leave it alone"))
	}
	return found
}

// differs says what letters such as SM5....T mean; empty: nothing differs.
func differs(letters string) string {
	if letters == "missing" {
		return "it is missing"
	}
	var what []string
	for _, letter := range letters {
		if name := verifyLetters[letter]; name != "" {
			what = append(what, name)
		}
	}
	if len(what) == 0 {
		return ""
	}
	return strings.Join(what, ", ") + " differs"
}

func sortedNames[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
