package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// Options say which tree to read.
type Options struct {
	// Source is a directory, or a git URL or directory with #REVISION.
	Source string
	// Exclude are patterns in the syntax of .dockerignore, besides what git
	// ignores in its own trees.
	Exclude []string
	// Output is the directory, relative to the tree, that we write into: it
	// is no part of the source.
	Output string
}

// Checkout is a tree on disk with the list of what belongs to it.
type Checkout struct {
	Tree  Tree
	root  *os.Root
	files []string
	// temporary is the directory a git revision was checked out into.
	temporary string
}

// FileError is what is wrong with a file of a tree.
type FileError struct {
	// File relative to the tree, and Line from 1.
	File  string
	Line  int
	Words string
}

func (e *FileError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Words) }

// Open reads a tree. The caller closes it. What its author has to mend is a
// FileError.
func Open(ctx context.Context, o Options) (*Checkout, error) {
	dir, temporary, err := directoryOf(ctx, o.Source)
	if err != nil {
		return nil, err
	}
	c := &Checkout{temporary: temporary}
	if err := c.read(ctx, dir, o); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Files are the names of those that belong to the tree, sorted.
func (c *Checkout) Files() []string { return c.files }

// Close forgets the tree and removes what was checked out for it.
func (c *Checkout) Close() error {
	var errs []error
	if c.root != nil {
		errs = append(errs, c.root.Close())
	}
	if c.temporary != "" {
		errs = append(errs, os.RemoveAll(c.temporary))
	}
	return errors.Join(errs...)
}

func (c *Checkout) read(ctx context.Context, dir string, o Options) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("source: %w: give a directory, or a git URL with #revision", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("source: %s is a file: give a directory, or a git URL with #revision", dir)
	}
	if c.root, err = os.OpenRoot(dir); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	if c.files, err = listFiles(ctx, dir, c.root, o); err != nil {
		return fmt.Errorf("list the source %s: %w", dir, err)
	}
	c.Tree = Tree{Path: withoutUser(o.Source), Revision: describe(ctx, dir), Shallow: isShallow(ctx, dir)}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		c.Tree.UID, c.Tree.GID = int(owner.Uid), int(owner.Gid)
	}
	return c.measure()
}

// measure counts files and bytes and finds the packages.
func (c *Checkout) measure() error {
	var controls []string
	files := make([][]string, len(oneFile))
	for _, name := range c.files {
		info, err := c.root.Lstat(name)
		if err != nil {
			return fmt.Errorf("read the source: %w", err)
		}
		c.Tree.Files++
		c.Tree.Size += info.Size()
		if c.isControl(name) {
			controls = append(controls, name)
		}
		for i, f := range oneFile {
			if f.is(name) && info.Mode().IsRegular() {
				files[i] = append(files[i], name)
			}
		}
	}
	for _, name := range outermost(controls) {
		p, err := readPackage(c.root, name)
		if err != nil {
			return err
		}
		c.Tree.Packages = append(c.Tree.Packages, p)
	}
	for i, f := range oneFile {
		found, err := packagesOf(c.root, files[i], f.format, f.name)
		if err != nil {
			return err
		}
		c.Tree.Packages = append(c.Tree.Packages, found...)
	}
	return nil
}

// isControl tells a package's control file from others of that name: a
// changelog and rules lie beside it.
func (c *Checkout) isControl(name string) bool {
	if path.Base(name) != "control" {
		return false
	}
	for _, other := range []string{"changelog", "rules"} {
		if _, found := slices.BinarySearch(c.files, path.Join(path.Dir(name), other)); !found {
			return false
		}
	}
	return true
}

func readPackage(root *os.Root, name string) (Package, error) {
	text, err := root.ReadFile(name)
	if err != nil {
		return Package{}, fmt.Errorf("read the source: %w", err)
	}
	where := path.Dir(name)
	p := Package{Name: sourceName(string(text)), Format: "deb", Where: where, Dir: path.Dir(where), Control: string(text)}
	if p.Name == "" {
		return p, &FileError{name, 1, "no Source field: the first paragraph of a debian/control names the source package"}
	}
	return p, nil
}

// sourceName is the Source field of the first paragraph.
func sourceName(control string) string {
	for line := range strings.Lines(strings.TrimSpace(control)) {
		if strings.TrimSpace(line) == "" {
			return ""
		}
		if key, name, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, "Source") {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// outermost leaves out packages inside another package's tree: examples and
// test data of it, unless there is none at the top.
func outermost(controls []string) []string {
	if slices.Contains(controls, "debian/control") {
		return []string{"debian/control"}
	}
	return controls
}
