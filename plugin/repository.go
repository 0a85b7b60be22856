package plugin

import (
	"os"
	"path/filepath"
	"strings"
)

// inRepository is what a file of the workspace is called in its repository, by
// which hosts show it: the one that the workspace is in, else the outermost one
// below it, where a job checks out into a directory. Empty: there is no such
// file, as with a source that came from elsewhere.
func (w World) inRepository(file string) string {
	absolute := filepath.Join(w.Dir, filepath.FromSlash(file))
	if !exists(absolute) {
		return ""
	}
	inside, err := filepath.Rel(w.repository(file), absolute)
	if err != nil {
		return file
	}
	return filepath.ToSlash(inside)
}

// repository is the top of the repository that a file of the workspace is in;
// the workspace, if there is none.
func (w World) repository(file string) string {
	for dir := w.Dir; ; dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, ".git")) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	dir := w.Dir
	for part := range strings.SplitSeq(filepath.ToSlash(filepath.Dir(file)), "/") {
		if dir = filepath.Join(dir, part); exists(filepath.Join(dir, ".git")) {
			return dir
		}
	}
	return w.Dir
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
