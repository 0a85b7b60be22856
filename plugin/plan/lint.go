package plan

import (
	"slices"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// Severity is how bad a finding of a linter is.
type Severity string

// The severities, the worst first.
const (
	SevereError   Severity = "error"
	SevereWarning Severity = "warning"
	SevereInfo    Severity = "info"
)

var severities = []Severity{SevereError, SevereWarning, SevereInfo}

// Reaches says whether a severity is another or worse. None reaches an empty
// one.
func (s Severity) Reaches(other Severity) bool {
	return other != "" && slices.Index(severities, s) <= slices.Index(severities, other)
}

// lintPhase is the phase that no machine is needed for, beside the build.
const lintPhase = "lint"

// failOn is the severity that fails a run, for each value of the setting lint
// that lints at all.
var failOn = map[string]Severity{"report": "", "error": SevereError, "warning": SevereWarning}

// linted says whether the settings ask for a linter.
func linted(s settings.Settings) bool {
	_, asked := failOn[s.Lint]
	return asked
}

// lints says whether what is built for the distro is linted.
func (b builder) lints() bool {
	return linted(b.in.Settings) && (len(b.phases) == 0 || slices.Contains(b.phases, lintPhase))
}

// linter is the job that makes the image packages are linted in.
func (b builder) linter() Job {
	j := b.job(Linter, "")
	j.From = b.name(BaseImage)
	j.Needs = []string{j.From}
	j.Container = b.idle()
	j.Phases = []Phase{{Name: "linter", Vital: true, Prepares: true, Steps: []Step{
		b.recipe("configure the package manager", distros.Mirror),
		b.recipe("install the linter", distros.Linter),
	}}}
	j.Cache = &Cache{Key: digest(j), Holds: "the linter"}
	j.Cause = "the linter, as lint asks"
	return j
}

// lookedAt are the files of the source that linters look at, or beside, by the
// variable that names one.
var lookedAt = []string{"DP_SPEC", "DP_APKBUILD"}

// lint is the job that has the distro's own linter look at what a package's
// build left. Nothing waits for it.
func (b builder) lint(w wanted) Job {
	j := b.job(Lint, w.name)
	j.From = b.name(Linter)
	j.Needs = []string{j.From, b.handsOver(w)}
	j.Container = b.idle()
	j.Container.Env["DP_REPO"] = repoDir
	j.Cause, j.By = "lint: "+b.in.Settings.Lint, w.file()
	steps := []Step{CopyIn{What: Built, Dir: repoDir}}
	for _, name := range lookedAt {
		if file := w.format.env(w.how, b.distro)[name]; file != "" {
			j.Container.Env["DP_SOURCE"], j.Container.Env[name] = sourceOf(w), file
			steps = append(steps, CopyIn{What: Tree, Dir: sourceDir})
		}
	}
	look := Look{Exec: b.recipe("lint", distros.Lint), FailOn: failOn[b.in.Settings.Lint]}
	j.Phases = []Phase{{Name: lintPhase, Steps: append(steps, look)}}
	return j
}
