package source

// Tree is a source tree as it was found: data for the plan.
type Tree struct {
	// Path or URL as the user gave it, without a user or password.
	Path string
	// Revision as git describes it: TAG-COMMITS-gHASH, or HASH where it sees
	// no tag, with -dirty where that is so; empty outside git.
	Revision string
	// Shallow: the history was cut, and with it, it may be, the tags.
	Shallow bool
	// Files and Size (bytes) after exclusion.
	Files int
	Size  int64
	// Packages found: directories that hold debian/control, in path order.
	Packages []Package
	// Owner of the tree: what is written into it belongs to them.
	UID, GID int
}

// Package is one debian directory.
type Package struct {
	// Name of the source package, from debian/control.
	Name string
	// Dir is the debian directory, slash-separated, relative to the tree.
	Dir string
	// Control is what the build environment depends on: debian/control.
	Control string
}
