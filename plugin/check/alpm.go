package check

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// alpm is the database of pacman's packages: a directory for each, whose text
// files are read as they are (libalpm's be_local.c).
type alpm struct{ machine machine }

// alpmLocal is where the directories are, NAME-VERSION-RELEASE.
const alpmLocal = "/var/lib/pacman/local"

// dirs are the directories of packages of a name: several, if an upgrade was
// interrupted.
func (d alpm) dirs(name string) []string {
	found, _ := filepath.Glob(d.machine.at(path.Join(alpmLocal, name+"-*-*"))) // names hold nothing that a pattern would
	var dirs []string
	for _, dir := range found {
		if base := filepath.Base(dir); alpmName(base) == name {
			dirs = append(dirs, path.Join(alpmLocal, base))
		}
	}
	return dirs
}

// alpmName is the package's name in that of a directory.
func alpmName(dir string) string {
	words := strings.Split(dir, "-")
	return strings.Join(words[:max(0, len(words)-2)], "-")
}

// alpmEntry is a text of the database: lists by what stands before them.
type alpmEntry map[string][]string

// entry reads a file of a package's directory; what is not there says nothing.
func (d alpm) entry(dir, file string) alpmEntry {
	text, err := d.machine.read(path.Join(dir, file))
	if err != nil {
		return nil
	}
	return parseAlpm(text)
}

// parseAlpm reads sections: a line of %NAME%, its values, an empty line.
func parseAlpm(text string) alpmEntry {
	all, section := alpmEntry{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "":
			section = ""
		case section == "" && strings.HasPrefix(line, "%") && strings.HasSuffix(line, "%"):
			section = strings.Trim(line, "%")
		case section != "":
			all[section] = append(all[section], line)
		}
	}
	return all
}

// first of a section's values.
func (e alpmEntry) first(section string) string {
	if len(e[section]) == 0 {
		return ""
	}
	return e[section][0]
}

func (d alpm) versions(_ context.Context, name string) ([]string, error) {
	var versions []string
	for _, dir := range d.dirs(name) {
		if v := d.entry(dir, "desc").first("VERSION"); v != "" {
			versions = append(versions, v)
		}
	}
	return versions, nil
}

func (d alpm) status(_ context.Context, name string) status {
	dirs := d.dirs(name)
	if len(dirs) == 0 {
		return status{}
	}
	var versions []string
	for _, dir := range dirs {
		versions = append(versions, d.entry(dir, "desc").first("VERSION"))
	}
	s := status{Installed: len(dirs) == 1, Version: versions[len(versions)-1]}
	if !s.Installed {
		s.Trouble = strings.Join(versions, " and ") + ", both in the database"
	}
	for _, line := range d.entry(dirs[len(dirs)-1], "files")["BACKUP"] {
		file, _, _ := strings.Cut(line, "\t") // and a sum
		s.Conffiles = append(s.Conffiles, "/"+file)
	}
	return s
}

func (d alpm) files(_ context.Context, name string) []string {
	place := d.machine.places()
	var files []string
	for _, dir := range d.dirs(name) {
		for _, file := range d.entry(dir, "files")["FILES"] {
			files = append(files, place("/"+strings.TrimSuffix(file, "/")))
		}
	}
	return files
}

func (d alpm) owned(_ context.Context, but []Package) map[string]bool {
	place := d.machine.places()
	owned := map[string]bool{}
	for _, dir := range d.all() {
		name := alpmName(path.Base(dir))
		if slices.ContainsFunc(but, func(p Package) bool { return p.Name == name }) {
			continue
		}
		for _, file := range d.entry(dir, "files")["FILES"] {
			owned[place("/"+strings.TrimSuffix(file, "/"))] = true
		}
	}
	return owned
}

// all are the directories of all packages.
func (d alpm) all() []string {
	found, _ := filepath.Glob(d.machine.at(alpmLocal + "/*-*-*")) // the pattern is valid
	var dirs []string
	for _, dir := range found {
		dirs = append(dirs, path.Join(alpmLocal, filepath.Base(dir)))
	}
	return dirs
}

// alpmScripts are the functions that pacman calls, each in a shell of its own.
var alpmScripts = []string{"pre_install", "post_install", "pre_upgrade", "post_upgrade", "pre_remove", "post_remove"}

func (d alpm) scripts(_ context.Context, name string) []packageScript {
	for _, dir := range d.dirs(name) {
		if text, err := d.machine.read(path.Join(dir, "install")); err == nil {
			return installFunctions(text)
		}
	}
	return nil
}

// installFunctions are the functions of an install file that pacman calls,
// each with the others that it calls in turn.
func installFunctions(text string) []packageScript {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	functions := map[string]*syntax.FuncDecl{}
	for _, s := range file.Stmts {
		if f, ok := s.Cmd.(*syntax.FuncDecl); ok && f.Name != nil {
			functions[f.Name.Value] = f
		}
	}
	var all []packageScript
	for _, name := range alpmScripts {
		if f := functions[name]; f != nil {
			var b strings.Builder
			for _, helper := range calls(f, functions, map[string]bool{name: true}) {
				b.WriteString(printed(functions[helper]) + "\n")
			}
			all = append(all, packageScript{Name: name, Text: b.String() + printed(f.Body), Installs: name == "post_install"})
		}
	}
	return all
}

