package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/moby/patternmatcher"
)

// listFiles lists what belongs to the tree, sorted: what git would take, or
// without git everything; less what is excluded, the output and .git. Without
// git a .gitignore means nothing: release tarballs hold files that it names,
// and only git knows which of them are source.
func listFiles(ctx context.Context, dir string, root *os.Root, o Options) ([]string, error) {
	names, err := candidates(ctx, dir, root)
	if err != nil {
		return nil, err
	}
	patterns := []string{".git"}
	for _, p := range o.Exclude {
		// All are relative to the top; the matcher knows no leading slash.
		bare := strings.TrimPrefix(p, "!")
		patterns = append(patterns, strings.TrimSuffix(p, bare)+strings.TrimPrefix(bare, "/"))
	}
	match, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf("exclude: %w", err)
	}
	return keepFiles(names, match, o.Output)
}

// candidates are the files of a tree before any is excluded.
func candidates(ctx context.Context, dir string, root *os.Root) ([]string, error) {
	if names, ok := gitFiles(ctx, dir); ok {
		return expand(ctx, dir, root, names)
	}
	return walkFiles(root, ".")
}

// keepFiles drops what is excluded and what is below the output.
func keepFiles(names []string, match *patternmatcher.PatternMatcher, output string) ([]string, error) {
	var kept []string
	for _, name := range names {
		excluded, err := match.MatchesOrParentMatches(name)
		if err != nil {
			return nil, fmt.Errorf("exclude: %w", err)
		}
		if !excluded && !isIn(name, output) {
			kept = append(kept, name)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept), nil
}

func isIn(name, dir string) bool {
	dir = path.Clean(dir)
	return name == dir || strings.HasPrefix(name, dir+"/")
}

// expand drops names that are not there, and puts the files of a directory in
// its place: git gives submodules and other repositories as one name.
func expand(ctx context.Context, dir string, root *os.Root, names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		name = path.Clean(name)
		info, err := root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue // deleted, and git does not know yet
		}
		if err != nil {
			return nil, err
		}
		if isSource(info.Mode()) {
			all = append(all, name)
		}
		if !info.IsDir() {
			continue
		}
		below, err := repositoryFiles(ctx, dir, root, name)
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	return all, nil
}

// repositoryFiles lists a repository inside of the tree by its own rules.
func repositoryFiles(ctx context.Context, dir string, root *os.Root, name string) ([]string, error) {
	if _, err := root.Lstat(path.Join(name, ".git")); err != nil {
		return walkFiles(root, name)
	}
	names, ok := gitFiles(ctx, filepath.Join(dir, name))
	if !ok {
		return walkFiles(root, name)
	}
	for i := range names {
		names[i] = path.Join(name, names[i])
	}
	return expand(ctx, dir, root, names)
}

// isSource says whether something is a file or a link: sockets, fifos and
// devices are no source.
func isSource(mode fs.FileMode) bool {
	return mode.IsRegular() || mode.Type() == fs.ModeSymlink
}

func walkFiles(root *os.Root, top string) ([]string, error) {
	var names []string
	err := fs.WalkDir(root.FS(), top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" && name != top {
			return skip(d)
		}
		if isSource(d.Type()) {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}
