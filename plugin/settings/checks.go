package settings

import (
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v4"
)

// Checks are what must hold in a test machine, in goss's vocabulary
// (docs/checks.md): a mapping, or the paths of files that hold one.
type Checks struct {
	// Sources are where they stand, each a template.
	Sources []CheckSource
}

// CheckSource is one place where checks stand.
type CheckSource struct {
	// File names it in errors.
	File string
	// Node is a mapping of the settings; Text is a file's.
	Node *yaml.Node
	Text string
}

func decodeChecks(c *Checks, n *yaml.Node, at place) []error {
	*c = Checks{}
	if n.Kind == yaml.MappingNode {
		file := at.file
		if file == "" {
			file = at.name
		}
		c.Sources = []CheckSource{{File: file, Node: n}}
		return nil
	}
	var names []string
	errs := decodeList(&names, n, at, listOf)
	for _, name := range names {
		c.Sources = append(c.Sources, CheckSource{File: name})
	}
	return errs
}

// read reads the files that checks stand in.
func (c *Checks) read(workspace fs.FS, at string) []error {
	var errs []error
	for i, s := range c.Sources {
		if s.Node != nil {
			continue
		}
		text, err := fs.ReadFile(workspace, path.Clean(s.File))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: wanted a mapping of checks, or a file of the workspace that holds one", at, err))
		}
		c.Sources[i].Text = string(text)
	}
	return errs
}

// readChecks reads all of them.
func (s *Settings) readChecks(workspace fs.FS) []error {
	errs := s.Test.Check.read(workspace, "test.check")
	for _, name := range sortedKeys(s.Test.CheckOn) {
		c := s.Test.CheckOn[name]
		errs = append(errs, c.read(workspace, "test.check_on."+name)...)
		s.Test.CheckOn[name] = c
	}
	for _, name := range sortedKeys(s.Packages) {
		p := s.Packages[name]
		errs = append(errs, p.Check.read(workspace, "packages."+name+".check")...)
		s.Packages[name] = p
	}
	return errs
}
