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
	// Packages found, format by format, in path order: directories that hold
	// debian/control, spec files, PKGBUILDs, APKBUILDs.
	Packages []Package
	// Owner of the tree: what is written into it belongs to them.
	UID, GID int
}

// Package is one package that the tree says how to build: by a debian
// directory, a spec file, a PKGBUILD or an APKBUILD.
type Package struct {
	// Name of the source package, from debian/control or the file it is in.
	Name string
	// Format of what it makes: deb, rpm, pacman or apk.
	Format string
	// Where is the debian directory or the file, and Dir the directory that it
	// packages; both slash-separated, relative to the tree.
	Where, Dir string
	// Control is the text of debian/control, or of the file.
	Control string
}
