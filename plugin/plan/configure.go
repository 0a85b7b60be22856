package plan

import (
	"errors"
	"path"

	"github.com/drone-packages/drone-packages/plugin/check"
)

// configure writes the user's files once the packages are installed, and
// restarts their units so that they are read.
func (b builder) configure(packages []wanted) []Step {
	files := filesFor(b.in.Settings, "installed")
	if len(files) == 0 {
		return nil
	}
	return []Step{
		WriteFiles{Files: files, Values: b.values(packages)},
		b.ask(check.Apply, check.Declared),
	}
}

// prepare writes the files that must be there before the packages are.
func (b builder) prepare(packages []wanted) []Step {
	files := filesFor(b.in.Settings, "before")
	if len(files) == 0 {
		return nil
	}
	return []Step{WriteFiles{Files: files, Values: b.values(packages)}}
}

// checkTemplates renders every template with what is known now, so that its
// mistakes cost seconds.
func (b builder) checkTemplates(packages []wanted) error {
	var errs []error
	values := b.values(packages)
	for _, f := range append(filesFor(b.in.Settings, "before"), filesFor(b.in.Settings, "installed")...) {
		_, err := check.Render(f.Origin, f.Template, map[string]any(values))
		errs = append(errs, err)
	}
	_, err := CompileChecks(b.checkSources(packages), values)
	return errors.Join(append(errs, err)...)
}

// written are the paths of files that we write and of the directories they
// are in: what is left of them after a purge is our own doing.
func (b builder) written() []string {
	var paths []string
	for _, name := range sortedKeys(b.in.Settings.Test.Files) {
		for at := path.Clean(name); at != "/" && at != "."; at = path.Dir(at) {
			paths = append(paths, at)
		}
	}
	return paths
}
