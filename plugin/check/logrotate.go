package check

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// rotations is where packages put what logrotate shall do.
const rotations = "/etc/logrotate.d"

// logrotateChecks are whether logrotate takes what a package gives it: by its
// own word where it is installed, else by what its manual says.
func (m machine) logrotateChecks(ctx context.Context, _ Package, files []string) []result.Check {
	var checks []result.Check
	for _, f := range files {
		if path.Dir(f) != rotations || isParked(f) {
			continue
		}
		info, text, ok := m.readShipped(f)
		if !ok {
			continue
		}
		if why := distrusted(info); why != "" {
			checks = append(checks, failed("logrotate", f, "read", "a file that only root can write to", why, "logrotate ignores it, since what is in it runs as root"))
			continue
		}
		broken, unknown := m.readRotation(text)
		judge := "logrotate is not installed: read by its manual"
		if m.installedProgram("logrotate") != "" {
			unknown, judge = m.logrotateSays(ctx, f), "logrotate -d"
		}
		faults := joinFaults(broken, unknown)
		if len(faults) > 0 {
			checks = append(checks, judgeLines("logrotate", f, "parses", "directives as logrotate(8) has them", faults, "logrotate passes over the file, or over what it does not know"))
			continue
		}
		checks = append(checks, passed("logrotate", f, "parses", judge))
	}
	return checks
}

// logrotateFault is logrotate's word for what is wrong with a file. What it
// does not know is a warning, and what it says of log files that are not there
// yet names them.
var logrotateFault = regexp.MustCompile(`(?m)^(?:error|warning): (/\S+?):(\d*) ?(.+)$`)

// logrotateSays has logrotate read the file, and do nothing.
func (m machine) logrotateSays(ctx context.Context, file string) []string {
	// Its exit code tells of log files too.
	out, _ := m.run(ctx, "sh", "-c", `exec logrotate -d "$1" 2>&1`, "sh", m.at(file))
	var faults []string
	for _, found := range logrotateFault.FindAllStringSubmatch(out, -1) {
		where, text := found[2], found[3]
		if found[1] != m.at(file) || strings.HasPrefix(found[0], "warning") && !strings.HasPrefix(text, "unknown option") {
			continue
		}
		if where != "" {
			text = "line " + where + ": " + text
		}
		faults = append(faults, text)
	}
	return faults
}

// joinFaults adds others to faults, as far as they are of other lines.
func joinFaults(faults, others []string) []string {
	had := len(faults)
	for _, other := range others {
		line, _, numbered := strings.Cut(other, ":")
		same := slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, line+":") })
		if !same && (numbered || had == 0) {
			faults = append(faults, other)
		}
	}
	return faults
}

// logrotateWords are the directives of logrotate 3.22; logrotateScripts begin
// a script, which endscript ends.
var (
	logrotateWords = strings.Fields(`addextension allowhardlink compress compresscmd compressext compressoptions copy
		copytruncate create createolddir daily datehourago dateext dateformat dateyesterday delaycompress extension hourly
		ifempty ignoreduplicates include mail mailfirst maillast maxage maxsize minage minsize missingok monthly noallowhardlink
		nocompress nocopy nocopytruncate nocreate nocreateolddir nodateext nodelaycompress nomail nomissingok noolddir
		norenamecopy nosharedscripts noshred notifempty olddir renamecopy rotate sharedscripts shred shredcycles size start su
		tabooext taboopat uncompresscmd weekly yearly`)
	logrotateScripts = []string{"prerotate", "postrotate", "firstaction", "lastaction", "preremove"}
)

// rotation is a file being read.
type rotation struct {
	machine machine
	// broken is what is wrong with its shape, which logrotate does not always
	// tell; unknown, what it does not know.
	broken, unknown []string
	// line is the number of the one being read; open, of that whose { is open.
	line, open int
	// script is the number of the line that began one.
	script int
}

// readRotation says what is wrong with which line: see rotation.
func (m machine) readRotation(text string) (broken, unknown []string) {
	r := rotation{machine: m}
	for _, line := range lines(text) {
		r.line++
		r.read(strings.TrimSpace(line))
	}
	if r.script > 0 {
		r.broken = append(r.broken, fault(r.script, "the script has no endscript"))
	}
	if r.open > 0 {
		r.broken = append(r.broken, fault(r.open, "the { has no }"))
	}
	return r.broken, r.unknown
}

func fault(line int, format string, args ...any) string {
	return fmt.Sprintf("line %d: %s", line, fmt.Sprintf(format, args...))
}

func (r *rotation) read(line string) {
	switch {
	case r.script > 0:
		if line == "endscript" {
			r.script = 0
		}
	case line == "" || strings.HasPrefix(line, "#"):
	case strings.HasPrefix(line, "}"):
		if r.open == 0 {
			r.broken = append(r.broken, fault(r.line, "a } without its {"))
		}
		r.open = 0
	case r.open == 0 && strings.ContainsAny(line[:1], `/"'~{`):
		r.files(line)
	default:
		r.directive(line)
	}
}

// opening is the { of a block, which stands alone; one in a glob does not.
var opening = regexp.MustCompile(`(?:^|\s)\{`)

// files are names of log files, which a { ends, there or on a later line. All
// may be on one line.
func (r *rotation) files(line string) {
	if opening.MatchString(line) && !strings.HasSuffix(line, "}") || strings.HasSuffix(line, "{") {
		r.open = r.line
	}
}

func (r *rotation) directive(line string) {
	word := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' || c == '=' })
	if len(word) == 0 {
		return
	}
	switch {
	case slices.Contains(logrotateScripts, word[0]):
		r.script = r.line
	case !slices.Contains(logrotateWords, word[0]):
		r.unknown = append(r.unknown, fault(r.line, "unknown option '%s'", word[0]))
	case word[0] == "create" || word[0] == "createolddir":
		args := word[1:]
		if len(args) > 0 && strings.Trim(args[0], "01234567") == "" {
			args = args[1:]
		}
		r.owners(args)
	case word[0] == "su":
		r.owners(word[1:])
	}
}

// owners are a user and a group, which must be there; a number needs no name.
func (r *rotation) owners(args []string) {
	for i, file := range []string{"/etc/passwd", "/etc/group"} {
		if i >= len(args) || strings.HasPrefix(args[i], "#") || strings.Trim(args[i], "0123456789") == "" {
			return
		}
		if !r.machine.has(file, args[i]) {
			r.unknown = append(r.unknown, fault(r.line, "unknown %s '%s'", []string{"user", "group"}[i], args[i]))
		}
	}
}
