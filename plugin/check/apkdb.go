package check

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1" //nolint:gosec // apk's own
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// apkdb is the database of apk's packages: one text file, and an archive of
// scripts, which are read as they are (apk-tools' database.c).
type apkdb struct{ machine machine }

// apkDir is where they are.
const apkDir = "/lib/apk/db/"

// apkEntry is what the database says of a package: values by their letter, and
// the files.
type apkEntry struct {
	fields map[byte]string
	// dirs and files are absolute; sums are those of files that have one, as
	// the database has them: Q1 and base64 of a SHA-1.
	dirs, files []string
	sums        map[string]string
}

// name and version, and the words of a list: D, what it depends on; p, what it
// provides.
func (e apkEntry) name() string               { return e.fields['P'] }
func (e apkEntry) version() string            { return e.fields['V'] }
func (e apkEntry) words(letter byte) []string { return strings.Fields(e.fields[letter]) }

// all are the packages that are installed; none, where there is no database.
func (d apkdb) all() []apkEntry {
	text, err := d.machine.read(apkDir + "installed")
	if err != nil {
		return nil
	}
	return parseApkdb(text)
}

// parseApkdb reads paragraphs of lines LETTER:VALUE. F begins a directory, R a
// file in it, Z is the sum of the last file.
func parseApkdb(text string) []apkEntry {
	var all []apkEntry
	fresh := func() apkEntry { return apkEntry{fields: map[byte]string{}, sums: map[string]string{}} }
	e, dir, file := fresh(), "", ""
	for line := range strings.Lines(text + "\n") {
		line = strings.TrimRight(line, "\n")
		if len(line) < 2 || line[1] != ':' {
			if e.name() != "" {
				all = append(all, e)
			}
			e, dir, file = fresh(), "", ""
			continue
		}
		value := line[2:]
		switch line[0] {
		case 'F':
			dir = path.Join("/", value)
			if dir != "/" {
				e.dirs = append(e.dirs, dir)
			}
		case 'R':
			file = path.Join("/", dir, value)
			e.files = append(e.files, file)
		case 'Z':
			e.sums[file] = value
		default:
			e.fields[line[0]] = value
		}
	}
	return all
}

// entry is that of one package.
func (d apkdb) entry(name string) (apkEntry, bool) {
	for _, e := range d.all() {
		if e.name() == name {
			return e, true
		}
	}
	return apkEntry{}, false
}

func (d apkdb) versions(_ context.Context, name string) ([]string, error) {
	if e, ok := d.entry(name); ok {
		return []string{e.version()}, nil
	}
	return nil, nil
}

// apkBroken are the flags of a package that apk has not done with.
var apkBroken = []struct{ flag, words string }{
	{"s", "one of its scripts failed"}, {"f", "some of its files could not be written"}, {"x", "some attributes of its files could not be set"},
}

func (d apkdb) status(_ context.Context, name string) status {
	e, ok := d.entry(name)
	if !ok {
		return status{}
	}
	s := status{Installed: true, Version: e.version()}
	for _, b := range apkBroken {
		if strings.Contains(e.fields['f'], b.flag) {
			s.Installed, s.Trouble = false, "marked as broken: "+b.words
			break
		}
	}
	for _, file := range e.files {
		if info, err := d.machine.lstat(file); apkProtects(file) && (err != nil || info.Mode()&os.ModeSymlink == 0) {
			s.Conffiles = append(s.Conffiles, file)
		}
	}
	return s
}

// apkProtects says whether apk leaves a file that was edited alone: that is so
// in /etc, but for init scripts, and for what is its own.
func apkProtects(file string) bool {
	return strings.HasPrefix(file, "/etc/") && !strings.HasPrefix(file, scriptDir) && !strings.HasPrefix(file, "/etc/apk/")
}

func (d apkdb) files(_ context.Context, name string) []string {
	e, _ := d.entry(name)
	place := d.machine.places()
	var files []string
	for _, file := range slices.Concat(e.dirs, e.files) {
		files = append(files, place(file))
	}
	return files
}

func (d apkdb) owned(_ context.Context, but []Package) map[string]bool {
	place := d.machine.places()
	owned := map[string]bool{}
	for _, e := range d.all() {
		if slices.ContainsFunc(but, func(p Package) bool { return p.Name == e.name() }) {
			continue
		}
		for _, file := range slices.Concat(e.dirs, e.files) {
			owned[place(file)] = true
		}
	}
	return owned
}

// apkScripts are the scripts that apk runs, by the ends of their names.
var apkScripts = []string{"pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-deinstall", "post-deinstall", "trigger"}

func (d apkdb) scripts(_ context.Context, name string) []packageScript {
	e, ok := d.entry(name)
	if !ok {
		return nil
	}
	texts := d.scriptTexts(e.name() + "-" + e.version() + ".")
	var all []packageScript
	for _, name := range apkScripts {
		if text, ok := texts[name]; ok {
			all = append(all, packageScript{Name: name, Text: text, Installs: name == "post-install"})
		}
	}
	return all
}

