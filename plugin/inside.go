package plugin

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// The doctor has our own program answer, in a container, what only those in
// one can tell.

// tellSpace prints how many bytes are free where a directory is, and how many
// there are.
func tellSpace(w io.Writer, dir string) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return fmt.Errorf("look how much room there is at %s: %w", dir, err)
	}
	_, err := fmt.Fprintln(w, s.Bavail*uint64(s.Bsize), s.Blocks*uint64(s.Bsize))
	return err
}

// controlGroups is where they are mounted, hierarchies those that systemd
// keeps its own in: with cgroup v1 they are below it.
const controlGroups = "/sys/fs/cgroup"

var hierarchies = []string{".", "systemd", "unified"}

// tryControlGroups makes a control group and removes it, as an init has to be
// able to; mount mounts their tree first, as the first process of a machine
// with SYS_ADMIN does.
func tryControlGroups(root string, mount bool) error {
	if mount {
		// What is not mounted need not go.
		_ = syscall.Unmount(root, syscall.MNT_DETACH)
		if err := syscall.Mount("cgroup2", root, "cgroup2", 0, ""); err != nil {
			return fmt.Errorf("mount control groups: %w", err)
		}
	}
	var why error
	for _, h := range hierarchies {
		err := makeControlGroup(filepath.Join(root, h))
		if err == nil {
			return nil
		}
		why = cmp.Or(why, err)
	}
	return fmt.Errorf("no control groups can be made: %w", why)
}

// makeControlGroup makes one and removes it. Elsewhere it is a directory: only
// the kernel puts files into it.
func makeControlGroup(above string) error {
	made, err := os.MkdirTemp(above, "drone-packages-")
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(made, "cgroup.procs"))
	return errors.Join(err, os.Remove(made))
}
