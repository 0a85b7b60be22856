package plugin

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker/go-units"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/run"
)

// What findings are about, in their order.
const (
	aboutEngine   = "engine"
	aboutBoot     = "boot"
	aboutRoom     = "room"
	aboutSettings = "settings"
	aboutSource   = "source"
	aboutImages   = "images"
	aboutUs       = "we are"
	aboutLeft     = "left over"
)

// findings judge what was found out. They are a function of it.
func (c checkup) findings() []report.Finding {
	all := c.engineFindings()
	if c.lost == nil {
		all = append(all, c.bootFindings()...)
		all = append(all, c.roomFindings()...)
	}
	all = append(all, c.settingsFindings()...)
	all = append(all, c.sourceFindings()...)
	if c.lost == nil {
		all = append(all, c.imageFindings()...)
	}
	all = append(all, c.ownFindings()...)
	if c.lost == nil {
		all = append(all, c.leftFindings()...)
	}
	return all
}

func fine(about, format string, args ...any) report.Finding {
	return report.Finding{About: about, Grade: report.Fine, Text: fmt.Sprintf(format, args...)}
}

func warning(about, text, next string) report.Finding {
	return report.Finding{About: about, Grade: report.Warning, Text: text, Next: next}
}

func wrong(about, text, next string) report.Finding {
	return report.Finding{About: about, Grade: report.Wrong, Text: text, Next: next}
}

func (c checkup) engineFindings() []report.Finding {
	if c.lost != nil {
		next := "set docker_host, or DOCKER_HOST, to an engine that will do"
		if errors.Is(c.lost, engine.ErrUnreachable) {
			next = c.ci.Socket
		}
		return []report.Finding{
			wrong(aboutEngine, c.lost.Error(), next),
			warning(aboutEngine, "nothing is known of booting, room, images, and what is left over", "ask again when an engine answers"),
		}
	}
	h := c.host
	all := []report.Finding{fine(aboutEngine, "%s %s, API %s, %s (%s), at %s", h.Name, h.Version, h.API, h.Platform, h.OS, h.Address)}
	if h.Exposed {
		all = append(all, warning(aboutEngine, "it is reached without TLS: whoever reaches "+h.Address+" owns its host",
			"have it listen with TLS (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH), or reach it by ssh://"))
	}
	if c.seen.trial.err != nil {
		next := "let us make networks, images and containers on it: a proxy of its socket has to allow that"
		if errors.Is(c.seen.trial.err, errLinked) {
			next = "use another build of drone-packages"
		}
		return append(all, wrong(aboutEngine, "a container of our own program does not run: "+c.seen.trial.err.Error(), next))
	}
	return append(all, fine(aboutEngine, "containers run, %s", rightsWords(h)))
}

// rightsWords say as whom containers run, and what confines them.
func rightsWords(h engine.Host) string {
	text := "as root of the host"
	switch {
	case h.Rootless:
		text = "as an ordinary user (rootless)"
	case h.UserNS:
		text = "as root of a user namespace"
	}
	for _, by := range []struct {
		on   bool
		name string
	}{{h.AppArmor, "AppArmor"}, {h.SELinux, "SELinux"}} {
		if by.on {
			text += ", confined by " + by.name
		}
	}
	return text
}

func (c checkup) bootFindings() []report.Finding {
	all := c.rungFindings()
	for _, platform := range c.settings.Platforms {
		err, foreign := c.seen.platforms[platform]
		switch {
		case !foreign:
		case err != nil:
			all = append(all, wrong(aboutBoot, err.Error(), "see docs/troubleshooting.md, \"does not run programs for\""))
		default:
			all = append(all, fine(aboutBoot, "it runs programs for %s too", platform))
		}
	}
	if len(c.in.Distros) == 0 {
		if names := c.unbootable(); len(names) > 0 {
			all = append(all, fine(aboutBoot, "what cannot boot here: %s", strings.Join(names, ", ")))
		}
		return all
	}
	for _, d := range c.in.Distros {
		why, next, _ := strings.Cut(plan.Unbootable(c.in, d), "; ")
		if why != "" {
			all = append(all, warning(aboutBoot, "no machine of "+d.Name+": "+why, next))
		}
	}
	return all
}

// unbootable are the distros known whose init cannot boot here.
func (c checkup) unbootable() []string {
	var names []string
	for _, d := range c.in.Catalogue {
		if plan.Unbootable(c.in, d) != "" {
			names = append(names, d.Name)
		}
	}
	return names
}

// rungFindings tell how far down the ladder machines have to go.
func (c checkup) rungFindings() []report.Finding {
	if c.seen.trial.err != nil {
		return nil // no container runs at all, which is told
	}
	var all []report.Finding
	var refused []string
	granted := false
	for _, r := range c.seen.trial.rungs {
		switch {
		case granted:
			all = append(all, fine(aboutBoot, "if that does not boot: %s (%s)", r.Name, r.Why))
		case r.err != nil:
			refused = append(refused, fmt.Sprintf("%s: %v", r.Name, r.err))
			all = append(all, fine(aboutBoot, "not with %s: %v", r.Name, r.err))
		default:
			granted = true
			all = append(all, fine(aboutBoot, "systemd with %s (%s)", r.Name, r.Why))
		}
	}
	if granted {
		return all
	}
	next := "init: none tests what needs no booted machine; or another host"
	if c.settings.Privileged == "never" {
		next = "privileged: auto allows one way more; init: none tests what needs no booted machine"
	}
	return []report.Finding{wrong(aboutBoot, "the host grants no way to boot systemd: "+strings.Join(refused, "; "), next)}
}