// scriptTexts are the scripts whose names in the archive begin so, by the ends
// of these: NAME-VERSION.SUM.post-install.
func (d apkdb) scriptTexts(prefix string) map[string]string {
	archive, err := d.machine.read(apkDir + "scripts.tar")
	var r io.Reader = strings.NewReader(archive)
	if errors.Is(err, os.ErrNotExist) {
		packed, _ := os.ReadFile(d.machine.at(apkDir + "scripts.tar.gz")) // without either there are no scripts
		r, err = gzip.NewReader(bytes.NewReader(packed))
	}
	if err != nil {
		return nil
	}
	texts := map[string]string{}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if err != nil {
			return texts // what cannot be read runs no more than what is not there
		}
		rest, ours := strings.CutPrefix(h.Name, prefix)
		text, err := io.ReadAll(t)
		if _, kind, ok := strings.Cut(rest, "."); ours && ok && err == nil {
			texts[kind] = string(text)
		}
	}
}

// questions of apk's packages: scripts that call what is not there, and files
// that are not as they were packaged.
func (d apkdb) questions(ctx context.Context, packages []Package, _ map[string]entry) []question {
	var all []question
	for _, p := range packages {
		all = append(all,
			question{p.Name, "scriptlets find their commands", d.machine.missingCommands(ctx, d, p)},
			question{p.Name, "as packaged", d.verified(p.Name)})
	}
	return all
}

// verified compares files with the sums that the database has, but for what an
// administrator may edit. What is gone is told by another check.
func (d apkdb) verified(name string) []result.Check {
	e, _ := d.entry(name)
	var found []result.Check
	for _, file := range e.files {
		want, known := strings.CutPrefix(e.sums[file], "Q1")
		if !known || apkProtects(file) {
			continue
		}
		content, err := d.content(file)
		if err != nil {
			continue
		}
		sum := sha1.Sum(content) //nolint:gosec // apk's own
		if base64.StdEncoding.EncodeToString(sum[:]) != want {
			found = append(found, failed("file", file, "as packaged", "as "+name+" ships it", "another content",
				"a script or a service changes what the package ships: have it in /etc, or leave it alone"))
		}
	}
	return found
}

// content is what apk takes the sum of: that of a link is where it leads.
func (d apkdb) content(file string) ([]byte, error) {
	if target, err := os.Readlink(d.machine.at(file)); err == nil {
		return []byte(target), nil
	}
	return os.ReadFile(d.machine.at(file))
}

func (d apkdb) ownerOf(_ context.Context, file string) string {
	place := d.machine.places()
	canonical := place(file)
	for _, e := range d.all() {
		if slices.ContainsFunc(e.files, func(f string) bool { return place(f) == canonical }) {
			return e.name()
		}
	}
	return ""
}

func (d apkdb) required(_ context.Context, name string) []string {
	needs, provided := map[string][]string{}, map[string]string{}
	for _, e := range d.all() {
		needs[e.name()], provided[e.name()] = e.words('D'), e.name()
		for _, p := range e.words('p') {
			provided[withoutVersion(p)] = e.name()
		}
	}
	return withNeeds(name, needs, provided)
}

func (apkdb) requires(string) string { return "depends" }

func (apkdb) dialect() dialect {
	const upgraded = "post-upgrade"
	return dialect{
		Unfinished:          "apk tries again with the next change, and until then the package is not as it should be",
		OtherVersion:        "the package manager chose another version than the one built",
		ConffileGone:        "a script removes it",
		FileGone:            "the package ships it and it is gone: a script removes it, perhaps " + upgraded,
		EverybodyWrites:     "take o+w away, in package()",
		Gone:                "gone after removal",
		LeftBehind:          "not owned by any package: made by a script or at run time; have post-deinstall remove it, or ship it",
		NamesStay:           "Alpine's packages let system users stay",
		RunLeft:             "by post-deinstall",
		StopsNot:            "what an administrator stopped runs: something starts it again",
		StopUnit:            "an administrator stopped it: something starts it again",
		StopScript:          "an administrator stopped it (rc-service %s stop): something starts it again",
		EditLost:            "apk leaves files in /etc that were edited alone: a script writes to it",
		EditRemoved:         "a script removes a configuration file",
		DataRemoved:         "a script removes the service's data on an upgrade",
		NotReloaded:         "Alpine has no systemd by itself: something changes the unit after it was loaded",
		NotEnabled:          "Alpine's packages enable nothing: post-install must leave that to the administrator (rc-update add)",
		StartedAnyway:       upgraded + " must leave that to the administrator",
		StartedAnywayScript: upgraded + " must leave that to the administrator (rc-service --ifstarted)",
		NotRestarted:        upgraded + " must restart it",
		NotRestartedScript:  upgraded + " must restart it (rc-service --ifstarted)",
		Waits:               "nobody answers in an unattended installation: apk's scripts are not for questions",
	}
}
