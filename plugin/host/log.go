package host

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Log is a host's build log. What is written to it is shown as it is and never
// taken for a command, whoever wrote it: build logs are.
type Log struct {
	dialect dialect
	// Now is the clock of sections.
	Now func() time.Time
	// InRepository is what a file of the workspace is called in the repository,
	// in annotations; empty where it is none of its files. Nil: the same.
	InRepository func(file string) string

	mu   sync.Mutex
	w    io.Writer
	rest []byte
}

// Log is the host's build log on a stream of ours.
func (h Host) Log(w io.Writer) *Log { return &Log{dialect: h.dialect, w: w, Now: time.Now} }

// Write takes text. Where a host looks for commands, only whole lines go on:
// Close writes what has no end.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dialect != actions {
		return l.w.Write(p)
	}
	l.rest = append(l.rest, p...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	lines := defused(string(l.rest[:end]))
	l.rest = l.rest[end:]
	if _, err := io.WriteString(l.w, lines); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what has no end of line yet.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := io.WriteString(l.w, defused(string(l.rest)))
	l.rest = nil
	return err
}

// commands are what a runner of actions takes for one (its ActionCommand.cs):
// "::" where a line begins, white space aside, and "##[" anywhere. Its lines
// end with CR as well.
var commands = regexp.MustCompile(`##\[|(?:^|[\r\n])[\pZ\s\x{85}]*::`)

// defused is text in which nothing is a command. stop-commands would do that
// too, but is shown itself, and stderr has an order of its own.
func defused(text string) string {
	return commands.ReplaceAllStringFunc(text, func(s string) string {
		return s[:len(s)-1] + " " + s[len(s)-1:]
	})
}

// Section begins a part of the log that folds, where the host has such. The
// function it returns ends it. Sections are not nested.
func (l *Log) Section(name, title string) (end func()) {
	switch l.dialect {
	case actions:
		l.command("::group::%s\n", data(title))
		return func() { l.command("::endgroup::\n") }
	case gitlab:
		l.command("\x1b[0Ksection_start:%d:%s\r\x1b[0K%s\n", l.Now().Unix(), name, title)
		return func() { l.command("\x1b[0Ksection_end:%d:%s\r\x1b[0K\n", l.Now().Unix(), name) }
	}
	return func() {}
}

// Mask tells the host to hide texts in all that is shown of this job from now
// on, where it wants to be told.
func (l *Log) Mask(secrets ...string) {
	for _, s := range secrets {
		if s = strings.TrimSpace(s); l.dialect == actions && len(s) >= minSecret {
			l.command("::add-mask::%s\n", data(s))
		}
	}
}

// minSecret is the length of the shortest text that is hidden: what is shorter
// hides more of a log than it protects.
const minSecret = 2

// Annotate shows what did not pass beside the files it is about, where the
// host has such.
func (l *Log) Annotate(all ...Annotation) {
	for _, a := range all {
		if l.InRepository != nil && a.File != "" {
			a.File = l.InRepository(a.File)
		}
		if l.dialect == actions {
			l.command("%s\n", a.command())
		}
	}
}

// command writes what is ours. Nobody is left to tell that the log is gone.
func (l *Log) command(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.w, format, args...)
}

// Escapes of a runner of actions, for a command's data and its properties.
var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func data(s string) string     { return dataEscapes.Replace(s) }
func property(s string) string { return propertyEscapes.Replace(oneLine(s)) }

// oneLine is text without control characters.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
