package run

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// digestLines is how many lines of a log a problem shows.
const digestLines = 20

// telling finds the line that says what went wrong: compilers, make, apt,
// dpkg and shells.
var telling = regexp.MustCompile(`(?i)(\berror\b[: ]|^E: |\bfatal\b|unmet dependencies|unmet build dep|undefined reference|no such file|\*\*\* |not found|cannot |FAILED)`)

// lines is how many lines the log has so far.
func (l *jobLog) lines() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first + len(l.kept) - 1
}

// since are the lines held of those after line number mark, and the number of
// the first of them.
func (l *jobLog) since(mark int) ([]string, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := max(mark+1, l.first)
	return slices.Clone(l.kept[min(from-l.first, len(l.kept)):]), from
}

// digest makes a problem of the lines after line number mark: those around
// the first that tells what went wrong, and the last ones.
func (l *jobLog) digest(mark int) result.Problem {
	lines, first := l.since(mark)
	at := slices.IndexFunc(lines, telling.MatchString)
	if at < 0 || at > len(lines)-digestLines {
		at = max(0, len(lines)-digestLines)
		return result.Problem{Lines: lines[at:], Log: l.ref(first + at)}
	}
	half := digestLines / 2
	start := max(0, at-2)
	picked := slices.Clone(lines[start:min(len(lines), start+half)])
	if tail := len(lines) - half; tail > start+half {
		picked = append(picked, "…")
		picked = append(picked, lines[tail:]...)
	}
	return result.Problem{Lines: picked, Log: l.ref(first + at)}
}

// tail is the last of the log.
func (l *jobLog) tail() []string {
	lines, _ := l.since(0)
	return lines[max(0, len(lines)-digestLines):]
}

// here is where the log is now.
func (l *jobLog) here() string { return l.ref(l.lines()) }

func (l *jobLog) ref(line int) string { return fmt.Sprintf("%s:%d", l.name, line) }
