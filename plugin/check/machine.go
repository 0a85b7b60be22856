package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// machine is what is asked: a file tree, and commands to run in it.
type machine struct {
	// root is where its file tree is: / but in tests.
	root string
	// format of its packages: deb, if empty.
	format string
	// presets: as Request has it.
	presets bool
	// run runs a command and returns what it printed to its output.
	run func(ctx context.Context, name string, args ...string) (string, error)
}

// command runs a command in the C locale, whose words we read.
func command(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "PAGER=cat")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(out), nil
}

// at is where a path of the machine is.
func (m machine) at(path string) string { return filepath.Join(m.root, path) }

func (m machine) lstat(path string) (os.FileInfo, error) { return os.Lstat(m.at(path)) }

func (m machine) read(path string) (string, error) {
	b, err := os.ReadFile(m.at(path))
	return string(b), err
}

// maxLinks is how many symbolic links a path may hold, as for the kernel.
const maxLinks = 40

// follow resolves a path's symbolic links inside the machine's own tree. The
// path returned is where it leads; the error is os.ErrNotExist when that is
// not there.
func (m machine) follow(path string) (string, error) {
	done, rest := "/", strings.Split(filepath.Clean(path), "/")
	for links := 0; len(rest) > 0; {
		next := filepath.Join(done, rest[0])
		rest = rest[1:]
		target, err := os.Readlink(m.at(next))
		if err != nil {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return next, fmt.Errorf("%s: too many links: %w", path, os.ErrNotExist)
		}
		if filepath.IsAbs(target) {
			done = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	_, err := m.lstat(done)
	return done, err
}

// canonical is a path as a walk of the tree meets it: where /lib is a link to
// /usr/lib, packages may still say /lib.
func (m machine) canonical(path string) string {
	dir, err := m.follow(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(dir, filepath.Base(path))
}

// places is canonical for many paths: there are tens of thousands of files, and
// few directories.
func (m machine) places() func(string) string {
	dirs := map[string]string{}
	return func(path string) string {
		dir, known := dirs[filepath.Dir(path)]
		if !known {
			dir = filepath.Dir(m.canonical(path))
			dirs[filepath.Dir(path)] = dir
		}
		return filepath.Join(dir, filepath.Base(path))
	}
}
