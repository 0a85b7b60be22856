package check

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"strings"
	"syscall"
)

// maxContent is how much of a file, an output or a body is read, in bytes.
const maxContent = 64 << 20

func refuseFile(t Test) error {
	if p := t.text("path"); !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "~") {
		return fmt.Errorf("found the path %s, wanted one that begins with / or ~", quote(p))
	}
	return nil
}

func (a *agent) lookFile(ctx context.Context, t Test) facts {
	f := lookedFile{machine: a.machine, over: ctx.Err}
	f.open(t.text("path"))
	found := map[string]func() (any, error){
		"exists": f.exists, "mode": f.stated(fileMode), "size": f.stated(func(i os.FileInfo) any { return i.Size() }),
		"uid":      f.owned(func(st *syscall.Stat_t) any { return int(st.Uid) }),
		"gid":      f.owned(func(st *syscall.Stat_t) any { return int(st.Gid) }),
		"owner":    f.owned(func(st *syscall.Stat_t) any { return a.machine.nameOf("/etc/passwd", st.Uid) }),
		"group":    f.owned(func(st *syscall.Stat_t) any { return a.machine.nameOf("/etc/group", st.Gid) }),
		"filetype": f.stated(func(i os.FileInfo) any { return fileType(i.Mode()) }), "linked-to": f.target,
		"contents": f.content, "contains": f.content,
		"md5": f.sum(md5.New), "sha256": f.sum(sha256.New), "sha512": f.sum(sha512.New),
	}
	return facts{found: found}
}

// lookedFile is a file as it was when the test began.
type lookedFile struct {
	machine machine
	// over is an error when the time for a try is.
	over func() error
	path string
	info os.FileInfo
	err  error
}

func (f *lookedFile) open(written string) {
	if f.path, f.err = f.machine.expandHome(written); f.err != nil {
		return
	}
	f.path = f.machine.canonical(path.Clean(f.path))
	f.info, f.err = f.machine.lstat(f.path)
	if errors.Is(f.err, syscall.ENOTDIR) {
		f.err = os.ErrNotExist
	}
}

// expandHome puts a home directory in place of ~ and ~user.
func (m machine) expandHome(p string) (string, error) {
	if !strings.HasPrefix(p, "~") {
		return p, nil
	}
	name, rest, _ := strings.Cut(p[1:], "/")
	if name == "" {
		name = "root"
	}
	u, err := m.account(name)
	if err != nil {
		return "", err
	}
	if u == nil {
		return "", fmt.Errorf("there is no user %s", name)
	}
	return path.Join(u.home, rest), nil
}

func (f *lookedFile) exists() (any, error) {
	if errors.Is(f.err, os.ErrNotExist) {
		return false, nil
	}
	return f.err == nil, f.err
}

// stated makes a fact of what lstat says.
func (f *lookedFile) stated(read func(os.FileInfo) any) func() (any, error) {
	return func() (any, error) {
		if f.err != nil {
			return nil, f.err
		}
		return read(f.info), nil
	}
}

// owned makes a fact of what only Unix has in it.
func (f *lookedFile) owned(read func(*syscall.Stat_t) any) func() (any, error) {
	return f.stated(func(i os.FileInfo) any {
		st, ok := i.Sys().(*syscall.Stat_t)
		if !ok {
			return nil
		}
		return read(st)
	})
}

// fileMode is what chmod takes: the last twelve bits of st_mode.
func fileMode(i os.FileInfo) any {
	st, ok := i.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return fmt.Sprintf("%04o", st.Mode&0o7777)
}

func fileType(m os.FileMode) string {
	switch {
	case m&os.ModeSymlink != 0:
		return "symlink"
	case m&os.ModeCharDevice != 0:
		return "character-device"
	case m&os.ModeDevice != 0:
		return "block-device"
	case m&os.ModeNamedPipe != 0:
		return "pipe"
	case m&os.ModeSocket != 0:
		return "socket"
	case m.IsDir():
		return "directory"
	}
	return "file"
}

func (f *lookedFile) target() (any, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.info.Mode()&os.ModeSymlink == 0 {
		return nil, fmt.Errorf("it is no symbolic link but a %s", fileType(f.info.Mode()))
	}
	return os.Readlink(f.machine.at(f.path))
}

// reader opens what the path leads to, if that is a regular file: others may
// never end.
func (f *lookedFile) reader() (io.ReadCloser, error) {
	if f.err != nil {
		return nil, f.err
	}
	end, err := f.machine.follow(f.path)
	if err != nil {
		return nil, fmt.Errorf("it leads to %s, which is not there", end)
	}
	info, err := f.machine.lstat(end)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("a %s has no content", fileType(info.Mode()))
	}
	file, err := os.Open(f.machine.at(end))
	return timely{file, f.over}, err
}

// timely is a file that is read as long as there is time.
type timely struct {
	*os.File
	over func() error
}

func (f timely) Read(p []byte) (int, error) {
	if f.over() != nil {
		return 0, errors.New("not read in time")
	}
	return f.File.Read(p)
}

func (f *lookedFile) content() (any, error) {
	r, err := f.reader()
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // read only
	return readContent(r)
}

// readContent reads text, up to maxContent.
func readContent(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxContent+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxContent {
		return "", fmt.Errorf("it is larger than %d MiB", maxContent>>20)
	}
	return string(b), nil
}

// limitedText is text that may have been too long, or cut off.
type limitedText interface{ content() (string, error) }

// readText is one that was read.
type readText struct {
	text string
	err  error
}

func (t readText) content() (string, error) { return t.text, t.err }

func (f *lookedFile) sum(algorithm func() hash.Hash) func() (any, error) {
	return func() (any, error) {
		r, err := f.reader()
		if err != nil {
			return nil, err
		}
		defer r.Close() //nolint:errcheck // read only
		h := algorithm()
		if _, err := io.Copy(h, r); err != nil {
			return nil, err
		}
		return hex.EncodeToString(h.Sum(nil)), nil
	}
}
