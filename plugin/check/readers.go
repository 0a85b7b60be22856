package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// readers checks what other programs make of a package's files: cron,
// logrotate, man, shells. docs/derived.md has all of it.
func (a *agent) readers(ctx context.Context, p Package, files []string) {
	m := a.machine
	for _, look := range []func(context.Context, Package, []string) []result.Check{
		m.accountChecks, m.cronChecks, m.logrotateChecks, m.manChecks, m.completionChecks, m.privilegeChecks,
	} {
		for _, c := range look(ctx, p, files) {
			a.check(c)
		}
	}
}

func passed(kind, subject, attribute, found string) result.Check {
	return result.Check{Kind: kind, Subject: subject, Attribute: attribute, Outcome: result.Passed, Found: found}
}

// warned is a finding that is worth a look, and a matter of taste.
func warned(kind, subject, attribute, expected, found, reason string) result.Check {
	c := failed(kind, subject, attribute, expected, found, reason)
	c.Warning = true
	return c
}

// parked are the ends of names of files that nobody is to read: examples, and
// what an administrator puts aside.
var parked = []string{".example", ".sample", ".disabled", ".dist", ".placeholder", ".template", ".bak", "~"}

func isParked(file string) bool {
	return slices.ContainsFunc(parked, func(end string) bool { return strings.HasSuffix(file, end) })
}

// readShipped is a shipped configuration file: what is there at its place,
// links followed. One that is not there, or no file, is none.
func (m machine) readShipped(file string) (info fs.FileInfo, text string, ok bool) {
	end, err := m.follow(file)
	if err != nil {
		return nil, "", false
	}
	if info, err = m.lstat(end); err != nil || !info.Mode().IsRegular() {
		return nil, "", false
	}
	text, err = m.read(end)
	return info, text, err == nil
}

// distrusted is why a program run by root takes nothing from a file that
// others could have written to; empty: it does.
func distrusted(info fs.FileInfo) string {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 {
		return fmt.Sprintf("it belongs to uid %d", st.Uid)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Sprintf("mode %04o lets others than root write to it", mode)
	}
	return ""
}

// has says whether passwd or group has a name.
func (m machine) has(file, name string) bool {
	_, found := slices.BinarySearch(m.names(file), name)
	return found
}

// judgeLines makes a check of the faults found in a file; what they lead to
// is the same for all.
func judgeLines(kind, file, attribute, want string, faults []string, reason string) result.Check {
	c := failed(kind, file, attribute, want, faults[0], reason)
	if len(faults) > 1 {
		c.Found += fmt.Sprintf(" (and %d more)", len(faults)-1)
		c.Lines = faults[:min(len(faults), evidenceLines)]
	}
	return c
}

// installedProgram is where a program is, for root and for services; empty:
// nowhere.
func (m machine) installedProgram(name string) string {
	for _, dir := range searchPath {
		file := dir + "/" + name
		if _, err := m.follow(file); !errors.Is(err, os.ErrNotExist) {
			return file
		}
	}
	return ""
}
