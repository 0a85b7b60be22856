package check

import (
	"context"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// cronTables is where packages put tables of jobs; runPartsDirs are where they
// put programs that run-parts(8) runs.
const cronTables = "/etc/cron.d"

var runPartsDirs = []string{"/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly", "/etc/cron.yearly"}

// cronName is what cron and run-parts read: they pass over all other names.
var cronName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// cronChecks are whether cron runs what a package gives it.
func (m machine) cronChecks(_ context.Context, _ Package, files []string) []result.Check {
	var checks []result.Check
	for _, f := range files {
		table, program := path.Dir(f) == cronTables, slices.Contains(runPartsDirs, path.Dir(f))
		if !table && !program || isParked(f) {
			continue
		}
		info, text, ok := m.readShipped(f)
		if !ok {
			continue // an administrator's choice, or told by another check
		}
		if why, mend := cronSkips(path.Base(f), info, program); why != "" {
			checks = append(checks, failed("cron", f, "runs", "a file that cron runs", why, mend))
			continue
		}
		if program {
			checks = append(checks, passed("cron", f, "runs", "run-parts runs it"))
			continue
		}
		checks = append(checks, judgeCrontab(f, text, func(user string) bool { return m.has("/etc/passwd", user) }))
	}
	return checks
}

// cronSkips is why cron, or run-parts, passes over a file, and the mend.
func cronSkips(name string, info os.FileInfo, program bool) (why, mend string) {
	if !cronName.MatchString(name) {
		return fmt.Sprintf("the name %s", name), "cron passes over names with other characters than letters, digits, - and _: a dot is one"
	}
	if program {
		if info.Mode()&0o111 == 0 {
			return fmt.Sprintf("mode %04o: it cannot be executed", info.Mode().Perm()), "run-parts passes over what cannot be executed"
		}
		return "", ""
	}
	return distrusted(info), "cron ignores tables that others than root may write to"
}

func judgeCrontab(file, text string, isUser func(string) bool) result.Check {
	jobs, faults := readCrontab(text, isUser)
	if len(faults) > 0 {
		return judgeLines("cron", file, "jobs", "lines as crontab(5) has them", faults, "cron ignores the whole file")
	}
	return passed("cron", file, "jobs", plural(jobs, "job"))
}

// cronVariable is a line that sets one; cronWords are times that have a name.
var (
	cronVariable = regexp.MustCompile(`^(?:[A-Za-z_]\w*|"[^"]+"|'[^']+')\s*=`)
	cronWords    = []string{"@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
)

// readCrontab counts the jobs of a table of the system, which has a user
// before each command, and says what is wrong with which line.
func readCrontab(text string, isUser func(string) bool) (jobs int, faults []string) {
	for i, line := range lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || cronVariable.MatchString(line) {
			continue
		}
		if fault := cronFault(strings.Fields(line), isUser); fault != "" {
			faults = append(faults, fmt.Sprintf("line %d: %s", i+1, fault))
			continue
		}
		jobs++
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		faults = append(faults, fmt.Sprintf("line %d: no newline at its end", len(lines(text))))
	}
	return jobs, faults
}

// cronFault is what is wrong with a job; empty: nothing.
func cronFault(words []string, isUser func(string) bool) string {
	times := len(cronFields)
	if strings.HasPrefix(words[0], "@") {
		if times = 1; !slices.Contains(cronWords, words[0]) {
			return fmt.Sprintf("%s is no time that cron knows", words[0])
		}
	}
	if len(words) < times+2 {
		return fmt.Sprintf("found %s, wanted a time, a user and a command", plural(len(words), "word"))
	}
	if times > 1 {
		for i, field := range cronFields {
			if fault := field.fault(strings.TrimPrefix(words[i], "-")); fault != "" {
				return fault
			}
		}
	}
	if user := words[times]; !isUser(user) {
		return fmt.Sprintf("there is no user %s: a user comes between the time and the command", user)
	}
	return ""
}

// cronField is one of the five that make a time.
type cronField struct {
	name        string
	least, most int
	// names stand for numbers from least on.
	names []string
}

var cronFields = []cronField{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of week", 0, 7, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// cronRange is one part of a field: *, 5, mon-fri, */10, 0~59.
var cronRange = regexp.MustCompile(`^(?:\*|(\w*)(?:[-~](\w*))?)(?:/(\d+))?$`)

func (f cronField) fault(text string) string {
	for part := range strings.SplitSeq(text, ",") {
		m := cronRange.FindStringSubmatch(part)
		if m == nil || part == "" || m[3] == "0" {
			return fmt.Sprintf("%s is no %s", text, f.name)
		}
		for _, value := range m[1:3] {
			if n, ok := f.number(value); value != "" && (!ok || n < f.least || n > f.most) {
				return fmt.Sprintf("%s is no %s: %d to %d", value, f.name, f.least, f.most)
			}
		}
	}
	return ""
}

func (f cronField) number(value string) (int, bool) {
	if i := slices.Index(f.names, strings.ToLower(value)); i >= 0 {
		return f.least + i, true
	}
	n, err := strconv.Atoi(value)
	return n, err == nil
}
