package check

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// declaredAccount is a user or group that a package says it makes.
type declaredAccount struct {
	// Kind is user or group.
	Kind, Name string
	// Home and Shell as declared; empty: nothing is said, or several things.
	Home, Shell string
	// NoHome says that the directory is not to be made.
	NoHome bool
	// By is the file or script that says so. Sure: there is no condition.
	By   string
	Sure bool
}

// accountChecks are whether the users and groups that a package makes are
// there, with the home and the shell that it wants.
func (m machine) accountChecks(ctx context.Context, p Package, files []string) []result.Check {
	declared := m.sysusers(files)
	for _, script := range m.database().scripts(ctx, p.Name) {
		if !slices.Contains(afterRemoval, script.Name) {
			declared = append(declared, scriptAccounts(p.Name+"."+script.Name, script.Text)...)
		}
	}
	var checks []result.Check
	for _, d := range joinAccounts(declared) {
		checks = append(checks, m.judgeAccount(d)...)
	}
	return checks
}

// afterRemoval are the scripts that make no user that is to stay.
var afterRemoval = []string{"prerm", "postrm", "%preun", "%postun"}

// joinAccounts makes one of what is declared more than once, by the first to
// do so. What they do not agree on is nothing that can be asked.
func joinAccounts(all []declaredAccount) []declaredAccount {
	var joined []declaredAccount
	for _, d := range all {
		i := slices.IndexFunc(joined, func(j declaredAccount) bool { return j.Kind == d.Kind && j.Name == d.Name })
		if i < 0 {
			joined = append(joined, d)
			continue
		}
		old := &joined[i]
		old.NoHome = old.NoHome || d.NoHome
		old.Home, old.Shell = agreed(old.Home, d.Home), agreed(old.Shell, d.Shell)
	}
	return joined
}

// disagreed stands for what several do not agree on.
const disagreed = "?"

func agreed(a, b string) string {
	if a == "" || a == b {
		return b
	}
	if b == "" {
		return a
	}
	return disagreed
}

// sysusersDirs are those of sysusers.d(5) that packages may ship files in, the
// first to be believed where several have a file of the same name.
var sysusersDirs = []string{"/etc/sysusers.d", "/usr/lib/sysusers.d"}

// sysusers are the accounts of the files that systemd-sysusers reads.
func (m machine) sysusers(files []string) []declaredAccount {
	var all []declaredAccount
	for _, f := range files {
		if !slices.Contains(sysusersDirs, path.Dir(f)) || path.Ext(f) != ".conf" {
			continue
		}
		_, text, ok := m.readShipped(f)
		if _, err := m.lstat(sysusersDirs[0] + "/" + path.Base(f)); !ok || err == nil && path.Dir(f) != sysusersDirs[0] {
			continue // an administrator's file is in its place
		}
		all = append(all, readSysusers(f, text)...)
	}
	return all
}

// readSysusers reads sysusers.d(5): TYPE NAME ID GECOS HOME SHELL.
func readSysusers(file, text string) []declaredAccount {
	var all []declaredAccount
	add := func(kind, name, home, shell string) {
		if name != "" && !strings.Contains(name, "%") {
			all = append(all, declaredAccount{Kind: kind, Name: name, Home: home, Shell: shell, By: file, Sure: true})
		}
	}
	for line := range strings.Lines(text) {
		for _, words := range readShell(line) {
			word := append(words, "-", "-", "-", "-", "-", "-")
			for i := range word {
				if word[i] == "-" || i > 3 && strings.Contains(word[i], "%") {
					word[i] = ""
				}
			}
			switch word[0] {
			case "u", "u!":
				add("user", word[1], word[4], word[5])
			case "g":
				add("group", word[1], "", "")
			case "m":
				add("user", word[1], "", "")
				add("group", word[2], "", "")
			}
		}
	}
	return all
}

// nowhere are homes that are not to be there.
var nowhere = []string{"/nonexistent", "/", "/dev/null", "/run/", "/var/run/", "/proc/", "/dev/"}

func isNowhere(home string) bool {
	return slices.ContainsFunc(nowhere, func(n string) bool {
		return home == n || n != "/" && strings.HasSuffix(n, "/") && strings.HasPrefix(home, n)
	})
}

// judgeAccount makes checks of what is declared. What a script declares may
// stand behind a condition: that is worth a look, and no failure.
func (m machine) judgeAccount(d declaredAccount) []result.Check {
	if d.Sure && m.installedProgram("systemd-sysusers") == "" {
		return []result.Check{{Kind: d.Kind, Subject: d.Name, Attribute: "exists", Outcome: result.Skipped,
			Reason: "there is no systemd-sysusers on this machine, which makes what " + d.By + " declares"}}
	}
	there := m.has("/etc/group", d.Name)
	var u *account
	if d.Kind == "user" {
		u, _ = m.account(d.Name) // without passwd there is none
		there = u != nil
	}
	if !there {
		c := failed(d.Kind, d.Name, "exists", "a "+d.Kind+", as "+d.By+" declares", "no such "+d.Kind,
			"nothing ran systemd-sysusers after the installation: dh_installsysusers adds that to postinst")
		if !d.Sure {
			c.Warning, c.Reason = true, "the command that makes it was not reached, or failed"
		}
		return []result.Check{c}
	}
	if u == nil {
		return []result.Check{passed(d.Kind, d.Name, "exists", "as "+d.By+" declares")}
	}
	if bad := append(m.judgeHome(d, u), m.judgeShell(d, u)...); len(bad) > 0 {
		return bad
	}
	return []result.Check{passed(d.Kind, d.Name, "exists", fmt.Sprintf("uid %d, home %s, shell %s", u.uid, u.home, u.shell))}
}

const madeBefore = "the user was there before, and is left as it was: another package makes it otherwise"

func (m machine) judgeHome(d declaredAccount, u *account) []result.Check {
	if d.Home != "" && d.Home != disagreed && path.Clean(d.Home) != path.Clean(u.home) {
		return []result.Check{warned("user", d.Name, "home", d.Home+", as "+d.By+" declares", u.home, madeBefore)}
	}
	if _, err := m.follow(u.home); err == nil || d.Home == "" || d.NoHome || isNowhere(u.home) {
		return nil
	}
	return []result.Check{warned("user", d.Name, "home", "a directory", u.home+" is not there",
		"nothing makes it: ship it, or make it by tmpfiles.d, or declare /nonexistent")}
}

func (m machine) judgeShell(d declaredAccount, u *account) []result.Check {
	if d.Shell != "" && d.Shell != disagreed && m.canonical(d.Shell) != m.canonical(u.shell) {
		return []result.Check{warned("user", d.Name, "shell", d.Shell+", as "+d.By+" declares", u.shell, madeBefore)}
	}
	if _, err := m.follow(u.shell); err == nil || d.Shell == "" {
		return nil
	}
	return []result.Check{warned("user", d.Name, "shell", "a program", u.shell+" is not there",
		"the package that has the shell is not a dependency; /usr/sbin/nologin is always there")}
}
