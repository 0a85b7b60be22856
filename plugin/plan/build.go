package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
)

// Paths inside build containers. They are fixed, so that what records them
// (debug information, caches) is the same wherever it was built.
const (
	sourceDir = "/build/source"
	outDir    = "/build/out"
	buildUser = "build"
)

// builder makes the jobs of one distro.
type builder struct {
	in     Input
	distro distros.Distro
	family distros.Family
	ladder []Rung
	// init that its test machines have: systemd, sysvinit, openrc, none.
	init string
	// builtFor is the distro that the packages under test were built for,
	// where it is another.
	builtFor *distros.Distro
	// services that test machines reach.
	services []Service
	// phases of the lifecycle that are asked for. Empty: all.
	phases []string
}

func (b builder) name(kind Kind, more ...string) string {
	return strings.Join(append([]string{b.distro.Name, string(kind)}, more...), "/")
}

func (b builder) job(kind Kind, pkg string) Job {
	name := b.name(kind)
	if pkg != "" {
		name = b.name(kind, pkg)
	}
	return Job{
		Name: name, Kind: kind, Distro: b.distro.Name, Package: pkg,
		Platform: b.platform(),
		Timeout:  time.Duration(b.in.Settings.Timeout),
	}
}

// platform of the distro's machines.
func (b builder) platform() string {
	if b.distro.Platform != "" {
		return b.distro.Platform
	}
	return b.in.Host.Platform
}

// baseImage is the job that everything of the distro starts from.
func (b builder) baseImage() Job {
	j := b.job(BaseImage, "")
	s := b.in.Settings
	// Where images are the user's own, so is their registry: nobody else is
	// told its password.
	j.Base = &Base{Ref: b.distro.Image, Pull: s.Pull, Login: len(s.Images) == 0}
	j.Cause = "the distro's own image"
	own := byPattern(s.Images, b.distro)
	if own != "" {
		j.Base.Ref, j.Base.Login, j.Cause = own, true, "your image for this distro"
		return j
	}
	if s.ImageSource == "registry" || b.family.Bootstrap == "" || b.distro.Suite == "" {
		return j
	}
	j.Base.Bootstrap = &Bootstrap{
		Tool: b.family.Bootstrap, Suite: b.distro.Suite,
		Components: b.distro.Components, Keyring: b.distro.Keyring,
		Mirror: byPattern(s.Mirror, b.distro), CheckValidUntil: bool(s.CheckValidUntil),
	}
	if s.ImageSource == "bootstrap" {
		j.Base.Ref, j.Cause = "", "made from the distro's mirror, as asked"
	}
	return j
}

// environment is the job that makes the image a package is built in.
func (b builder) environment(w wanted) Job {
	j := b.job(Environment, w.name)
	j.From = b.name(BaseImage)
	j.Needs = []string{j.From}
	j.Container = b.idle()
	j.Phases = []Phase{{Name: "environment", Vital: true, Prepares: true, Steps: []Step{
		b.recipe("configure the package manager", distros.Mirror),
		b.recipe("install the toolchain", distros.Toolchain),
		CopyIn{What: Control, Dir: sourceDir, Files: map[string]string{w.format.needsIn: w.format.needs(w.how.Control, w.local)}},
		b.needed(w),
		Exec{Title: "clean up", Script: "rm -rf /build/source"},
	}}}
	j.Cache = &Cache{Key: digest(j), Holds: "toolchain and build dependencies"}
	j.Cause, j.By = "toolchain and build dependencies, by "+w.file(), w.file()
	return j
}

// build is the job that builds one package.
func (b builder) build(w wanted) Job {
	j := b.job(Build, w.name)
	j.From = b.name(Environment, w.name)
	j.Needs = []string{j.From}
	for _, need := range w.needs {
		j.Needs = append(j.Needs, b.handsOver(need))
	}
	j.Cause, j.By = w.cause(b.in.Source), w.file()
	j.Container = b.idle()
	maps.Copy(j.Container.Env, b.buildEnv(w))
	j.Phases = []Phase{{Name: "build", Vital: true, Steps: b.buildSteps(w)}}
	return j
}

