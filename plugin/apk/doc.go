// Package apk does with apk files what Alpine has no tool for:
//
//	made, err := apk.Older("/drone-packages/repo/greeter", "/drone-packages/older/greeter")
//
// Older makes of each package the same one of an older version, to upgrade
// from. A file is a row of gzip streams: signatures, then the control part,
// .PKGINFO and scripts, then the data. All are tars, of which the last alone
// has an end.
//
// It runs inside machines, as `agent apk-older`, and imports nothing of ours.
package apk
