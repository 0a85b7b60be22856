package check

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// mounted is one line of mountinfo, proc_pid_mountinfo(5).
type mounted struct {
	point, filesystem, source string
	options, superOptions     []string
}

func (a *agent) lookMount(ctx context.Context, t Test) facts {
	point := path.Clean(t.text("mountpoint"))
	top := sync.OnceValues(func() (*mounted, error) { return a.machine.topMount(point) })
	there := present(top, errors.New("nothing is mounted there"))
	return facts{found: map[string]func() (any, error){
		"exists":     reading(top, func(m *mounted) any { return m != nil }),
		"opts":       reading(there, func(m *mounted) any { return m.options }),
		"vfs-opts":   reading(there, func(m *mounted) any { return m.superOptions }),
		"source":     reading(there, func(m *mounted) any { return m.source }),
		"filesystem": reading(there, func(m *mounted) any { return m.filesystem }),
		"usage":      func() (any, error) { return usageWithin(ctx, a.machine.at(point)) },
	}}
}

// topMount is what was mounted last at a point; nil if nothing was.
func (m machine) topMount(point string) (*mounted, error) {
	text, err := m.read("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var top *mounted
	for line := range strings.Lines(text) {
		if one, ok := parseMount(line); ok && one.point == point {
			top = &one
		}
	}
	return top, nil
}

func parseMount(line string) (mounted, bool) {
	field := strings.Fields(line)
	dash := slices.Index(field, "-")
	if dash < 6 || len(field) < dash+3 {
		return mounted{}, false
	}
	m := mounted{point: unescapeMount(field[4]), filesystem: unescapeMount(field[dash+1]), source: unescapeMount(field[dash+2])}
	m.options = splitOptions(field[5])
	if len(field) > dash+3 {
		m.superOptions = splitOptions(field[dash+3])
	}
	return m, true
}

// unescapeMount takes back \040 and the like.
func unescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if code, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// splitOptions splits at commas outside quotes, which SELinux contexts have.
func splitOptions(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		quoted = quoted != (r == '"')
		return !quoted && r == ','
	})
}

// usageWithin gives up when a file system does not answer: statfs(2) on one
// that hangs cannot be called off, and is left behind.
func usageWithin(ctx context.Context, point string) (any, error) {
	type answer struct {
		usage any
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		usage, err := usage(point)
		answers <- answer{usage, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("the file system does not answer: %w", ctx.Err())
	case got := <-answers:
		return got.usage, got.err
	}
}

// usage is how much of a file system's blocks is in use, in per cent.
func usage(point string) (any, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(point, &st); err != nil {
		return nil, err
	}
	if st.Blocks == 0 {
		return 0, nil
	}
	return int(math.Round((1 - float64(st.Bfree)/float64(st.Blocks)) * 100)), nil
}
