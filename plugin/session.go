package plugin

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/docker"
	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/run"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// session is one use of the program: the settings and what they point at.
type session struct {
	world     World
	id        string
	settings  settings.Settings
	checkout  *source.Checkout
	engine    *docker.Engine
	host      engine.Host
	outputDir *os.Root
	// rerun is set when only what was not green is done.
	rerun *rerun
}

// assumedHost is what a plan is made for when no engine answers.
var assumedHost = engine.Host{
	Name: "docker", Version: "28.0.0", Platform: "linux/amd64", CPUs: 2, Memory: 8 << 30, Cgroup: "2",
}

// SettingsError is the user's: exit code 2.
type SettingsError struct{ Err error }

// Error is all of the problems.
func (e *SettingsError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *SettingsError) Unwrap() error { return e.Err }

// open reads settings and source and finds the engine. The session is there,
// but for the engine, when the error is engine.ErrUnreachable: whoever has one
// closes it.
func open(ctx context.Context, w World) (*session, error) {
	s := &session{world: w, id: runID()}
	if err := s.load(); err != nil {
		return nil, &SettingsError{err}
	}
	if err := s.checkOut(ctx); err != nil {
		return nil, &SettingsError{err}
	}
	err := s.connect(ctx)
	if err != nil && !errors.Is(err, engine.ErrUnreachable) {
		s.close()
		return nil, err
	}
	return s, err
}

// checkOut opens the source. A file of it that is wrong has the workspace's
// name for it.
func (s *session) checkOut(ctx context.Context) (err error) {
	s.checkout, err = source.Open(ctx, source.Options{
		Source: s.settings.Source, Exclude: s.settings.Exclude, Output: s.outputInSource(),
	})
	if bad := (*source.FileError)(nil); errors.As(err, &bad) {
		bad.File = path.Join(s.sourceInWorkspace(), bad.File)
	}
	return err
}

// outputInSource is the output directory relative to the source; empty when
// it is not in there.
func (s *session) outputInSource() string {
	inside, err := filepath.Rel(s.settings.Source, filepath.Join(s.world.Dir, s.settings.Output))
	if err != nil || !filepath.IsLocal(inside) {
		return ""
	}
	return inside
}

// sourceInWorkspace is the source relative to the workspace; empty at its top,
// or elsewhere.
func (s *session) sourceInWorkspace() string {
	inside, err := filepath.Rel(s.world.Dir, s.settings.Source)
	if err != nil || !filepath.IsLocal(inside) || inside == "." {
		return ""
	}
	return filepath.ToSlash(inside)
}

// load reads the settings and says what is odd about them.
func (s *session) load() error {
	warnings, err := s.read()
	for _, warning := range warnings {
		logrus.Warn(warning)
	}
	return err
}

// read reads the settings. What can be read of them is there after an error.
func (s *session) read() (warnings []string, err error) {
	s.settings, warnings, err = settings.Load(s.world.environ(), os.DirFS(s.world.Dir))
	if level, err := logrus.ParseLevel(s.settings.LogLevel); err == nil {
		logrus.SetLevel(level)
	}
	if !filepath.IsAbs(s.settings.Source) && !strings.ContainsAny(s.settings.Source, "#:") {
		s.settings.Source = filepath.Join(s.world.Dir, s.settings.Source)
	}
	return warnings, err
}

