package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// listFiles lists what belongs to the tree, sorted: what git would take, or
// without git everything; less what is excluded, the output and .git.
func listFiles(ctx context.Context, dir string, fsys fs.FS, o Options) ([]string, error) {
	patterns := []string{".git"}
	if o.Output != "" {
		patterns = append(patterns, path.Clean(o.Output))
	}
	names, ok := gitFiles(ctx, dir)
	if !ok {
		var err error
		if names, err = walkFiles(fsys, "."); err != nil {
			return nil, err
		}
		ignored, err := gitignored(fsys)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, ignored...)
	}
	match, err := patternmatcher.New(append(patterns, o.Exclude...))
	if err != nil {
		return nil, fmt.Errorf("exclude: %w", err)
	}
	return keepFiles(fsys, names, match)
}

// keepFiles drops what is excluded or not there, and expands directories
// (submodules, which git lists as one name).
func keepFiles(fsys fs.FS, names []string, match *patternmatcher.PatternMatcher) ([]string, error) {
	var kept []string
	for _, name := range names {
		excluded, err := match.MatchesOrParentMatches(name)
		if err != nil {
			return nil, fmt.Errorf("exclude: %w", err)
		}
		if excluded {
			continue
		}
		below, err := expand(fsys, name)
		if err != nil {
			return nil, err
		}
		kept = append(kept, below...)
	}
	slices.Sort(kept)
	return slices.Compact(kept), nil
}

func expand(fsys fs.FS, name string) ([]string, error) {
	info, err := fs.Lstat(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // deleted, and git does not know yet
	}
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return walkFiles(fsys, name)
	}
	return []string{name}, nil
}

func walkFiles(fsys fs.FS, top string) ([]string, error) {
	var names []string
	err := fs.WalkDir(fsys, top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" && name != top {
			return skip(d)
		}
		if !d.IsDir() {
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

// gitignored are the patterns of the .gitignore at the top of a tree that is
// not under git (git itself reads all of them better).
func gitignored(fsys fs.FS) ([]string, error) {
	f, err := fsys.Open(".gitignore")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines, err := ignorefile.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf(".gitignore: %w", err)
	}
	return translate(lines), nil
}

// translate makes .dockerignore patterns of .gitignore's: there a pattern
// without a slash in it matches at any depth.
func translate(lines []string) []string {
	var out []string
	for _, line := range lines {
		bare, negated := strings.CutPrefix(line, "!")
		inner := strings.TrimSuffix(bare, "/")
		if !strings.Contains(inner, "/") {
			inner = "**/" + inner
		}
		if negated {
			inner = "!" + inner
		}
		out = append(out, inner)
	}
	return out
}
