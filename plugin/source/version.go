package source

import (
	"regexp"
	"strings"
)

// described takes apart TAG-COMMITS-gHASH[-dirty]; without a tag there is
// only HASH[-dirty].
var described = regexp.MustCompile(`^(.+)-(\d+)-g([0-9a-f]+)(-dirty)?$`)

// Version makes a package version of a tree's revision, and says whether
// there was a tag to make it of:
//
//	v1.4.0-0-g81cd2ee     1.4.0
//	v1.4.0-3-g81cd2ee     1.4.0+3.g81cd2ee
//	v2.0-rc1-0-g81cd2ee   2.0~rc1
//	81cd2ee               0+g81cd2ee
//
// They sort as they came: after the tag, before the next, a pre-release
// before its release, and a dirty tree after the commit it began as. Dashes
// are none of the package's version: one would begin its revision.
func Version(revision string) (version string, tagged bool) {
	m := described.FindStringSubmatch(revision)
	if m == nil {
		hash, dirty := strings.CutSuffix(revision, "-dirty")
		return "0+g" + hash + suffix(dirty), false
	}
	tag, commits, hash, dirty := m[1], m[2], m[3], m[4] != ""
	version = tagVersion(tag)
	if version == "" {
		return "0+g" + hash + suffix(dirty), false
	}
	if commits != "0" || dirty {
		version += "+" + commits + ".g" + hash + suffix(dirty)
	}
	return version, true
}

func suffix(dirty bool) string {
	if dirty {
		return ".dirty"
	}
	return ""
}

var (
	// numbered is where a tag's number begins: v1.4.0, release-1.4, app_v2.
	numbered = regexp.MustCompile(`(?:^|[-_@])[vV]?(\d.*)$`)
	// What comes before the release: 2.0-rc1, and 2.0rc1 or 2.0.rc1.
	dashed = regexp.MustCompile(`[-_]+([A-Za-z])`)
	joined = regexp.MustCompile(`(\d)\.?((?:alpha|beta|rc|pre|dev|a|b)[-_.]?\d)`)
	// foreign is what may not be in a version.
	foreign = regexp.MustCompile(`[^A-Za-z0-9.+~]+`)
)

// tagVersion is the version a tag names; empty if it names none.
func tagVersion(tag string) string {
	m := numbered.FindStringSubmatch(tag[strings.LastIndex(tag, "/")+1:])
	if m == nil {
		return ""
	}
	version := dashed.ReplaceAllString(m[1], "~$1")
	version = joined.ReplaceAllString(version, "$1~$2")
	return strings.TrimRight(foreign.ReplaceAllString(version, "."), ".")
}
