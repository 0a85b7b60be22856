package plugin

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/run"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// healthy is a checkup of a host on which nothing is amiss: a package for
// debian-13, whose image is here, with its environment and not its machine.
func healthy() checkup {
	base := plan.Job{Name: "debian-13/image", Kind: plan.BaseImage, Distro: "debian-13", Platform: "linux/amd64",
		Base: &plan.Base{Ref: "debian:13", Pull: "if-not-exists", Login: true}}
	made := func(kind plan.Kind, pkg, key string) plan.Job {
		return plan.Job{Name: "debian-13/" + string(kind), Kind: kind, Distro: "debian-13", Package: pkg, From: base.Name, Cache: &plan.Cache{Key: key}}
	}
	in := plan.Input{
		Distros:  []distros.Distro{{Name: "debian-13", Family: "debian", Systemd: 257}},
		Families: map[string]distros.Family{"debian": {Name: "debian"}},
		Host:     plan.Host{Cgroup: "2"},
	}
	in.Catalogue = append(in.Distros, distros.Distro{Name: "debian-8", Family: "debian", Systemd: 215})
	return checkup{
		version: "0.1.0", now: noon, ci: host.Detect(func(string) string { return "" }), set: "of packages.yml",
		host: engine.Host{Name: "docker", Version: "28.5.2", API: "1.51", Address: "unix:///var/run/docker.sock", Platform: "linux/amd64",
			OS: "Debian", CPUs: 2, Memory: 8 << 30, Cgroup: "2", AppArmor: true},
		tree: source.Tree{Path: ".", Files: 4, Size: 2000, Packages: []source.Package{{Name: "greeter", Where: "debian"}}},
		in:   in,
		planned: plan.Plan{Input: in, Jobs: []plan.Job{
			base, made(plan.Environment, "greeter", "recipe-1"), made(plan.Machine, "", "recipe-2"),
		}},
		seen: sight{
			trial: trial{free: 50e9, size: 100e9, rungs: []rungSight{
				{Rung: plan.Rung{Name: "no added rights", Why: "cgroup v2 host"}, tried: true}, {Rung: plan.Rung{Name: "privileged", Why: "nothing less"}},
			}},
			images: []imageSight{{job: base, here: &engine.Image{Size: 120e6}}},
			ours: []engine.Image{{Size: 700e6, Created: noon.Add(-50 * time.Hour), Refs: []string{"drone-packages/environment:debian-13-abc"},
				Labels: map[string]string{run.LabelRecipe: "recipe-1", engine.LabelImage: "environment"}}},
		},
	}
}

func TestAHealthyHost(t *testing.T) {
	want := []string{
		"engine: docker 28.5.2, API 1.51, linux/amd64 (Debian), at unix:///var/run/docker.sock",
		"engine: containers run, as root of the host, confined by AppArmor",
		"boot: systemd with no added rights (cgroup v2 host)",
		"boot: if that does not boot: privileged (nothing less)",
		"room: 2 cpus: 2 builds and 3 machines at a time",
		"room: 8GiB of memory; 2 builds and 3 machines take about 1.75GiB",
		"room: 50GB of 100GB free where the engine stores; debian-13 takes about 700MB",
		"settings: of packages.yml",
		"source: greeter (debian) in . (2kB, 4 files)",
		"images: debian-13: debian:13 is here (120MB); cached: environment greeter (700MB, 2 days old); to be made: machine",
		"we are: drone-packages 0.1.0, in no container that this engine knows, called by no CI system",
		"we are: if we are killed, a watchdog process removes what a run made",
		"left over: nothing of a run",
		"left over: 1 image of ours, at most 700MB, the oldest 2 days old; drone-packages clean --images removes them",
	}
	for i, f := range healthy().findings() {
		if got := f.About + ": " + f.Text; f.Grade != report.Fine || i >= len(want) || got != want[i] {
			t.Errorf("%d: %s %s", i, f.Grade, got)
		}
	}
}

var (
	errRefused = fmt.Errorf("%w: unknown option", engine.ErrRefused)
	errNoImage = fmt.Errorf("%w: manifest unknown", engine.ErrNoImage)
	errLogin   = fmt.Errorf("%w: denied (asked as me)", engine.ErrUnauthorized)
	errNobody  = fmt.Errorf("%w: connection refused", engine.ErrTransient)
)

