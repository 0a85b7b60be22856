package report

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// How much of the logs a page embeds: all of one up to mostOfALog bytes, of a
// longer one its end, and less where a run has so many that mostOfLogs would
// not hold them: what did not pass has shareOfTrouble times the room of what
// did. The files are beside the page.
const (
	mostOfALog     = 256 << 10
	mostOfLogs     = 4 << 20
	shareOfTrouble = 8
)

// logView is what a page has of a log.
type logView struct {
	// Name and Href are the file, relative to the page.
	Name string `json:"name"`
	Href string `json:"href"`
	// Size of the file in bytes, Total its lines.
	Size  int64 `json:"size"`
	Total int   `json:"total"`
	// First is the number of the first of Lines; those before it are left to
	// the file.
	First int `json:"first"`
	// Lines are text, or pairs of class names and text.
	Lines []any `json:"lines"`
	// Missing is why there are none.
	Missing string `json:"missing,omitempty"`
}

// logsOf reads the logs of a run, by the places of their jobs.
func logsOf(in Input) map[int]logView {
	shares := map[int]int64{}
	var all int64
	for i, j := range in.Run.Jobs {
		if j.Log != "" {
			shares[i] = shareOf(j)
			all += shares[i]
		}
	}
	logs := map[int]logView{}
	for i, share := range shares {
		logs[i] = readLog(in.Files, in.Run.Jobs[i], min(mostOfALog, mostOfLogs*share/all))
	}
	return logs
}

// shareOf is a job's share of the room for logs.
func shareOf(j result.Job) int64 {
	if j.Outcome == result.Passed || j.Outcome == result.Skipped {
		return 1
	}
	return shareOfTrouble
}

// readLog reads the end of a job's log. A log that cannot be read is told of,
// and no reason to have no report.
func readLog(files fs.FS, j result.Job, limit int64) logView {
	v := logView{Name: printable(j.Log), Href: href(j.Log), First: 1, Lines: []any{}}
	text, err := v.read(files, j.Log, limit)
	if err != nil {
		v.Missing = printable(err.Error())
		return v
	}
	for line := range strings.Lines(text) {
		v.Lines = append(v.Lines, logLine(strings.TrimSuffix(line, "\n")))
	}
	v.Total = v.First + len(v.Lines) - 1
	return v
}

// logLine is a line as a page has it: text, or text in pieces.
func logLine(line string) any {
	switch pieces := runs(line); {
	case len(pieces) == 0:
		return ""
	case len(pieces) == 2 && pieces[0] == "":
		return pieces[1]
	default:
		return pieces
	}
}

var errNoFile = errors.New("not a file")

// read is the end of a file, from the first line that begins there.
func (v *logView) read(files fs.FS, name string, limit int64) (string, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errNoFile // to open a pipe is to wait for who writes it
	}
	f, err := files.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	v.Size = info.Size()
	r := bufio.NewReaderSize(f, 64<<10)
	if v.Size > limit {
		before, err := countLines(io.LimitReader(r, v.Size-limit))
		if err != nil {
			return "", err
		}
		cut, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		v.First = before + 1 + strings.Count(cut, "\n")
	}
	text, err := io.ReadAll(io.LimitReader(r, limit))
	return string(text), err
}

// countLines is how many ends of lines are in what it reads.
func countLines(r io.Reader) (int, error) {
	buffer := make([]byte, 256<<10)
	for n := 0; ; {
		got, err := r.Read(buffer)
		n += bytes.Count(buffer[:got], []byte("\n"))
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
