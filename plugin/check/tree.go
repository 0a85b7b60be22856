package check

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// entry is one thing in a file tree.
type entry struct {
	Mode     os.FileMode
	UID, GID uint32
	Size     int64  `json:",omitempty"`
	MTime    int64  `json:",omitempty"` // nanoseconds
	Sum      string `json:",omitempty"` // of files below /etc
	Link     string `json:",omitempty"`
}

// snapshot is a file tree and the names it knows.
type snapshot struct {
	Files         map[string]entry
	Users, Groups []string
	// Run are the paths below /run that are no directories.
	Run []string `json:",omitempty"`
}

// untracked are trees that are not compared: no part of the disk, or ours.
var untracked = []string{"/proc", "/sys", "/dev", "/run", "/tmp", Root}

// tree remembers the file tree as it is now.
func (a *agent) tree(ctx context.Context) error {
	s, err := a.machine.snapshot(ctx)
	if err != nil {
		return err
	}
	return a.memory.save(treeMemory, s)
}

func (m machine) snapshot(ctx context.Context) (snapshot, error) {
	s := snapshot{Files: map[string]entry{}, Users: m.names("/etc/passwd"), Groups: m.names("/etc/group")}
	info, err := m.lstat("/")
	if err != nil {
		return s, fmt.Errorf("walk the file tree: %w", err)
	}
	if s.Run, err = m.running(ctx); err != nil {
		return s, err
	}
	return s, m.walk(ctx, "/", device(info), 0, s.Files)
}

// running are files, sockets and pipes below /run, sorted.
func (m machine) running(ctx context.Context) ([]string, error) {
	info, err := m.lstat("/run")
	if err != nil || !info.IsDir() {
		return nil, nil //nolint:nilerr // a machine without one has nothing in it
	}
	all := map[string]entry{}
	if err := m.walk(ctx, "/run", device(info), 1, all); err != nil {
		return nil, err
	}
	var paths []string
	for p, e := range all {
		if !e.Mode.IsDir() {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// names are the first fields of a file such as passwd.
func (m machine) names(file string) []string {
	text, err := m.read(file)
	if err != nil {
		return nil
	}
	var names []string
	for line := range strings.Lines(text) {
		name, _, ok := strings.Cut(line, ":")
		if ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// walk descends into other file systems once: into a volume, and not into
// what is mounted there.
func (m machine) walk(ctx context.Context, dir string, dev uint64, crossed int, into map[string]entry) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("walk the file tree: %w", err)
	}
	children, err := os.ReadDir(m.at(dir))
	if err != nil {
		return nil // gone meanwhile
	}
	for _, child := range children {
		p := path.Join(dir, child.Name())
		info, err := child.Info()
		if err != nil || slices.Contains(untracked, p) {
			continue
		}
		into[p] = m.entry(p, info)
		if !info.IsDir() {
			continue
		}
		there, times := device(info), crossed
		if there != dev {
			times++
		}
		if times > 1 {
			continue
		}
		if err := m.walk(ctx, p, there, times, into); err != nil {
			return err
		}
	}
	return nil
}

func device(info os.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return st.Dev
}

func (m machine) entry(p string, info os.FileInfo) entry {
	e := entry{Mode: info.Mode()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.UID, e.GID = st.Uid, st.Gid
	}
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		e.Link, _ = os.Readlink(m.at(p)) // gone meanwhile: empty
	case info.Mode().IsRegular():
		e.Size, e.MTime = info.Size(), info.ModTime().UnixNano()
		if strings.HasPrefix(p, "/etc/") {
			e.Sum = m.sum(p)
		}
	}
	return e
}

func (m machine) sum(p string) string {
	f, err := os.Open(m.at(p))
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