// unavailable is an image that its registry does not give.
func unavailable(err error) func(*checkup) {
	return func(c *checkup) { c.seen.images[0].here, c.seen.images[0].asked, c.seen.images[0].err = nil, true, err }
}

// mirrored is one that can be made from a mirror.
func mirrored(made *engine.Image, untooled error) func(*checkup) {
	return func(c *checkup) {
		unavailable(errNobody)(c)
		i := &c.seen.images[0]
		i.job.Base.Bootstrap = &plan.Bootstrap{Tool: "mmdebstrap", Suite: "trixie"}
		i.made, i.untooled = made, untooled
	}
}

func then(all ...func(*checkup)) func(*checkup) {
	return func(c *checkup) {
		for _, f := range all {
			f(c)
		}
	}
}

func isService(c *checkup) {
	c.seen.images[0].job.Kind, c.seen.images[0].job.Distro, c.seen.images[0].job.Package = plan.ServiceImage, "services", "redis"
}

// sick are what can be found, by what is amiss: text and next are parts of
// what is said.
var sick = map[string]struct {
	change      func(*checkup)
	about       string
	grade       report.Grade
	text, nexts string
}{
	"no engine":       {func(c *checkup) { c.lost = fmt.Errorf("%w at x", engine.ErrUnreachable) }, aboutEngine, report.Wrong, "the container engine does not answer at x", "-v /var/run/docker.sock"},
	"no engine, else": {func(c *checkup) { c.lost = engine.ErrUnreachable }, aboutEngine, report.Warning, "nothing is known of booting, room, images", "ask again"},
	"an old engine":   {func(c *checkup) { c.lost = errors.New("speaks API 1.40") }, aboutEngine, report.Wrong, "speaks API 1.40", "docker_host"},
	"no TLS":          {func(c *checkup) { c.host.Exposed, c.host.Address = true, "tcp://x:2375" }, aboutEngine, report.Warning, "whoever reaches tcp://x:2375 owns its host", "DOCKER_TLS_VERIFY"},
	"no container":    {func(c *checkup) { c.seen.trial = trial{err: errors.New("forbidden")} }, aboutEngine, report.Wrong, "a container of our own program does not run: forbidden", "proxy"},
	"not static":      {func(c *checkup) { c.seen.trial = trial{err: errLinked} }, aboutEngine, report.Wrong, "does not run: linked dynamically", "another build"},
	"rootless":        {func(c *checkup) { c.host.Rootless = true }, aboutEngine, report.Fine, "as an ordinary user (rootless)", ""},
	"user namespaces": {func(c *checkup) { c.host.UserNS, c.host.SELinux = true, true }, aboutEngine, report.Fine, "of a user namespace, confined by AppArmor, confined by SELinux", ""},

	"a rung is refused": {func(c *checkup) {
		c.seen.trial.rungs = append([]rungSight{{Rung: plan.Rung{Name: "none"}, tried: true, err: errRefused}}, c.seen.trial.rungs...)
	}, aboutBoot, report.Fine, "not with none: the container engine refuses: unknown option", ""},
	"no rung holds":          {func(c *checkup) { c.seen.trial.rungs = []rungSight{{tried: true, err: errRefused}} }, aboutBoot, report.Wrong, "no way to boot systemd: : the container engine refuses", "init: none"},
	"privileged: never":      {func(c *checkup) { c.seen.trial.rungs, c.settings.Privileged = nil, "never" }, aboutBoot, report.Wrong, "no way to boot", "privileged: auto"},
	"cannot boot":            {func(c *checkup) { c.in.Distros = c.in.Catalogue[1:] }, aboutBoot, report.Warning, "no machine of debian-8: its systemd 215 knows no cgroup v2", "cgroup v1 boots it"},
	"cannot boot, not asked": {func(c *checkup) { c.in.Distros = nil }, aboutBoot, report.Fine, "what cannot boot here: debian-8", ""},
	"no emulator": {func(c *checkup) {
		c.settings.Platforms, c.seen.platforms = settings.List{"linux/amd64", "linux/arm64"}, map[string]error{"linux/arm64": errors.New("does not run programs for linux/arm64")}
	}, aboutBoot, report.Wrong, "does not run programs for linux/arm64", "troubleshooting"},
	"an emulator": {func(c *checkup) {
		c.settings.Platforms, c.seen.platforms = settings.List{"linux/arm64"}, map[string]error{"linux/arm64": nil}
	}, aboutBoot, report.Fine, "programs for linux/arm64 too", ""},

	"too many builds": {func(c *checkup) { c.settings.Parallel = 5 }, aboutRoom, report.Warning, "2 cpus: 5 builds and 6 machines", "parallel: 0"},
	"little memory":   {func(c *checkup) { c.host.Memory = 1 << 30 }, aboutRoom, report.Warning, "1GiB of memory; 2 builds and 3 machines take about 1.75GiB", "parallel: 1"},
	"limited memory":  {func(c *checkup) { c.host.Memory, c.settings.Memory = 1<<30, 128<<20 }, aboutRoom, report.Fine, "take about 640MiB", ""},
	"a full disk":     {func(c *checkup) { c.seen.trial.free = 1e6 }, aboutRoom, report.Wrong, "1MB of 100GB free", "clean --images"},
	"a small disk":    {func(c *checkup) { c.seen.trial.free = 600e6 }, aboutRoom, report.Warning, "debian-13 takes about 700MB", "clean --images"},
	"nothing yet":     {then(unavailable(nil), func(c *checkup) { c.seen.ours = nil }), aboutRoom, report.Fine, "debian-13 takes about 1.6GB", ""},
	"no plan":         {func(c *checkup) { c.planned.Jobs = nil }, aboutRoom, report.Fine, "debian-13 takes about 1.4GB", ""},
	"nothing asked":   {func(c *checkup) { c.planned.Jobs, c.seen.images, c.in.Distros = nil, nil, nil }, aboutRoom, report.Fine, "a distro takes about 1.6GB", ""},

	"bad settings":     {func(c *checkup) { c.problems = []error{errors.New("a"), errors.New("packages.yml:3:1: unknown key")} }, aboutSettings, report.Wrong, "packages.yml:3:1: unknown key", "docs/settings.md"},
	"odd settings":     {func(c *checkup) { c.warnings = []string{"a from_secret"} }, aboutSettings, report.Warning, "a from_secret", "docs/settings.md"},
	"no tree":          {func(c *checkup) { c.treeErr = errors.New("source: no such directory") }, aboutSource, report.Wrong, "no such directory", "set source"},
	"no package":       {func(c *checkup) { c.tree.Packages = nil }, aboutSource, report.Warning, "nothing to build in .", "debian/, a spec file"},
	"no workspace":     {func(c *checkup) { c.tree.Packages, c.treeErr = nil, errNoWorkspace }, aboutSource, report.Warning, "we work in /", "set source"},
	"no plan possible": {func(c *checkup) { c.planErr = errors.New("only: x matches none") }, aboutSource, report.Wrong, "only: x matches none", "drone-packages plan"},
	"finished":         {func(c *checkup) { c.tree.Packages, c.settings.Packages = nil, map[string]settings.Package{"x": {}} }, aboutSource, report.Fine, "finished packages in .", ""},
	"a note":           {func(c *checkup) { c.planned.Notes = []string{"no distros asked for"} }, aboutSource, report.Fine, "no distros asked for", ""},

	"to be pulled":             {unavailable(nil), aboutImages, report.Fine, "debian-13: debian:13 is pulled: its registry has it", ""},
	"no such image":            {unavailable(errNoImage), aboutImages, report.Wrong, "no debian:13: no such image: manifest unknown", "name another: images: {debian-13: …}"},
	"no such service":          {then(unavailable(errNoImage), isService), aboutImages, report.Wrong, "service redis: no debian:13", "services: {redis: {image: …}}"},
	"no credentials":           {unavailable(errLogin), aboutImages, report.Wrong, "asked as me", "username and password"},
	"no registry":              {unavailable(errNobody), aboutImages, report.Wrong, "connection refused", "let the engine reach its registry"},
	"pull: never":              {then(unavailable(errors.New("it is not here, and pull: never")), func(c *checkup) { c.seen.images[0].asked = false }), aboutImages, report.Wrong, "pull: never", "pull: if-not-exists"},
	"made from a mirror":       {mirrored(nil, nil), aboutImages, report.Warning, "connection refused; mmdebstrap makes it of trixie", "image_source: bootstrap"},
	"was made from a mirror":   {mirrored(&engine.Image{Size: 9e7}, errors.New("none")), aboutImages, report.Warning, "what was made of trixie before is here (90MB)", "image_source: bootstrap"},
	"no tool for a mirror":     {mirrored(nil, errors.New("none")), aboutImages, report.Wrong, "mmdebstrap is not installed here", "install mmdebstrap"},
	"a mirror, and refused":    {then(mirrored(nil, nil), func(c *checkup) { c.settings.Username, c.seen.images[0].err = "me", errLogin }), aboutImages, report.Wrong, "asked as me", "username and password"},
	"as asked from a mirror":   {then(mirrored(nil, nil), func(c *checkup) { c.seen.images[0].job.Base.Ref, c.seen.images[0].err = "", nil }), aboutImages, report.Fine, "made from its mirror, as asked; mmdebstrap makes it of trixie", ""},
	"cached, and nothing else": {func(c *checkup) { c.seen.images = nil }, aboutImages, report.Fine, "debian-13: cached: environment (700MB, 2 days old)", ""},
	"nothing cached":           {func(c *checkup) { c.seen.images, c.seen.ours = nil, nil }, aboutImages, report.Fine, "none are cached", ""},

	"in a container":  {func(c *checkup) { c.host.Self = strings.Repeat("0a", 32) }, aboutUs, report.Fine, "in container 0a0a0a0a0a0a,", ""},
	"watched":         {func(c *checkup) { c.host.Self = strings.Repeat("0a", 32) }, aboutUs, report.Fine, "a watchdog container", ""},
	"no watchdog":     {func(c *checkup) { c.host.Self, c.seen.unguarded = "0a", errors.New("x is no mount") }, aboutUs, report.Warning, "no watchdog (x is no mount)", "mount the engine's socket"},
	"on Drone":        {func(c *checkup) { c.ci = onDroneWithCard() }, aboutUs, report.Fine, "called by drone, which gets the log, a card", ""},
	"a kept machine":  {func(c *checkup) { c.seen.kept, c.seen.all = keptMachine(), []string{"container x"} }, aboutLeft, report.Warning, "the machine of debian-12/test is kept, 3 hours old", "drone-packages shell debian-12/test"},
	"a killed run":    {func(c *checkup) { c.seen.abandoned, c.seen.all = []string{"network x"}, []string{"network x"} }, aboutLeft, report.Warning, "of runs that were killed: network x", "drone-packages clean"},
	"a run at work":   {func(c *checkup) { c.seen.all = []string{"network x"} }, aboutLeft, report.Fine, "1 thing of runs that are at work", ""},
	"left, not known": {func(c *checkup) { c.seen.leftErr = errors.New("list containers: no") }, aboutLeft, report.Warning, "not known: list containers: no", "drone-packages clean"},
	"no images":       {func(c *checkup) { c.seen.ours = nil }, aboutLeft, report.Fine, "no images of ours", ""},
}

