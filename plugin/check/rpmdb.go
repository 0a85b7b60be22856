package check

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// rpmdb is the database of rpm packages, asked by way of rpm: where it is and
// what it is made of differs from one generation to the next.
type rpmdb struct{ machine machine }

// rpmVersion is how Package has a version, in rpm's query format.
const rpmVersion = `%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n`

// Bits of a file's flags: rpm's rpmfiles.h.
const (
	rpmConfig = 1 << 0
	rpmGhost  = 1 << 6
)

func (d rpmdb) versions(ctx context.Context, name string) ([]string, error) {
	out, err := d.machine.run(ctx, "rpm", "-q", "--qf", rpmVersion, name)
	var exit *exec.ExitError
	if errors.As(err, &exit) && strings.Contains(out, "is not installed") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var versions []string
	for _, v := range strings.Fields(out) {
		if !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	return versions, nil
}

// status of a package that is there in two versions is trouble: rpm keeps the
// old one when a scriptlet of its fails.
func (d rpmdb) status(ctx context.Context, name string) status {
	all, err := d.versions(ctx, name)
	if err != nil || len(all) == 0 {
		return status{}
	}
	s := status{Installed: len(all) == 1, Version: all[len(all)-1]}
	if !s.Installed {
		s.Trouble = strings.Join(all, " and ") + ", both installed"
	}
	for _, f := range d.list(ctx, name) {
		if f.flags&rpmConfig != 0 && f.flags&rpmGhost == 0 {
			s.Conffiles = append(s.Conffiles, f.path)
		}
	}
	return s
}

// rpmFile is a file that rpm knows as a package's.
type rpmFile struct {
	path  string
	flags int
}

func (d rpmdb) list(ctx context.Context, name string) []rpmFile {
	out, err := d.machine.run(ctx, "rpm", "-q", "--qf", `[%{FILEFLAGS} %{FILENAMES}\n]`, name)
	if err != nil {
		return nil
	}
	var all []rpmFile
	for line := range strings.Lines(out) {
		number, path, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		if flags, err := strconv.Atoi(number); err == nil && strings.HasPrefix(path, "/") {
			all = append(all, rpmFile{path, flags})
		}
	}
	return all
}

// files are without those that a package owns and does not bring (%ghost).
func (d rpmdb) files(ctx context.Context, name string) []string {
	var files []string
	for _, f := range d.list(ctx, name) {
		if f.flags&rpmGhost == 0 {
			files = append(files, d.machine.canonical(f.path))
		}
	}
	return files
}

func (d rpmdb) owned(ctx context.Context, but []Package) map[string]bool {
	owned := map[string]bool{}
	out, err := d.machine.run(ctx, "rpm", "-qa", "--qf", `[%{=NAME} %{FILENAMES}\n]`)
	if err != nil {
		return owned
	}
	place := d.machine.places()
	for line := range strings.Lines(out) {
		name, file, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		ours := slices.ContainsFunc(but, func(p Package) bool { return p.Name == name })
		if ours || !strings.HasPrefix(file, "/") {
			continue
		}
		owned[place(file)] = true
	}
	return owned
}

// rpmScripts are the scriptlets that rpm runs, by their name in spec files and
// by their tag.
var rpmScripts = []struct {
	name, tag string
	installs  bool
}{
	{"%pretrans", "PRETRANS", false}, {"%pre", "PREIN", false}, {"%post", "POSTIN", true},
	{"%preun", "PREUN", false}, {"%postun", "POSTUN", false}, {"%posttrans", "POSTTRANS", true},
}

// scriptMark stands between scriptlets in what is asked for.
const scriptMark = "\x1e"

func (d rpmdb) scripts(ctx context.Context, name string) []packageScript {
	var ask strings.Builder
	for _, s := range rpmScripts {
		ask.WriteString("%|" + s.tag + "?{%{" + s.tag + "}}:{}|" + scriptMark)
	}
	out, err := d.machine.run(ctx, "rpm", "-q", "--qf", ask.String(), name)
	if err != nil {
		return nil
	}
	var all []packageScript
	for i, text := range strings.Split(out, scriptMark) {
		if i < len(rpmScripts) && strings.TrimSpace(text) != "" {
			all = append(all, packageScript{Name: rpmScripts[i].name, Text: text, Installs: rpmScripts[i].installs})
		}
	}
	return all
}

func (d rpmdb) ownerOf(ctx context.Context, file string) string {
	return d.machine.firstAnswer(ctx, file, "rpm", "-qf", "--qf", `%{NAME}\n`)
}

// required are the names of a package and of all that it requires, directly or
// not, and that is installed.
func (d rpmdb) required(ctx context.Context, name string) []string {
	all, next := []string{name}, []string{name}
	for len(next) > 0 {
		out, _ := d.machine.run(ctx, "rpm", append([]string{"-q", "--qf", `[%{REQUIRENAME}\n]`}, next...)...) // one that is not installed requires nothing
		next = nil
		var needs []string
		for line := range strings.Lines(out) {
			need := strings.TrimSpace(line)
			if need != "" && !strings.ContainsAny(need, " ") && !strings.HasPrefix(need, "rpmlib(") {
				needs = append(needs, need)
			}
		}
		if len(needs) == 0 {
			break
		}
		out, _ = d.machine.run(ctx, "rpm", append([]string{"-q", "--qf", `=%{NAME}\n`, "--whatprovides"}, distinct(needs)...)...) // what nothing provides is told by line
		for line := range strings.Lines(out) {
			by, found := strings.CutPrefix(strings.TrimSpace(line), "=")
			if found && !slices.Contains(all, by) {
				all, next = append(all, by), append(next, by)
			}
		}
	}
	return all
}

func (rpmdb) requires(script string) string {
	return fmt.Sprintf("Requires(%s)", strings.TrimPrefix(script, "%"))
}

func (rpmdb) dialect() dialect {
	return dialect{
		Unfinished:          "the upgrade did not end: a scriptlet of the old version failed (%preun, %postun), so rpm kept it",
		OtherVersion:        "the package manager chose another version than the one built",
		ConffileGone:        "a scriptlet removes it",
		FileGone:            "the package ships it and it is gone: a scriptlet removes it, perhaps %preun or %postun of the old version, which run after the new files are there and must ask whether $1 is 0",
		EverybodyWrites:     "take o+w away, in %install or with %attr",
		Gone:                "gone after removal",
		LeftBehind:          "not owned by any package: made by a scriptlet or at run time; have %postun remove it when $1 is 0, or own it with %ghost or %dir",
		NamesStay:           "the guidelines of rpm distributions let system users stay",
		RunLeft:             "by %preun when $1 is 0",
		StopsNot:            "%preun must stop what the package runs when $1 is 0 (%systemd_preun)",
		StopUnit:            "%preun does not stop it (%systemd_preun)",
		StopScript:          "%preun does not stop it (service %s stop)",
		EditLost:            "it is %config and not %config(noreplace): rpm puts the package's own in its place and the administrator's aside, as .rpmsave; or a scriptlet writes to it",
		EditRemoved:         "a scriptlet removes a configuration file",
		DataRemoved:         "a scriptlet removes the service's data on an upgrade: %preun and %postun run then too, with $1 of 1",
		NotReloaded:         "%postun must run systemctl daemon-reload (%systemd_postun does, or a trigger of systemd's)",
		NotEnabled:          "%post must leave that to the presets (%systemd_post)",
		StartedAnyway:       "%post and %postun must try-restart, not restart or start (%systemd_postun_with_restart)",
		StartedAnywayScript: "%postun must use condrestart, not restart",
		NotRestarted:        "%postun must restart it (%systemd_postun_with_restart)",
		NotRestartedScript:  "%postun must restart it (service condrestart, when $1 is 1 or more)",
		Waits:               "nobody answers in an unattended installation: rpm gives scriptlets no input",
	}
}
