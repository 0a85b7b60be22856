package rpm

import (
	"slices"
	"strings"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// Tags that go-rpmutils has no name for: rpm's rpmtag.h.
const (
	recommendName  = 5046
	suggestName    = 5049
	supplementName = 5052
	enhanceName    = 5055
)

// relationTags are those of a kind of relation: names, flags, versions.
type relationTags struct{ name, flags, version int }

var (
	provides  = relationTags{rpmutils.PROVIDENAME, rpmutils.PROVIDEFLAGS, rpmutils.PROVIDEVERSION}
	requires  = relationTags{rpmutils.REQUIRENAME, rpmutils.REQUIREFLAGS, rpmutils.REQUIREVERSION}
	conflicts = relationTags{rpmutils.CONFLICTNAME, rpmutils.CONFLICTFLAGS, rpmutils.CONFLICTVERSION}
	obsoletes = relationTags{rpmutils.OBSOLETENAME, rpmutils.OBSOLETEFLAGS, rpmutils.OBSOLETEVERSION}
)

// weak are the tags of a weak relation: name, version and flags in a row.
func weak(name int) relationTags { return relationTags{name, name + 2, name + 1} }

// Bits of relation flags: rpm's rpmds.h.
const (
	senseBits = rpmutils.RPMSENSE_LESS | rpmutils.RPMSENSE_GREATER | rpmutils.RPMSENSE_EQUAL
	// beforehand: the relation must hold when a scriptlet runs.
	beforehand = 1<<6 | 1<<9 | 1<<10
)

var senses = map[uint32]string{
	rpmutils.RPMSENSE_LESS: "LT", rpmutils.RPMSENSE_GREATER: "GT", rpmutils.RPMSENSE_EQUAL: "EQ",
	rpmutils.RPMSENSE_LESS | rpmutils.RPMSENSE_EQUAL: "LE", rpmutils.RPMSENSE_GREATER | rpmutils.RPMSENSE_EQUAL: "GE",
}

// relations of one kind, each once; nil if there is none. What rpm itself
// provides is nobody's to resolve.
func (f file) relations(tags relationTags) *relations {
	names, flags, versions := f.texts(tags.name), f.numbers(tags.flags), f.texts(tags.version)
	var all relations
	for i, name := range names {
		if strings.HasPrefix(name, "rpmlib(") || i >= len(flags) || i >= len(versions) {
			continue
		}
		r := relation{Name: name, Flags: senses[flags[i]&senseBits]}
		if r.Flags != "" {
			r.Epoch, r.Version, r.Release = splitEVR(versions[i])
		}
		if tags == requires && flags[i]&beforehand != 0 {
			r.Pre = "1"
		}
		if !slices.Contains(all.Entries, r) {
			all.Entries = append(all.Entries, r)
		}
	}
	if len(all.Entries) == 0 {
		return nil
	}
	return &all
}

// splitEVR takes [EPOCH:]VERSION[-RELEASE] apart; no epoch is 0.
func splitEVR(s string) (epoch, version, release string) {
	epoch, rest, found := strings.Cut(s, ":")
	if !found {
		epoch, rest = "0", s
	}
	version, release, _ = strings.Cut(rest, "-")
	return epoch, version, release
}

func (f file) evr() evr { return evr{f.nevra.Epoch, f.nevra.Version, f.nevra.Release} }

func (f file) about() about { return about{f.sum, f.Name, f.Arch, f.evr()} }

func (f file) primary(files []rpmutils.FileInfo) primaryPackage {
	installed, _ := f.header.GetUint64Fallback(rpmutils.SIZE, rpmutils.LONGSIZE) // none: 0
	archive, _ := f.header.PayloadSize()
	at := f.header.GetRange()
	p := primaryPackage{
		Type: "rpm", Name: f.Name, Arch: f.Arch, Version: f.evr(), Checksum: checksum{"sha256", "YES", f.sum},
		Summary: f.text(rpmutils.SUMMARY), Description: f.text(rpmutils.DESCRIPTION), Packager: f.text(rpmutils.PACKAGER), URL: f.text(rpmutils.URL),
		Time: times{f.mtime, f.number(rpmutils.BUILDTIME)}, Size: sizes{f.size, installed, max(archive, 0)}, Location: location{f.File},
		Format: format{
			License: f.text(rpmutils.LICENSE), Vendor: f.text(rpmutils.VENDOR), Group: f.text(rpmutils.GROUP),
			BuildHost: f.text(rpmutils.BUILDHOST), SourceRPM: f.text(rpmutils.SOURCERPM), HeaderRange: span{at.Start, at.End},
			Provides: f.relations(provides), Requires: f.relations(requires), Conflicts: f.relations(conflicts), Obsoletes: f.relations(obsoletes),
			Suggests: f.relations(weak(suggestName)), Enhances: f.relations(weak(enhanceName)),
			Recommends: f.relations(weak(recommendName)), Supplements: f.relations(weak(supplementName)),
		},
	}
	for _, e := range entriesOf(files) {
		if isPrimary(e.Path) {
			p.Format.Files = append(p.Format.Files, e)
		}
	}
	return p
}

// isPrimary says whether others may require a file without the list of all:
// createrepo's rule.
func isPrimary(path string) bool {
	return strings.HasPrefix(path, "/etc/") || strings.Contains(path, "bin/") || path == "/usr/lib/sendmail"
}

func entriesOf(files []rpmutils.FileInfo) []fileEntry {
	var all []fileEntry
	for _, info := range files {
		e := fileEntry{Path: info.Name()}
		switch {
		case info.Flags()&rpmutils.RPMFILE_GHOST != 0:
			e.Type = "ghost"
		case info.Mode()&modeType == modeDir:
			e.Type = "dir"
		}
		all = append(all, e)
	}
	return all
}

// Types of files in a mode: inode(7).
const (
	modeType    = 0o170000
	modeDir     = 0o040000
	modeRegular = 0o100000
)

func (f file) list(files []rpmutils.FileInfo) listPackage {
	return listPackage{about: f.about(), Files: entriesOf(files)}
}

// changes is how many entries of its changelog are told: createrepo's default.
const changes = 10

func (f file) other() otherPackage {
	o := otherPackage{about: f.about()}
	when, who, what := f.numbers(rpmutils.CHANGELOGTIME), f.texts(rpmutils.CHANGELOGNAME), f.texts(rpmutils.CHANGELOGTEXT)
	for i := 0; i < min(len(when), len(who), len(what), changes); i++ {
		o.Changelog = append(o.Changelog, changelog{who[i], when[i], what[i]})
	}
	return o
}
