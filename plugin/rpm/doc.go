// Package rpm does with rpm files what test machines would need createrepo and
// rpmrebuild for, which most have not:
//
//	packages, err := rpm.Index("/drone-packages/repo/greeter")   // writes repodata/
//	older, err := rpm.Older("/drone-packages/repo/greeter", "/drone-packages/old/greeter")
//
// Index makes a repository of a directory, for dnf, yum and zypper. Older makes
// of each package the same one of an older version, to upgrade from.
//
// It runs inside machines, as `agent rpm-index` and `agent rpm-older`, and
// imports nothing of ours. Headers are read by go-rpmutils, and written by
// changing what has the same length: docs/adr/0004 says why.
package rpm