// calls are the functions that one calls, directly or not.
func calls(f *syntax.FuncDecl, functions map[string]*syntax.FuncDecl, seen map[string]bool) []string {
	var all []string
	syntax.Walk(f.Body, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		name := call.Args[0].Lit()
		if functions[name] != nil && !seen[name] {
			seen[name] = true
			all = append(append(all, name), calls(functions[name], functions, seen)...)
		}
		return true
	})
	return all
}

// printed is a part of a script as text.
func printed(node syntax.Node) string {
	var b strings.Builder
	if err := syntax.NewPrinter().Print(&b, node); err != nil {
		return ""
	}
	return b.String()
}

// questions of pacman's packages: scriptlets that call what is not there, and
// what pacman itself finds different from what was packaged.
func (d alpm) questions(ctx context.Context, packages []Package, _ map[string]entry) []question {
	var all []question
	for _, p := range packages {
		out, _ := d.machine.run(ctx, "sh", "-c", `pacman -Qkk -- "$0" 2>&1`, p.Name) // its exit code says no more than its output
		all = append(all,
			question{p.Name, "scriptlets find their commands", d.machine.missingCommands(ctx, d, p)},
			question{p.Name, "as packaged", alpmVerified(p.Name, out)})
	}
	return all
}

func (d alpm) ownerOf(ctx context.Context, file string) string {
	return d.machine.firstAnswer(ctx, file, "pacman", "-Qqo", "--")
}

func (d alpm) required(_ context.Context, name string) []string {
	needs, provided := map[string][]string{}, map[string]string{}
	for _, dir := range d.all() {
		desc, owner := d.entry(dir, "desc"), alpmName(path.Base(dir))
		needs[owner], provided[owner] = desc["DEPENDS"], owner
		for _, p := range desc["PROVIDES"] {
			provided[withoutVersion(p)] = owner
		}
	}
	return withNeeds(name, needs, provided)
}

// withNeeds are a package and all that it needs, directly or not: needs has what
// each package asks for, and provided who meets that.
func withNeeds(name string, needs map[string][]string, provided map[string]string) []string {
	all := []string{name}
	for i := 0; i < len(all); i++ {
		for _, need := range needs[all[i]] {
			by := provided[withoutVersion(need)]
			if by != "" && !slices.Contains(all, by) {
				all = append(all, by)
			}
		}
	}
	return all
}

// withoutVersion is a dependency's name: "glibc>=2.39", "musl~1.2".
func withoutVersion(need string) string {
	if at := strings.IndexAny(need, "<>=~"); at >= 0 {
		return need[:at]
	}
	return need
}

func (alpm) requires(string) string { return "depends" }

func (alpm) dialect() dialect {
	const upgraded = "post_upgrade"
	return dialect{
		Unfinished:          "an upgrade was interrupted: pacman's database has both",
		OtherVersion:        "the package manager chose another version than the one built",
		ConffileGone:        "a scriptlet removes it",
		FileGone:            "the package ships it and it is gone: a scriptlet removes it, perhaps " + upgraded,
		EverybodyWrites:     "take o+w away, in package()",
		Gone:                "gone after removal",
		LeftBehind:          "not owned by any package: made by a scriptlet or at run time; have post_remove remove it, or ship it",
		NamesStay:           "Arch's guidelines let system users stay",
		RunLeft:             "by post_remove",
		StopsNot:            "what an administrator stopped runs: something starts it again",
		StopUnit:            "an administrator stopped it: something starts it again",
		StopScript:          "an administrator stopped it (service %s stop): something starts it again",
		EditLost:            "pacman leaves a backup file that was edited alone: a scriptlet writes to it",
		EditRemoved:         "a scriptlet removes a configuration file",
		DataRemoved:         "a scriptlet removes the service's data on an upgrade",
		NotReloaded:         "a hook of systemd's does that (30-systemd-daemon-reload-system.hook): something changes the unit after it",
		NotEnabled:          "Arch's packages enable nothing: post_install must leave that to the administrator",
		StartedAnyway:       upgraded + " must try-restart, if it does anything at all",
		StartedAnywayScript: upgraded + " must use condrestart, if it does anything at all",
		NotRestarted:        upgraded + " must try-restart it",
		NotRestartedScript:  upgraded + " must use condrestart",
		Waits:               "nobody answers in an unattended installation: pacman gives scriptlets no input",
	}
}

// alpmVerified reads what pacman -Qkk prints, less what may well differ: backup
// files.
func alpmVerified(pkg, out string) []result.Check {
	var files []string
	what := map[string][]string{}
	for line := range strings.Lines(out) {
		rest, ours := strings.CutPrefix(strings.TrimSpace(line), "warning: "+pkg+": ")
		file, words, ok := strings.Cut(rest, " (")
		if !ours || !ok || !strings.HasPrefix(file, "/") {
			continue
		}
		if !slices.Contains(files, file) {
			files = append(files, file)
		}
		what[file] = append(what[file], strings.TrimSuffix(words, ")"))
	}
	var found []result.Check
	for _, file := range files {
		found = append(found, failed("file", file, "as packaged", "as "+pkg+" ships it", strings.Join(what[file], ", "),
			"a scriptlet or a service changes what the package ships: name it in backup=(), or leave it alone"))
	}
	return found
}
