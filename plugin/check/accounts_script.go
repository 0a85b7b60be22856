package check

import (
	"path"
	"slices"
	"strings"
)

// accountCommand is a program that makes users or groups.
type accountCommand struct {
	// kind of what it makes by itself.
	kind string
	// valued are the options that have a value, beside those for home and
	// shell.
	home, shell, valued []string
	// makes says that home directories are made unless an option of noHome
	// says otherwise; else only if one of makeHome does.
	makes            bool
	noHome, makeHome []string
}

var (
	addOptions = []string{"--uid", "--gid", "--firstuid", "--lastuid", "--firstgid", "--lastgid", "--ingroup", "--gecos", "--comment", "--conf", "--add_extra_groups", "-c"}
	adduser    = accountCommand{kind: "user", home: []string{"--home", "-h"}, shell: []string{"--shell", "-s"}, valued: addOptions, makes: true, noHome: []string{"--no-create-home", "-H"}}
)

// accountCommands are those of Debian's adduser and of shadow.
var accountCommands = map[string]accountCommand{
	"adduser":  adduser,
	"addgroup": {kind: "group", valued: addOptions},
	"useradd": {kind: "user", home: []string{"-d", "--home-dir", "--home"}, shell: []string{"-s", "--shell"},
		valued: []string{"-b", "--base-dir", "-c", "--comment", "-e", "--expiredate", "-f", "--inactive", "-g", "--gid", "-G", "--groups",
			"-k", "--skel", "-K", "--key", "-p", "--password", "-P", "--prefix", "-R", "--root", "-u", "--uid", "-Z", "--selinux-user"},
		makeHome: []string{"-m", "--create-home"}},
	"groupadd": {kind: "group", valued: []string{"-g", "--gid", "-K", "--key", "-p", "--password", "-P", "--prefix", "-R", "--root", "-U", "--users"}},
}

// beforeCommand are words that may stand before a command.
var beforeCommand = []string{"then", "else", "do", "if", "elif", "while", "until", "!", "{", "command", "env"}

// scriptAccounts are the users and groups that a script makes, as far as it
// can be told without running it. Those that it removes, too, are left out.
func scriptAccounts(by, script string) []declaredAccount {
	var all []declaredAccount
	var changed, removed []string
	for _, words := range expandShell(readShell(script)) {
		name, args := splitCommand(words)
		switch name {
		case "usermod", "chsh", "chfn":
			changed = append(changed, args...)
		case "deluser", "userdel", "delgroup", "groupdel":
			removed = append(removed, args...)
		}
		if command, ok := accountCommands[name]; ok {
			for _, d := range command.read(args) {
				d.By = by
				all = append(all, d)
			}
		}
	}
	for i := range all {
		if slices.Contains(changed, all[i].Name) {
			all[i].Home, all[i].Shell = "", ""
		}
	}
	return slices.DeleteFunc(all, func(d declaredAccount) bool { return slices.Contains(removed, d.Name) })
}

// splitCommand takes away what stands before a command, and redirections.
func splitCommand(words []string) (name string, args []string) {
	for i, w := range words {
		if slices.Contains(beforeCommand, w) || assignment.MatchString(w) {
			continue
		}
		return path.Base(w), withoutRedirections(words[i+1:])
	}
	return "", nil
}

// withoutRedirections takes away >FILE and > FILE.
func withoutRedirections(words []string) []string {
	var args []string
	for i, w := range words {
		after := i > 0 && strings.TrimRight(words[i-1], "<>") != words[i-1]
		if !after && !strings.ContainsAny(w, "<>") {
			args = append(args, w)
		}
	}
	return args
}

// read makes accounts of the arguments of a command.
func (c accountCommand) read(args []string) []declaredAccount {
	d := declaredAccount{Kind: c.kind, NoHome: !c.makes}
	var names []string
	group, system := false, false
	for i := 0; i < len(args); i++ {
		option, value, joined := strings.Cut(args[i], "=")
		if !strings.HasPrefix(option, "-") {
			names = append(names, args[i])
			continue
		}
		group = group || option == "--group"
		system = system || option == "--system"
		d.NoHome = (d.NoHome || slices.Contains(c.noHome, option)) && !slices.Contains(c.makeHome, option)
		home, shell := slices.Contains(c.home, option), slices.Contains(c.shell, option)
		if !home && !shell && !slices.Contains(c.valued, option) {
			continue
		}
		if !joined && i+1 < len(args) {
			i++
			value = args[i]
		}
		if computed(value) {
			value = ""
		}
		if home {
			d.Home = value
		}
		if shell {
			d.Shell = value
		}
	}
	return d.named(names, group, system)
}

// named gives an account its name. adduser with two of them adds a user to a
// group; with --group it makes a group, beside the user if that is a system's.
func (d declaredAccount) named(names []string, group, system bool) []declaredAccount {
	if len(names) != 1 || computed(names[0]) || names[0] == "" {
		return nil
	}
	d.Name = names[0]
	if !group || d.Kind == "group" {
		return []declaredAccount{d}
	}
	same := declaredAccount{Kind: "group", Name: d.Name}
	if !system {
		return []declaredAccount{same}
	}
	return []declaredAccount{d, same}
}