// environ is the environment with the command line's flags on top.
func (w World) environ() []string {
	environ := append([]string{}, w.Environ...)
	if w.host().Debug {
		environ = append(environ, "PLUGIN_DEBUG=true")
	}
	for name, value := range w.Flags {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// connect finds the engine and asks what kind of host it is.
func (s *session) connect(ctx context.Context) error {
	host := s.settings.DockerHost
	if host == "" {
		host = s.world.lookup("DOCKER_HOST")
	}
	e, err := docker.Open(docker.Options{
		Host: host, TLSVerify: s.world.lookup("DOCKER_TLS_VERIFY") != "",
		CertPath: s.world.lookup("DOCKER_CERT_PATH"), Config: s.settings.Config,
		ConfigDir: s.world.dockerConfigDir(),
	})
	if err != nil {
		return err
	}
	s.engine = e
	s.host, err = e.Host(ctx)
	return err
}

func (w World) dockerConfigDir() string {
	if dir := w.lookup("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(w.lookup("HOME"), ".docker")
}

// close forgets everything; errors have nobody left to tell.
func (s *session) close() {
	if s.checkout != nil {
		_ = s.checkout.Close()
	}
	if s.engine != nil {
		_ = s.engine.Close()
	}
	if s.outputDir != nil {
		_ = s.outputDir.Close()
	}
}

// request is what a plan is made of.
type request struct {
	in plan.Input
	// distros that were asked for, before they are multiplied by platforms.
	distros []distros.Distro
	// notes are what was chosen for the user.
	notes []string
}

// where reads for which distros, and on which host, something is asked for.
func (s *session) where() (request, error) {
	all, families, err := catalogue(s.settings)
	if err != nil {
		return request{}, err
	}
	wanted, choice, err := s.choose(all, families)
	req := request{distros: wanted, in: plan.Input{
		Tool: s.world.Version, Run: s.id, Settings: s.settings,
		Distros: s.onPlatforms(wanted...), Catalogue: all, Families: families, Host: planHost(s.host),
	}}
	if err != nil {
		return req, &SettingsError{err}
	}
	req.note(choice)
	return req, nil
}

// note adds a note, unless it says nothing.
func (req *request) note(text string) {
	if text != "" {
		req.notes = append(req.notes, text)
	}
}

// readRequest reads everything that a plan depends on.
func (s *session) readRequest(ctx context.Context) (request, error) {
	req, err := s.where()
	if err != nil {
		return request{}, err
	}
	version, doubt, err := chooseVersion(s.settings.Version, s.checkout.Tree, s.world.host())
	if err != nil {
		return request{}, &SettingsError{err}
	}
	req.note(doubt)
	req.in.Source, req.in.SourceIn, req.in.Version = s.checkout.Tree, s.sourceInWorkspace(), version
	req.in.Images = s.images(ctx)
	if req.in.Finished, err = s.finished(req.in); err != nil {
		return request{}, &SettingsError{err}
	}
	return req, nil
}

// plan decides what will be done.
func (s *session) plan(ctx context.Context) (plan.Plan, error) {
	req, err := s.readRequest(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	p, err := plan.New(req.in)
	if err == nil && s.settings.Rerun == "failed" {
		p, err = s.planAgain(&req, p)
	}
	if err != nil {
		return p, &SettingsError{err}
	}
	p.Notes = append(p.Notes, req.notes...)
	return p, nil
}

// onPlatforms are distros on each platform that is asked for.
func (s *session) onPlatforms(all ...distros.Distro) []distros.Distro {
	return onPlatforms(all, s.settings.Platforms, s.host.Platform)
}

// finished finds the files of all finished packages.
func (s *session) finished(in plan.Input) (map[plan.Origin][]string, error) {
	sought, err := plan.Origins(in)
	found := map[plan.Origin][]string{}
	for _, o := range sought {
		files, bad := source.Finished(s.world.Dir, o.Where, o.Format)
		if o.Setting == settings.RevisionFrom && errors.Is(bad, source.ErrEmpty) {
			bad = nil // nothing is published yet
		}
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("%s, for %s: %w", o.Setting, strings.Join(o.For, ", "), bad))
		}
		found[o.Origin] = files
	}
	return found, err
}

// choose matches the distros asked for; with none it is the stable one that
// takes what the tree is packaged as, and the note says so.
func (s *session) choose(all []distros.Distro, families map[string]distros.Family) ([]distros.Distro, string, error) {
	if asked := s.settings.Distros; len(asked) > 0 {
		wanted, err := distros.Match(all, asked)
		return wanted, "", err
	}
	var formats []string
	if s.checkout != nil {
		for _, p := range s.checkout.Tree.Packages {
			formats = append(formats, p.Format)
		}
	}
	stable := distros.Stable(all, families, formats...)
	note := fmt.Sprintf("no distros asked for: %s (%s); set distros to choose", stable.Name, stable.Title)
	return []distros.Distro{stable}, note, nil
}

// chooseVersion is what the packages are to be called; the note says when
// neither git nor the CI host could tell.
func chooseVersion(asked string, tree source.Tree, h host.Host) (version, note string, err error) {
	if asked != "git" {
		return asked, "", nil
	}
	if version, told := tagTold(tree, h); told {
		return version, "", nil
	}
	if tree.Revision == "" {
		return "", "", fmt.Errorf("version: %s has no commit for git to describe: give a version, or none for the changelog's own", tree.Path)
	}
	version, tagged := source.Version(tree.Revision)
	if tagged {
		return version, "", nil
	}
	note = fmt.Sprintf("version: git sees no tag with a version here, so it is %s", version)
	if tree.Shallow {
		note += "; the clone is shallow: let the CI clone history and tags, or run git fetch --unshallow --tags before"
	}
	return version, note, nil
}

// tagTold is the version of the tag that a CI host builds, for a tree in which
// git sees none: hosts clone without tags, or hand over no .git at all.
func tagTold(tree source.Tree, h host.Host) (version string, told bool) {
	hash, dirty := strings.CutSuffix(tree.Revision, "-dirty")
	_, tagged := source.Version(tree.Revision)
	here := filepath.IsAbs(tree.Path) && strings.HasPrefix(h.Commit, hash)
	if h.Tag == "" || tagged || dirty || !here {
		return "", false
	}
	return source.Version(h.Tag + "-0-g" + cmp.Or(h.Commit, "0"))
}

// images are our cached images, for the forecast; without them it is none.
func (s *session) images(ctx context.Context) []plan.Image {
	var images []plan.Image
	for _, kind := range cachedKinds {
		for _, i := range s.find(ctx, "", map[string]string{engine.LabelImage: kind}) {
			seconds, err := strconv.ParseFloat(i.Labels[run.LabelSeconds], 64)
			if err == nil {
				images = append(images, plan.Image{Recipe: i.Labels[run.LabelRecipe], Seconds: seconds})
			}
		}
	}
	return images
}

func planHost(h engine.Host) plan.Host {
	return plan.Host{
		Engine: h.Name, Version: h.Version, Platform: h.Platform, CPUs: h.CPUs,
		Memory: h.Memory, Cgroup: h.Cgroup,
		AppArmor: h.AppArmor, SELinux: h.SELinux, Rootless: h.Rootless, UserNS: h.UserNS,
	}
}

// sweep removes what runs before this one left behind.
func (s *session) sweep(ctx context.Context) {
	swept, err := s.engine.Sweep(ctx, engine.Which{ExpiredAt: time.Now(), Orphans: true})
	if err != nil {
		logrus.Warnf("sweep what an earlier run left: %v", err)
	}
	if len(swept) > 0 {
		logrus.Infof("an earlier run was killed; removed %s", strings.Join(swept, ", "))
	}
}

// output makes the output directory. It belongs to the workspace's owner.
func (s *session) output() (*os.Root, *engine.Owner, error) {
	tree := s.checkout.Tree
	if source := s.settings.Source; strings.ContainsAny(source, "#:") {
		tree.UID, tree.GID = os.Getuid(), os.Getgid()
	}
	owner := &engine.Owner{UID: tree.UID, GID: tree.GID}
	if os.Geteuid() != 0 {
		owner = nil
	}
	workspace, err := os.OpenRoot(s.world.Dir)
	if err != nil {
		return nil, nil, err
	}
	defer workspace.Close() //nolint:errcheck // nothing buffered
	if err := workspace.MkdirAll(s.settings.Output, 0o755); err != nil {
		return nil, nil, fmt.Errorf("make the output directory: %w", err)
	}
	if owner != nil {
		if err := workspace.Chown(s.settings.Output, owner.UID, owner.GID); err != nil {
			return nil, nil, err
		}
	}
	dir, err := workspace.OpenRoot(s.settings.Output)
	return dir, owner, err
}

// ownReports gives the reports to the workspace's owner.
func (s *session) ownReports() error {
	if os.Geteuid() != 0 {
		return nil
	}
	var errs []error
	for _, name := range report.Files() {
		errs = append(errs, s.outputDir.Chown(name, s.checkout.Tree.UID, s.checkout.Tree.GID))
	}
	return errors.Join(errs...)
}

// runID is four to eight characters that nobody else has.
func runID() string { return strings.ToLower(rand.Text()[:6]) }
