package host

import (
	"fmt"
	"regexp"
	"strings"
)

// only stands for a part of the plan: no variable's value has it.
const only = "\x00"

// How a host's steps are run by hand, with its own settings: what is done is
// narrowed by a variable beside them.
const byDrone = "drone exec --trusted --pipeline $DRONE_STAGE_NAME --include $DRONE_STEP_NAME --env-file <(echo PLUGIN_ONLY=" + only + ")"

var byAct = []string{"act -j $GITHUB_JOB --env PLUGIN_ONLY=" + only}

// Again is a command to copy that does a part of a run once more: part is what
// the setting only takes, distro the distro it is of. It is the host's
// own, where that runs its steps by hand as well; else docker run, where we are
// contained; else us. The other variables that were set are docker's to pass
// on, by their names: values may be secrets.
func (h Host) Again(distro, part string, contained bool, others ...string) string {
	switch {
	case h.again != "":
		return strings.ReplaceAll(h.again, only, quoted(part))
	case contained:
		var env strings.Builder
		for _, name := range others {
			env.WriteString(" -e " + quoted(name))
		}
		return fmt.Sprintf(`docker run --rm -v %[1]s:%[1]s -v "$PWD:/src" -w /src%[5]s -e PLUGIN_DISTROS=%[2]s -e PLUGIN_ONLY=%[3]s %[4]s`,
			dockerSocket, quoted(distro), quoted(part), Image, &env)
	}
	return fmt.Sprintf("drone-packages --distros %s --only %s", quoted(distro), quoted(part))
}

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_.,:/@+-]*$`)

// quoted is one word of a shell's.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
