package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// databases has, for each format of packages, what a machine with packages of
// that format has.
var databases = map[string]func(machine) database{
	"deb":    func(m machine) database { return dpkg{m} },
	"rpm":    func(m machine) database { return rpmdb{m} },
	"pacman": func(m machine) database { return alpm{m} },
	"apk":    func(m machine) database { return apkdb{m} },
}

// knownFormat is an error that says so where a format is none.
func knownFormat(format string) error {
	if databases[format] == nil {
		return fmt.Errorf("packages of format %q are not known to this agent", format)
	}
	return nil
}

// database is what a machine's package manager knows of packages. It is asked
// anew each time: the packages change between two questions.
type database interface {
	// status of one package. One that is not known has a zero status.
	status(ctx context.Context, name string) status
	// versions of a package that are installed, several if it is so several
	// times; none, if it is not.
	versions(ctx context.Context, name string) ([]string, error)
	// files are the paths a package ships, canonical, directories included.
	// One that is not known ships nothing.
	files(ctx context.Context, name string) []string
	// owned are all paths that packages other than those named ship.
	owned(ctx context.Context, but []Package) map[string]bool
	// scripts are what the package manager runs of a package.
	scripts(ctx context.Context, name string) []packageScript
	// questions that packages of this format raise, and no other; before is
	// the file tree without them, nil where none is remembered.
	questions(ctx context.Context, packages []Package, before map[string]entry) []question
	// dialect is how people of this format speak.
	dialect() dialect
}

// status is what the database says of one package.
type status struct {
	// Installed says that it is, wholly. Trouble is what keeps it from being
	// so, in words; neither: the database does not know it.
	Installed bool
	Trouble   string
	// Version as Package has it.
	Version string
	// Conffiles that the version installed has: what an administrator's edit
	// of must outlive an upgrade.
	Conffiles []string
}

// packageScript is a script that the package manager runs.
type packageScript struct {
	// Name as the format has it: postinst, %post.
	Name string
	Text string
	// Installs says that it runs at the end of an installation: there the
	// package's services are enabled and started.
	Installs bool
}

// dialect is how people of a format call things, and what they must do to mend
// them: whole sentences, as the reader of a report gets them.
type dialect struct {
	// Unfinished: a package is there half; OtherVersion: not the one built.
	Unfinished, OtherVersion string
	// ConffileGone, FileGone: a file that is shipped is not there.
	ConffileGone, FileGone string
	// EverybodyWrites: a file is writable by all.
	EverybodyWrites string
	// Gone is when nothing of a package may be there any more, as "gone after
	// purge"; LeftBehind, why something is; NamesStay, why users may be.
	Gone, LeftBehind, NamesStay string
	// RunLeft is what else would remove files of /run. Empty where a purge
	// does: what no purge took is not asked then.
	RunLeft string
	// StopsNot: processes outlive the package; StopUnit and StopScript, how
	// it would end them.
	StopsNot, StopUnit, StopScript string
	// EditLost and EditRemoved: an administrator's edit of a conffile is not
	// what it was; DataRemoved: what the service made is gone.
	EditLost, EditRemoved, DataRemoved string
	// NotReloaded: systemd has an older unit file; NotEnabled: a unit is not
	// enabled as declared.
	NotReloaded, NotEnabled string
	// StartedAnyway: an upgrade starts what was stopped; NotRestarted: it
	// leaves the old process; each with the mend for units and for scripts.
	StartedAnyway, StartedAnywayScript string
	NotRestarted, NotRestartedScript   string
	// Waits: a script reads its standard input.
	Waits string
}

// database is the one of the machine's format: deb, if none is said.
func (m machine) database() database {
	if open := databases[m.format]; open != nil {
		return open(m)
	}
	return dpkg{m}
}

// status asks for one package.
func (m machine) status(ctx context.Context, name string) status {
	return m.database().status(ctx, name)
}

// firstAnswer is the first word that a command prints of a file, asked by
// either of its names where a directory is a link; empty, if it knows neither.
func (m machine) firstAnswer(ctx context.Context, file, command string, args ...string) string {
	for _, name := range []string{file, m.canonical(file)} {
		out, err := m.run(ctx, command, append(slices.Clone(args), name)...)
		if words := strings.Fields(out); err == nil && len(words) > 0 {
			return words[0]
		}
	}
	return ""
}

// files are the paths a package ships.
func (m machine) files(ctx context.Context, name string) []string {
	return m.database().files(ctx, name)
}

// dialect is that of the machine's packages.
func (m machine) dialect() dialect { return m.database().dialect() }
