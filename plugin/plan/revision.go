package plan

import (
	"fmt"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// publishedDir is where published packages are, in build containers, that
// were handed in.
const publishedDir = root + "/published"

// published is what a build's revision follows: lines for the package
// manager, and files that are in the workspace. Of families that know no
// revisions nothing is asked.
func (b builder) published() (lines []string, files []Origin, err error) {
	if b.family.Recipes[distros.Revision] == "" {
		return nil, nil, nil
	}
	all, err := b.originsOf(settings.RevisionFrom, b.in.Settings.RevisionFrom)
	for _, o := range all {
		switch {
		case strings.HasPrefix(o.Where, "deb "):
			lines = append(lines, o.Where)
		case source.IsURL(o.Where):
			lines = append(lines, "deb "+o.Where+" ./")
		default:
			files = append(files, o)
		}
	}
	return lines, files, err
}

// publishedOrigins are those of them that are files.
func (b builder) publishedOrigins() ([]Origin, error) {
	_, files, err := b.published()
	return files, err
}

// revision gives a package the revision after those that are published.
func (b builder) revision(w wanted) []Step {
	if len(b.in.Settings.RevisionFrom) == 0 || b.family.Recipes[distros.Revision] == "" {
		return nil
	}
	lines, origins, _ := b.published() // Origins told of errors
	places := append([]string{}, lines...)
	for _, o := range origins {
		places = append(places, o.Where)
	}
	e := announcing(b.recipe("find the revision to follow in "+withoutUser(strings.Join(places, ", ")), distros.Revision))
	e.Env = map[string]string{"DP_ARCHIVE": strings.Join(lines, "\n"), "DP_PUBLISHED": publishedDir}
	if files := b.publishedFiles(w); len(files) > 0 {
		return []Step{CopyIn{What: Finished, Dir: publishedDir, Finished: files}, e}
	}
	return []Step{e}
}

// noRevisionNote tells of distros whose packages have the revision that their
// source says, if so.
func (p *Plan) noRevisionNote() {
	if len(p.Input.Settings.RevisionFrom) == 0 {
		return
	}
	for _, d := range p.Input.Distros {
		if family := p.Input.Families[d.Family]; family.Recipes[distros.Revision] == "" {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %s is not for .%s: the revision is what the source says", d.Name, settings.RevisionFrom, source.Ending(family.Format)))
		}
	}
}

// publishedFiles are those of the package's own binary packages, as far as
// their names say whose they are: what else is published need not be copied.
func (b builder) publishedFiles(w wanted) []FinishedFile {
	ours := map[string]bool{}
	for _, name := range w.binaries() {
		ours[name] = true
	}
	var files []FinishedFile
	for _, f := range b.filesOf(settings.RevisionFrom, b.in.Settings.RevisionFrom) {
		if name := f.holds(); name == "" || ours[name] {
			files = append(files, f)
		}
	}
	return files
}
