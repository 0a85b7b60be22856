package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// installed checks what the packages themselves promise.
func (a *agent) installed(ctx context.Context) error {
	var all shipped
	l := newLinker(a.machine)
	for _, p := range a.Packages {
		if !a.there(ctx, p) {
			continue
		}
		files := a.machine.files(ctx, p.Name)
		for _, f := range append(a.machine.scriptFindings(ctx, p), a.machine.fileFindings(files)...) {
			a.check(f)
		}
		programs := a.machine.executables(files)
		a.executables(l, p, files)
		a.readers(ctx, p, files)
		all.Files, all.Executables = append(all.Files, files...), append(all.Executables, programs...)
	}
	if err := a.derived(ctx); err != nil {
		return err
	}
	return a.memory.save(installedMemory, all)
}

// present checks what an upgrade may break.
func (a *agent) present(ctx context.Context) error {
	for _, p := range a.Packages {
		a.there(ctx, p)
	}
	return nil
}

// there says whether a package is installed at its version, and checks that
// its files are with it.
func (a *agent) there(ctx context.Context, p Package) bool {
	s := a.machine.status(ctx, p.Name)
	c := judgeVersion(p, s, a.machine.dialect())
	a.check(c)
	if c.Outcome == result.Failed {
		return false
	}
	a.conffiles(p, s)
	for _, f := range a.machine.missingFiles(p, a.machine.files(ctx, p.Name), s.Conffiles) {
		a.check(f)
	}
	return true
}

func judgeVersion(p Package, s status, say dialect) result.Check {
	c := result.Check{
		Kind: "package", Subject: p.Name, Attribute: "version", Outcome: result.Passed,
		Expected: p.Version, Found: s.Version,
	}
	switch {
	case s.Trouble != "":
		c.Outcome, c.Found, c.Reason = result.Failed, s.Trouble, say.Unfinished
	case !s.Installed:
		c.Outcome, c.Found = result.Failed, "not installed"
	case s.Version != p.Version:
		c.Outcome, c.Reason = result.Failed, say.OtherVersion
	}
	return c
}

// conffiles must be there right after an install.
func (a *agent) conffiles(p Package, s status) {
	missing := 0
	for _, path := range s.Conffiles {
		if _, err := a.machine.lstat(path); errors.Is(err, os.ErrNotExist) {
			missing++
			a.check(failed("file", path, "conffile", "a conffile of "+p.Name, "missing",
				a.machine.dialect().ConffileGone))
		}
	}
	if missing == 0 && len(s.Conffiles) > 0 {
		a.check(result.Check{
			Kind: "file", Subject: p.Name, Attribute: "conffiles", Outcome: result.Passed,
			Found: fmt.Sprintf("%d present", len(s.Conffiles)),
		})
	}
}

// executables checks that each program and library of a package loads.
func (a *agent) executables(l *linker, p Package, files []string) {
	n, bad := 0, 0
	for _, f := range files {
		info, err := a.machine.lstat(f)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		c, ok := l.loads(f, info.Mode())
		if !ok {
			continue
		}
		n++
		if c.Outcome == result.Failed {
			bad++
			a.check(c)
		}
	}
	if n > 0 && bad == 0 {
		a.check(result.Check{
			Kind: "executable", Subject: p.Name, Attribute: "loads", Outcome: result.Passed,
			Found: fmt.Sprintf("%d find their interpreters and libraries", n),
		})
	}
}

// executables are the files that can be run.
func (m machine) executables(files []string) []string {
	var found []string
	for _, f := range files {
		info, err := m.lstat(f)
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			found = append(found, f)
		}
	}
	return found
}

// thinned are trees that images for containers keep packages from filling:
// their dpkg is told to.
var thinned = []string{"/usr/share/doc/", "/usr/share/man/", "/usr/share/info/", "/usr/share/locale/", "/usr/share/lintian/", "/usr/share/linda/", "/usr/share/groff/"}

// missingFiles are those that a package ships and that are not there:
// something removed them again. Conffiles are asked about by themselves.
func (m machine) missingFiles(p Package, files, conffiles []string) []result.Check {
	var found []result.Check
	for _, f := range files {
		thin := slices.ContainsFunc(thinned, func(dir string) bool { return strings.HasPrefix(f+"/", dir) })
		if _, err := m.lstat(f); !errors.Is(err, os.ErrNotExist) || thin || slices.Contains(conffiles, f) {
			continue
		}
		found = append(found, failed("file", f, "exists", "a file of "+p.Name, "missing",
			m.dialect().FileGone))
	}
	return found
}

// volatile are trees that are empty until something runs: a link into them
// says nothing now.
var volatile = []string{"/run/", "/var/run/", "/proc/", "/dev/", "/sys/"}

// fileFindings are dangling symbolic links and what everybody may write.
func (m machine) fileFindings(files []string) []result.Check {
	var found []result.Check
	for _, f := range files {
		info, err := m.lstat(f)
		if err != nil {
			continue // excluded by the package manager's configuration, or a conffile
		}
		if info.Mode()&os.ModeSymlink != 0 {
			found = append(found, m.danglingLink(f)...)
			continue
		}
		if info.Mode().Perm()&0o002 == 0 || info.Mode()&(os.ModeSticky|os.ModeDevice) != 0 {
			continue
		}
		found = append(found, failed("file", f, "mode", "not writable by everybody",
			fmt.Sprintf("mode %04o", info.Mode().Perm()), m.dialect().EverybodyWrites))
	}
	return found
}

func (m machine) danglingLink(path string) []result.Check {
	target, err := os.Readlink(m.at(path))
	if err != nil {
		return nil
	}
	end, err := m.follow(path)
	if !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, v := range volatile {
		if strings.HasPrefix(end, v) || strings.HasPrefix(target, v) {
			return nil
		}
	}
	return []result.Check{failed("file", path, "link", "leads to a file", "a dangling link to "+target,
		"the target is in no package that is installed: a missing dependency, or a wrong link")}
}