func onDroneWithCard() host.Host {
	return host.Detect(func(name string) string {
		return map[string]string{"DRONE": "true", "DRONE_CARD_PATH": "/dev/stdout"}[name]
	})
}

func keptMachine() []engine.Container {
	return []engine.Container{{Labels: map[string]string{run.LabelJob: "debian-12/test"}, Created: noon.Add(-3 * time.Hour)}}
}

func TestEachThingThatIsAmissIsTold(t *testing.T) {
	for name, tt := range sick {
		t.Run(name, func(t *testing.T) {
			c := healthy()
			tt.change(&c)
			told := false
			for _, f := range c.findings() {
				told = told || f.About == tt.about && f.Grade == tt.grade && strings.Contains(f.Text, tt.text) && strings.Contains(f.Next, tt.nexts)
				if (f.Grade == report.Fine) != (f.Next == "") {
					t.Errorf("%s %s: %s: next: %q", f.About, f.Grade, f.Text, f.Next)
				}
			}
			if !told {
				t.Errorf("want %s %s %q, next %q in:", tt.about, tt.grade, tt.text, tt.nexts)
				for _, f := range c.findings() {
					t.Logf("%s %s: %s: next: %s", f.About, f.Grade, f.Text, f.Next)
				}
			}
		})
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "new", time.Minute: "1 minute old", 90 * time.Minute: "1 hour old", 50 * time.Hour: "2 days old",
	} {
		if got := age(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