func (b builder) buildSteps(w wanted) []Step {
	dir := sourceOf(w)
	steps := []Step{
		CopyIn{What: Tree, Dir: sourceDir},
		Exec{Title: "make the clean copy the build user's", Script: prepareScript, Dir: dir},
	}
	steps = append(steps, b.agent()...)
	if len(w.needs) > 0 {
		steps = append(steps,
			CopyIn{What: Built, Dir: repoDir},
			b.recipe("make the packages it needs known", distros.Repository),
			b.recipe("install the build dependencies", distros.BuildDeps))
	}
	if b.in.Version != "" {
		steps = append(steps, b.recipe("set the version "+b.in.Version, distros.Version))
	}
	steps = append(steps, b.revision(w)...)
	for _, hook := range w.settings.Before {
		steps = append(steps, Exec{Title: "before: " + firstLine(hook), Script: hook, User: buildUser, Dir: dir})
	}
	return append(steps,
		b.recipe("build", distros.Build),
		announcing(b.recipe("make a repository of what was built", distros.Index)),
		CopyOut{Path: path.Join(outDir, w.name)})
}

// prepareScript hands the clean copy to the build user, and calls the debian
// directory debian if it has another name.
const prepareScript = `chown -R build: /build
if [ "${DP_DEB:-debian}" != debian ]; then rm -rf debian; cp -a "$DP_DEB" debian; fi
mkdir -p "$DP_OUT"
`

// agent puts our own program into a container, if the family's recipes run it
// where packages are made.
func (b builder) agent() []Step {
	if !b.family.Agent {
		return nil
	}
	return []Step{CopyIn{What: Agent, Dir: root}}
}

func announcing(e Exec) Exec {
	e.Announces = true
	return e
}

// sourceOf is where the tree of a package is, in its containers.
func sourceOf(w wanted) string { return path.Join(sourceDir, w.how.Dir) }

func (b builder) buildEnv(w wanted) map[string]string {
	env := map[string]string{
		"DP_SOURCE":        sourceOf(w),
		"DP_OUT":           path.Join(outDir, w.name),
		"DP_REPO":          repoDir,
		"DP_OLD":           olderDir,
		"DP_VERSION":       b.in.Version,
		"DP_BUILD_OPTIONS": strings.Join(b.in.Settings.BuildOptions, " "),
	}
	maps.Copy(env, w.format.env(w.how, b.distro))
	maps.Copy(env, b.in.Settings.BuildEnvironment)
	return env
}

// recipe is a step that runs a recipe of the family.
func (b builder) recipe(title string, r distros.Recipe) Exec {
	return Exec{Title: title, Script: b.family.Functions + b.family.Recipes[r]}
}

// needed installs, into an environment, what a build needs.
func (b builder) needed(w wanted) Exec {
	e := b.recipe("install the build dependencies", distros.BuildDeps)
	e.Env = map[string]string{"DP_SOURCE": sourceDir}
	maps.Copy(e.Env, w.format.needsEnv)
	return e
}

// idle is a container that waits to be told what to do.
func (b builder) idle() Container {
	s := b.in.Settings
	return Container{
		Command: []string{"sleep", "infinity"},
		Env:     b.commonEnv(),
		Reaper:  true,
		CPUs:    float64(s.CPUs), Memory: int64(s.Memory),
	}
}

// commonEnv is what every recipe may read.
func (b builder) commonEnv() map[string]string {
	s := b.in.Settings
	env := map[string]string{
		"DP_ROOT":              root,
		"DP_AGENT":             check.AgentPath,
		"DP_USER":              buildUser,
		"DP_INIT":              strings.Join(b.initPackages(), " "),
		"DP_MIRROR":            byPattern(s.Mirror, b.distro),
		"DP_CHECK_VALID_UNTIL": strconv.FormatBool(bool(s.CheckValidUntil)),
		"DP_VAULT":             b.distro.Vault,
		"LC_ALL":               cmp.Or(b.distro.Locale, "C.UTF-8"),
	}
	maps.Copy(env, b.family.Environment)
	return env
}

// manager is what the package manager is called.
func (b builder) manager() string { return cmp.Or(b.distro.Manager, b.family.Manager) }

// digest identifies what goes into an image beside the image it is made from.
func digest(j Job) string {
	h := sha256.New()
	fmt.Fprintln(h, j.Distro, j.Platform)
	for _, p := range j.Phases {
		for _, s := range p.Steps {
			text, err := json.Marshal(s)
			if err != nil {
				text = []byte(err.Error())
			}
			fmt.Fprintf(h, "%T %s\n", s, text)
		}
	}
	for _, k := range sortedKeys(j.Container.Env) {
		fmt.Fprintf(h, "%s=%s\n", k, j.Container.Env[k])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

func firstLine(s string) string {
	line, _, more := strings.Cut(strings.TrimSpace(s), "\n")
	if more {
		return line + " …"
	}
	return line
}
