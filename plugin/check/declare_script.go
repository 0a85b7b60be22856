package check

import (
	"path"
	"slices"
	"strings"
)

// scriptStarters are the commands that act on init scripts; the name comes
// before the verb, but for verbFirst.
var scriptStarters = []string{"invoke-rc.d", "service", "rc-service", "update-rc.d", verbFirst}

const verbFirst = "rc-update"

// parseScriptPostinst reads what a postinst does with init scripts, as
// parsePostinst does with units.
func parseScriptPostinst(script string) declared {
	var d declared
	script = strings.ReplaceAll(script, "\\\n", " ")
	for line := range strings.Lines(script) {
		for _, words := range shellCommands(line) {
			name, verb := readScriptCommand(words)
			switch verb {
			case "defaults", "enable", "add":
				d.Enabled = append(d.Enabled, name)
			case "start", "restart", "reload-or-restart", "force-reload", "$_dh_action":
				d.Started = append(d.Started, name)
			}
		}
	}
	return declared{distinct(d.Enabled), distinct(d.Started)}
}

// readScriptCommand finds the script and the verb of a command: by one of the
// starters, or the script run by itself.
func readScriptCommand(words []string) (name, verb string) {
	at := slices.IndexFunc(words, func(w string) bool {
		return slices.Contains(scriptStarters, path.Base(w)) || path.Dir(w)+"/" == scriptDir
	})
	if at < 0 {
		return "", ""
	}
	args := slices.DeleteFunc(slices.Clone(words[at:]), func(w string) bool { return strings.HasPrefix(w, "-") })
	if path.Dir(args[0])+"/" == scriptDir {
		args = append([]string{"service"}, path.Base(args[0]), strings.Join(args[1:min(2, len(args))], ""))
	}
	if len(args) < 3 {
		return "", ""
	}
	if path.Base(args[0]) == verbFirst {
		args[1], args[2] = args[2], args[1]
	}
	if strings.ContainsAny(args[1], "${}*") {
		return "", ""
	}
	return args[1], args[2]
}
