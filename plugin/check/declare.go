package check

import (
	"path"
	"slices"
	"strings"
)

// declared is what a maintainer script does with units, by unit.
type declared struct{ Enabled, Started []string }

// unitSuffixes are the kinds of units that are judged.
var unitSuffixes = []string{".service", ".socket", ".timer", ".path", ".mount", ".target"}

// parsePostinst reads what a postinst does with units. It is no shell: it
// knows the commands that enable and start, as debhelper and people write
// them, and leaves out units whose names the script computes.
func parsePostinst(script string) declared {
	var d declared
	var unlessAdmin []string // dh --no-enable: enabled only if the admin did
	script = strings.ReplaceAll(script, "\\\n", " ")
	for line := range strings.Lines(script) {
		for _, words := range shellCommands(line) {
			verb, units := readCommand(words)
			switch verb {
			case "debian-installed":
				unlessAdmin = append(unlessAdmin, units...)
			case "enable", "was-enabled", "enable-now":
				d.Enabled = append(d.Enabled, units...)
			}
			switch verb {
			case "start", "restart", "reload-or-restart", "$_dh_action", "enable-now":
				d.Started = append(d.Started, units...)
			}
		}
	}
	d.Enabled = slices.DeleteFunc(d.Enabled, func(u string) bool { return slices.Contains(unlessAdmin, u) })
	return declared{distinct(d.Enabled), distinct(d.Started)}
}

func distinct(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// shellCommands splits a line into commands of words, without comments,
// quotes and redirections.
func shellCommands(line string) [][]string {
	line = strings.NewReplacer("&&", " ; ", "||", " ; ", ";", " ; ", "|", " ; ", "'", "", `"`, "", "`", " ; ", "$(", " ; ", ")", " ; ").Replace(line)
	var commands [][]string
	var words []string
	for _, w := range strings.Fields(line) {
		if strings.HasPrefix(w, "#") {
			break
		}
		if w == ";" {
			commands, words = append(commands, words), nil
			continue
		}
		if !strings.ContainsAny(w, "<>") {
			words = append(words, w)
		}
	}
	return append(commands, words)
}

// starters are the commands that act on units. For those of System V the
// name comes before the verb.
var starters = []string{"systemctl", "systemd-update-helper", "deb-systemd-helper", "deb-systemd-invoke", "invoke-rc.d", "service"}

// readCommand finds the verb and the units of a command, wherever in an if
// or a ! it stands.
func readCommand(words []string) (verb string, units []string) {
	at := slices.IndexFunc(words, func(w string) bool { return slices.Contains(starters, path.Base(w)) })
	if at < 0 || slices.Contains(words, "--skip-systemd-native") {
		return "", nil
	}
	now := slices.Contains(words, "--now")
	args := slices.DeleteFunc(slices.Clone(words[at+1:]), func(w string) bool { return strings.HasPrefix(w, "-") })
	if len(args) < 2 {
		return "", nil
	}
	verb, names := args[0], args[1:]
	if command := path.Base(words[at]); command == "invoke-rc.d" || command == "service" {
		verb, names = args[1], args[:1]
	}
	if verb == "enable" && now {
		verb = "enable-now"
	}
	return verb, unitNames(names)
}

// unitNames completes names as systemctl does and drops computed ones.
func unitNames(names []string) []string {
	var units []string
	for _, n := range names {
		if strings.ContainsAny(n, "${}*") {
			continue
		}
		if !slices.Contains(unitSuffixes, path.Ext(n)) {
			n += ".service"
		}
		units = append(units, n)
	}
	return units
}
