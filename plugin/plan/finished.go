package plan

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// Origin is where finished packages of a format are: a path, a glob or a URL,
// as a setting names it.
type Origin struct{ Setting, Format, Where string }

// FinishedFile is one finished package, what it is called in containers, and
// its format.
type FinishedFile struct{ From, Name, Format string }

// Sought is an origin, and the names of the distros that want what is there.
type Sought struct {
	Origin
	For []string
}

// Origins are where the finished packages are that the settings name, for all
// distros of a plan, each once: Input.Finished has to say which files they
// mean. An error that is the same for several distros is told once.
func Origins(in Input) ([]Sought, error) {
	var all []Sought
	var errs []error
	var b builder
	add := func(found []Origin, err error) {
		for _, o := range found {
			all = seek(all, o, b.distro.Name)
		}
		if err != nil && !slices.ContainsFunc(errs, func(told error) bool { return told.Error() == err.Error() }) {
			errs = append(errs, err)
		}
	}
	for _, d := range in.Distros {
		b = builder{in: in, distro: d, family: in.Families[d.Family]}
		for _, name := range sortedKeys(in.Settings.Packages) {
			add(b.originsOf("packages."+name, in.Settings.Packages[name].Finished))
		}
		add(b.publishedOrigins())
		targets, err := b.targets()
		add(nil, err)
		for _, target := range targets {
			b.distro, b.family = target, in.Families[target.Family]
			add(b.olderOrigins())
		}
	}
	return all, errors.Join(errs...)
}

// seek adds an origin that a distro wants.
func seek(all []Sought, o Origin, distro string) []Sought {
	i := slices.IndexFunc(all, func(s Sought) bool { return s.Origin == o })
	if i < 0 {
		return append(all, Sought{o, []string{distro}})
	}
	if !slices.Contains(all[i].For, distro) {
		all[i].For = append(all[i].For, distro)
	}
	return all
}

// originsOf renders origins, which are templates over the distro.
func (b builder) originsOf(setting string, origins settings.Origins) ([]Origin, error) {
	var all []Origin
	var errs []error
	for _, text := range origins {
		rendered, err := check.Render(setting, text, map[string]any{"distro": distroValues(b.distro)})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, Origin{setting, b.family.Format, rendered})
	}
	return all, errors.Join(errs...)
}

func distroValues(d distros.Distro) map[string]any {
	return map[string]any{"name": d.Name, "title": d.Title, "family": d.Family, "suite": d.Suite}
}

// againPrefix begins the name of a file whose own is taken.
const againPrefix = "again-"

// filesOf are the files that origins mean, each with a name of its own.
func (b builder) filesOf(setting string, origins settings.Origins) []FinishedFile {
	var files []FinishedFile
	taken := map[string]bool{}
	rendered, _ := b.originsOf(setting, origins) // Origins told of errors
	for _, o := range rendered {
		for _, from := range b.in.Finished[o] {
			name := fileName(from, b.family.Format)
			for taken[name] {
				name = againPrefix + name
			}
			taken[name] = true
			files = append(files, FinishedFile{from, name, o.Format})
		}
	}
	return files
}

var (
	oddInName = regexp.MustCompile(`[^A-Za-z0-9._+~:-]`)
	queryPart = regexp.MustCompile(`[?#].*$`)
	userOfURL = regexp.MustCompile(`(https?://)[^/@\s]*@`)
)

// fileName is what a finished package is called in containers: as it is, less
// what a shell would take apart.
func fileName(from, format string) string {
	name := oddInName.ReplaceAllString(path.Base(queryPart.ReplaceAllString(from, "")), "_")
	ending := "." + source.Ending(format)
	return strings.TrimSuffix(name, ending) + ending
}

// withoutUser leaves user and password out of web addresses.
func withoutUser(text string) string { return userOfURL.ReplaceAllString(text, "$1") }

// finished says whether a package is not built.
func (w wanted) finished() bool { return len(w.settings.Finished) > 0 }

// handsOver is the job that hands over a package: its build, or what comes by
// it.
func (b builder) handsOver(w wanted) string {
	if b.builtFor != nil {
		b.distro = *b.builtFor
	}
	if w.finished() {
		return b.name(Fetch, w.name)
	}
	return b.name(Build, w.name)
}

// given are the files of a package that is not built.
func (b builder) given(w wanted) []FinishedFile {
	if b.builtFor != nil {
		b.distro, b.family = *b.builtFor, b.in.Families[b.builtFor.Family]
	}
	return b.filesOf("packages."+w.name, w.settings.Finished)
}

// fetch is the job that comes by finished packages and hands them over as a
// build does.
func (b builder) fetch(w wanted) Job {
	j := b.job(Fetch, w.name)
	j.From = b.name(BaseImage)
	j.Needs = []string{j.From}
	out := path.Join(outDir, w.name)
	files := b.given(w)
	j.Cause = "as they are in " + withoutUser(strings.Join(w.settings.Finished, ", "))
	j.Container = b.idle()
	j.Container.Env["DP_OUT"], j.Container.Env["DP_SOURCE"] = out, sourceDir
	steps := append([]Step{CopyIn{What: Finished, Dir: out, Finished: files}}, b.agent()...)
	j.Phases = []Phase{{Name: "fetch", Vital: true, Prepares: true, Steps: append(steps,
		announcing(b.recipe("make a repository of the packages", distros.Index)),
		CopyOut{Path: out},
	)}}
	return j
}

// holds is the package in a file, as far as its name says so:
// NAME_VERSION_ARCH.deb, NAME-VERSION-RELEASE.ARCH.rpm,
// NAME-VERSION-RELEASE-ARCH.pkg.tar.zst, NAME-VERSION-rRELEASE.apk. Empty: it
// does not.
func (f FinishedFile) holds() string {
	if m := formats[f.Format].file.FindStringSubmatch(strings.TrimPrefix(f.Name, againPrefix)); m != nil {
		return m[1]
	}
	return ""
}

// finishedNames are the packages that files hold, as far as their names say.
func finishedNames(files []FinishedFile) []string {
	var names []string
	for _, f := range files {
		if name := f.holds(); name != "" {
			names = append(names, name)
		}
	}
	return names
}
