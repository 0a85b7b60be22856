package engine

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// UnpackLimits bound what Unpack takes from an untrusted stream.
type UnpackLimits struct {
	// Files is the most entries, Bytes the most content, of all files together.
	Files int
	Bytes int64
	// Owner of what is written; nil: whoever we are.
	Owner *Owner
}

// Owner is a numeric user and group.
type Owner struct{ UID, GID int }

// ErrHostile is in every error of Unpack that refuses what the stream asks for.
var ErrHostile = errors.New("refused")

// Unpack writes the files of a tar stream that came out of a container below
// dir, without the first element of their names, and returns the names of the
// regular files. Untrusted code made the stream: names that are absolute or
// climb, links that lead out, devices, and more than the limits are refused.
// What was written before a refusal stays.
func Unpack(stream io.Reader, dir *os.Root, l UnpackLimits) ([]string, error) {
	u := unpacker{dir: dir, limits: l}
	err := u.entries(tar.NewReader(stream))
	return u.names, errors.Join(err, u.checkLinks())
}

type unpacker struct {
	dir    *os.Root
	limits UnpackLimits
	files  int
	bytes  int64
	names  []string
	links  []string
}

func (u *unpacker) entries(tr *tar.Reader) error {
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		if err := u.entry(h, tr); err != nil {
			return fmt.Errorf("%q: %w", h.Name, err)
		}
	}
}

func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	u.files++
	if u.files > u.limits.Files {
		return fmt.Errorf("%w: more than %d files", ErrHostile, u.limits.Files)
	}
	if path.IsAbs(h.Name) || climbs(h.Name) {
		return fmt.Errorf("%w: the name leads out of the archive", ErrHostile)
	}
	_, name, below := strings.Cut(path.Clean(h.Name), "/")
	if !below {
		return u.top(h, content)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.mkdir(name)
	case tar.TypeReg:
		return u.file(name, h, content)
	case tar.TypeSymlink:
		return u.symlink(name, h.Linkname)
	}
	return fmt.Errorf("%w: neither a file, a directory nor a symbolic link (type %q)", ErrHostile, h.Typeflag)
}

// top is the entry that CopyOut was asked for: a directory is dir itself.
func (u *unpacker) top(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeReg {
		return u.file(path.Base(h.Name), h, content)
	}
	if h.Typeflag == tar.TypeDir {
		return nil
	}
	return fmt.Errorf("%w: neither a file nor a directory (type %q)", ErrHostile, h.Typeflag)
}

func climbs(name string) bool {
	clean := path.Clean(name)
	return clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains("/"+name+"/", "/../")
}

// mkdir makes a directory and those above it that are missing.
func (u *unpacker) mkdir(name string) error {
	if _, err := u.dir.Stat(name); err == nil {
		return nil
	}
	if err := u.mkdir(path.Dir(name)); err != nil {
		return err
	}
	if err := u.dir.Mkdir(name, 0o755); err != nil {
		return err
	}
	return u.own(name)
}

// room makes the directories above a name and removes what has the name: an
// earlier link must not be written through.
func (u *unpacker) room(name string) error {
	if err := u.mkdir(path.Dir(name)); err != nil {
		return err
	}
	if err := u.dir.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (u *unpacker) file(name string, h *tar.Header, content io.Reader) error {
	u.bytes += h.Size
	if u.bytes > u.limits.Bytes {
		return fmt.Errorf("%w: more than %d bytes", ErrHostile, u.limits.Bytes)
	}
	if err := u.room(name); err != nil {
		return err
	}
	f, err := u.dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644|os.FileMode(h.Mode&0o111))
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	u.names = append(u.names, name)
	return u.own(name)
}

func (u *unpacker) symlink(name, target string) error {
	if path.IsAbs(target) || climbs(path.Join(path.Dir(name), target)) {
		return fmt.Errorf("%w: a link to %q leads out of the archive", ErrHostile, target)
	}
	if err := u.room(name); err != nil {
		return err
	}
	if err := u.dir.Symlink(target, name); err != nil {
		return err
	}
	u.links = append(u.links, name)
	return u.own(name)
}

// checkLinks removes the links that lead out by way of other links, which
// only shows when all of them are there. One that leads nowhere may stay.
func (u *unpacker) checkLinks() error {
	var errs []error
	for _, name := range u.links {
		_, err := u.dir.Stat(name)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			continue
		}
		errs = append(errs, fmt.Errorf("%q: %w: the link leads out of the archive", name, ErrHostile), u.dir.Remove(name))
	}
	return errors.Join(errs...)
}

func (u *unpacker) own(name string) error {
	if u.limits.Owner == nil {
		return nil
	}
	return u.dir.Lchown(name, u.limits.Owner.UID, u.limits.Owner.GID)
}