// problemsNext is where settings are explained.
const problemsNext = "docs/settings.md says what each takes"

func (c checkup) settingsFindings() []report.Finding {
	var all []report.Finding
	for _, err := range c.problems {
		all = append(all, wrong(aboutSettings, err.Error(), problemsNext))
	}
	for _, text := range c.warnings {
		all = append(all, warning(aboutSettings, text, problemsNext))
	}
	if len(all) == 0 {
		all = append(all, fine(aboutSettings, "%s", c.set))
	}
	return all
}

// sourceNext is how a tree comes to be built.
const sourceNext = "run it in the folder that holds debian/, a spec file, a PKGBUILD or an APKBUILD, or set source"

// errNoWorkspace is a workspace that holds nobody's source.
var errNoWorkspace = errors.New("there is no workspace: we work in /")

func (c checkup) sourceFindings() []report.Finding {
	if c.treeErr != nil && !errors.Is(c.treeErr, errNoWorkspace) {
		return []report.Finding{wrong(aboutSource, c.treeErr.Error(), sourceNext)}
	}
	switch {
	case c.planErr != nil:
		return []report.Finding{wrong(aboutSource, c.planErr.Error(), "drone-packages plan prints what would be done")}
	case c.treeErr != nil && c.sourceless():
		return []report.Finding{warning(aboutSource, c.treeErr.Error(), sourceNext)}
	case c.sourceless():
		return []report.Finding{warning(aboutSource, "nothing to build in "+c.tree.Path, sourceNext)}
	}
	var names []string
	for _, p := range c.tree.Packages {
		names = append(names, fmt.Sprintf("%s (%s)", p.Name, p.Where))
	}
	what := cmp.Or(strings.Join(names, ", "), "finished packages")
	all := []report.Finding{fine(aboutSource, "%s in %s (%s, %s)", what, c.tree.Path, units.HumanSize(float64(c.tree.Size)), plural(c.tree.Files, "file"))}
	for _, note := range c.planned.Notes {
		if !c.saysNoBoot(note) {
			all = append(all, fine(aboutSource, "%s", note))
		}
	}
	return all
}

// saysNoBoot says whether a note of the plan is told of booting already.
func (c checkup) saysNoBoot(note string) bool {
	return slices.ContainsFunc(c.in.Distros, func(d distros.Distro) bool {
		why := plan.Unbootable(c.in, d)
		return why != "" && strings.Contains(note, why)
	})
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ownFindings tell where we are, and who cleans up after us.
func (c checkup) ownFindings() []report.Finding {
	where := "in no container that this engine knows"
	if c.host.Self != "" {
		where = "in container " + c.host.Self[:min(12, len(c.host.Self))]
	}
	all := []report.Finding{fine(aboutUs, "drone-packages %s, %s, %s", c.version, where, callerWords(c.ci))}
	switch {
	case c.lost != nil:
	case c.seen.unguarded != nil:
		all = append(all, warning(aboutUs, "if we are killed nobody cleans up: no watchdog ("+c.seen.unguarded.Error()+")",
			"mount the engine's socket into this container; else the next run or drone-packages clean removes what is left"))
	case c.host.Self != "":
		all = append(all, fine(aboutUs, "if we are killed, a watchdog container removes what a run made"))
	default:
		all = append(all, fine(aboutUs, "if we are killed, a watchdog process removes what a run made"))
	}
	return all
}

// callerWords say which CI system called us, and what it is given.
func callerWords(h host.Host) string {
	if h.Name == "local" {
		return "called by no CI system"
	}
	return "called by " + h.Name + ", which gets " + strings.Join(append([]string{"the log"}, h.Gets()...), ", ")
}

func (c checkup) leftFindings() []report.Finding {
	s := c.seen
	if s.leftErr != nil {
		return []report.Finding{warning(aboutLeft, "not known: "+s.leftErr.Error(), "drone-packages clean removes it, whatever it is")}
	}
	var all []report.Finding
	for _, k := range s.kept {
		all = append(all, warning(aboutLeft, fmt.Sprintf("the machine of %s is kept, %s", k.Labels[run.LabelJob], age(c.now.Sub(k.Created))),
			"drone-packages shell "+k.Labels[run.LabelJob]+" enters it, drone-packages clean removes it"))
	}
	if len(s.abandoned) > 0 {
		all = append(all, warning(aboutLeft, "of runs that were killed: "+strings.Join(s.abandoned, ", "), "the next run removes it, or drone-packages clean"))
	}
	used := len(s.all) - len(s.abandoned)
	switch {
	case used > 0 && len(s.kept) == 0:
		all = append(all, fine(aboutLeft, "%s of runs that are at work", plural(used, "thing")))
	case len(all) == 0:
		all = append(all, fine(aboutLeft, "nothing of a run"))
	}
	return append(all, c.cacheFinding())
}

// cacheFinding is what our images take. Those that share layers are counted
// as if they did not.
func (c checkup) cacheFinding() report.Finding {
	var size int64
	for _, i := range c.seen.ours {
		size += i.Size
	}
	if len(c.seen.ours) == 0 {
		return fine(aboutLeft, "no images of ours: the first run makes them")
	}
	oldest := slices.MinFunc(c.seen.ours, func(a, b engine.Image) int { return a.Created.Compare(b.Created) })
	return fine(aboutLeft, "%s of ours, at most %s, the oldest %s; drone-packages clean --images removes them",
		plural(len(c.seen.ours), "image"), units.HumanSize(float64(size)), age(c.now.Sub(oldest.Created)))
}
