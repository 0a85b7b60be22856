package check

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// keptEndings are what package managers call the configuration that they do not
// throw away.
var keptEndings = map[string]string{
	".rpmsave": "what an administrator had edited: rpm keeps it under this name when the package goes",
	".rpmorig": "what was there before the package: rpm keeps it under this name",
	".rpmnew":  "what a newer package ships, beside the administrator's own: nobody has merged it",
	".pacsave": "what an administrator had edited: pacman keeps it under this name when the package goes, but for -Rn",
	".pacnew":  "what a newer package ships, beside the administrator's own: nobody has merged it",
	".apk-new": "what a newer package ships, beside the administrator's own: nobody has merged it",
}

// keptDirs are where what services make stays.
var keptDirs = append(slices.Clone(dataDirs), "/var/log/", "/var/cache/")

const dataKept = "made by the service: no removal takes data, which is the administrator's to remove"

// whyKept says what a package manager without purge leaves on purpose: the
// kind, configuration or data, and why; empty: it would have to go.
func whyKept(file string) (kind, why string) {
	if why := keptEndings[path.Ext(file)]; why != "" && strings.HasPrefix(file, "/etc/") {
		return "configuration", why
	}
	for _, dir := range keptDirs {
		if strings.HasPrefix(file, dir) {
			return "data", dataKept
		}
	}
	return "", ""
}

// kept takes what is left on purpose out of what is new: it answers with what
// is accepted then, directories that hold nothing else among it, and with a
// warning for each topmost that is kept.
func kept(before, now snapshot, accepted func(string) bool) (func(string) bool, []result.Check) {
	left := map[string]bool{}
	holds := map[string]bool{} // directories, and whether all in them is kept
	for p, e := range now.Files {
		if _, old := before.Files[p]; old || accepted(p) {
			continue
		}
		kind, _ := whyKept(p)
		if kind != "" {
			left[p] = true
		}
		for dir := path.Dir(p); dir != "/" && !e.Mode.IsDir(); dir = path.Dir(dir) {
			all, known := holds[dir]
			holds[dir] = kind != "" && (all || !known)
		}
	}
	for dir, all := range holds {
		if _, old := before.Files[dir]; all && !old {
			left[dir] = true
		}
	}
	return func(p string) bool { return left[p] || accepted(p) }, tellKept(now, left)
}

func tellKept(now snapshot, left map[string]bool) []result.Check {
	var checks []result.Check
	told := map[string]int{}
	for _, p := range slices.Sorted(maps.Keys(left)) {
		kind, why := whyKept(p)
		if kind == "" || topOf(p, told) != "" {
			continue
		}
		told[p] = 0
		c := failed("leftover", p, kind, "kept on purpose", now.Files[p].describe(), why)
		c.Warning = true
		checks = append(checks, c)
	}
	return checks
}
