package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker/go-units"
)

// String is the plan as the user sees it before anything starts.
func (p Plan) String() string {
	var b strings.Builder
	in := p.Input
	fmt.Fprintf(&b, "drone-packages %s · %s %s (%s, %d cpus, %s, cgroup v%s) · run %s\n\n",
		in.Tool, in.Host.Engine, in.Host.Version, in.Host.Platform, in.Host.CPUs,
		units.BytesSize(float64(in.Host.Memory)), in.Host.Cgroup, in.Run)
	fmt.Fprintf(&b, "source    %s\n", p.sourceLine())
	fmt.Fprintf(&b, "packages  %s\n", p.packagesLine())
	if len(p.Services) > 0 {
		fmt.Fprintf(&b, "services  %s\n", p.servicesLine())
	}
	b.WriteString("\n")
	p.printDistros(&b)
	b.WriteString("\n")
	for _, note := range p.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	if len(p.Ladder) > 0 && p.boots(systemd) {
		fmt.Fprintf(&b, "machines boot systemd with %s (%s)%s\n",
			p.Ladder[0].Name, p.Ladder[0].Why, privilegeWords(p.Ladder))
	}
	fmt.Fprintf(&b, "%s and %s at a time (%d cpus)\n",
		count(p.Builds, "build"), count(p.Machines, "machine"), in.Host.CPUs)
	return b.String()
}

// privilegeWords says what is asked for when the first rung does not hold.
func privilegeWords(rungs []Rung) string {
	if rungs[0].Container.Privileged {
		return "; privileged containers own the host"
	}
	if rungs[len(rungs)-1].Container.Privileged {
		return "; privileged only if nothing less boots"
	}
	return "; nothing is privileged"
}

func (p Plan) sourceLine() string {
	s := p.Input.Source
	line := s.Path
	if s.Revision != "" {
		line += " at " + s.Revision
	}
	line += fmt.Sprintf(" (%s, %s)", units.HumanSize(float64(s.Size)), count(s.Files, "file"))
	if p.Input.Version != "" {
		line += ", version " + p.Input.Version
	}
	return line
}

func (p Plan) packagesLine() string {
	var names []string
	causes := map[string][]string{}
	for _, j := range p.Jobs {
		if j.Kind != Build && j.Kind != Fetch {
			continue
		}
		if causes[j.Package] == nil {
			names = append(names, j.Package)
		}
		if !slices.Contains(causes[j.Package], j.Cause) {
			causes[j.Package] = append(causes[j.Package], j.Cause)
		}
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%s (%s)", name, strings.Join(causes[name], ", "))
	}
	return strings.Join(names, ", ")
}

// servicesLine names the services, where they come from, and who shares them.
func (p Plan) servicesLine() string {
	var fresh, common []string
	for _, s := range p.Services {
		text := s.Source
		if !strings.HasPrefix(text, s.Name) {
			text = s.Name + " (" + text + ")"
		}
		if s.Shared {
			common = append(common, text)
			continue
		}
		fresh = append(fresh, text)
	}
	var parts []string
	if len(fresh) > 0 {
		parts = append(parts, strings.Join(fresh, ", ")+": fresh for every machine")
	}
	if len(common) > 0 {
		parts = append(parts, strings.Join(common, ", ")+": shared by all machines")
	}
	return strings.Join(parts, "; ")
}

// printDistros prints a row per distro: what is built, where it is tested,
// and what is expected to come from cache.
func (p Plan) printDistros(b *strings.Builder) {
	rows := [][]string{{"distro", "build", "test machines", "image", "from cache"}}
	for _, j := range p.Jobs {
		if j.Kind == BaseImage && j.Distro != servicesRow {
			rows = append(rows, p.distroRow(j))
		}
	}
	widths := columnWidths(rows)
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, " %-*s ", widths[i], cell)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

func (p Plan) distroRow(image Job) []string {
	var builds, machines, guests []string
	for _, j := range p.Jobs {
		if (j.Kind == Build || j.Kind == Fetch) && j.Distro == image.Distro {
			builds = append(builds, j.Package)
		}
		if j.Kind == Test && (j.BuiltFor == image.Distro || j.BuiltFor == "" && j.Distro == image.Distro) {
			machines = append(machines, j.Distro)
		}
		if j.BuiltFor != "" && j.Distro == image.Distro {
			guests = append(guests, "for "+j.BuiltFor)
		}
	}
	if len(builds) == 0 {
		machines = guests
	}
	return []string{image.Distro, orDash(builds), orDash(machines), image.Base.String(), p.cacheWords(image.Distro)}
}

func orDash(words []string) string {
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", ")
}

// String is where the image comes from.
func (b Base) String() string {
	if b.Ref == "" {
		return "bootstrap " + b.Bootstrap.Suite
	}
	if b.Bootstrap != nil {
		return b.Ref + ", else bootstrap"
	}
	return b.Ref
}

// cacheWords forecasts what comes from cache. The base image may still turn
// out to be another one: then it is made anew, and the log says so.
func (p Plan) cacheWords(distro string) string {
	var held []string
	var saved float64
	for _, j := range p.Jobs {
		if j.Distro != distro || j.Cache == nil {
			continue
		}
		for _, image := range p.Input.Images {
			if image.Recipe == j.Cache.Key {
				held = append(held, string(j.Kind))
				saved += image.Seconds
				break
			}
		}
	}
	if len(held) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s (saves about %.0fs)", strings.Join(held, ", "), saved)
}

// boots says whether any test machine has this init.
func (p Plan) boots(init string) bool {
	for _, j := range p.Jobs {
		for _, phase := range j.Phases {
			if slices.ContainsFunc(phase.Steps, func(s Step) bool { b, ok := s.(Boot); return ok && b.Ask.Init == init }) {
				return true
			}
		}
	}
	return false
}

// joinWords says that a phase is the first that waits for what its job may
// begin beside.
func (p Phase) joinWords(j Job) string {
	if !p.Joins || len(j.Beside) == 0 {
		return ""
	}
	return ", the first that waits for " + strings.Join(j.Beside, ", ")
}

// Detail is every job with its steps and its cause.
func (p Plan) Detail() string {
	var b strings.Builder
	for _, j := range p.Jobs {
		fmt.Fprintf(&b, "%s (%s)\n", j.Name, j.Cause)
		if len(j.Needs) > 0 {
			fmt.Fprintf(&b, "  after %s\n", strings.Join(j.Needs, ", "))
		}
		if j.Base != nil {
			fmt.Fprintf(&b, "  %s\n", j.Base)
		}
		for _, phase := range j.Phases {
			fmt.Fprintf(&b, "  %s%s\n", phase.Name, phase.joinWords(j))
			for _, s := range phase.Steps {
				fmt.Fprintf(&b, "    %s\n", s)
			}
		}
	}
	return b.String()
}

func columnWidths(rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	return widths
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
