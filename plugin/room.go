package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker/go-units"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
)

// What a distro takes on the engine's disk, in bytes: as docker images said it
// of Debian 12 and 13 in November 2026, rounded up.
const (
	roomBase        = 200e6 // debian:12 164 MB, debian:13 120 MB
	roomEnvironment = 700e6 // beside its base: 579 MB, 644 MB for examples/greeter
	roomMachine     = 200e6 // beside its base: 161 MB, 173 MB
	// roomWork is what a build and a test write beside that: the tree, what is
	// built, what is installed, a snapshot. With less than roomLeast no run
	// ends.
	roomWork  = 500e6
	roomLeast = 500e6
)

// What is at work takes of memory, in bytes: a build by a rule of thumb, which
// is one compiler of C++; a machine by docker stats, which said 123 MiB of
// Debian 13 under test, and 6 MiB of redis beside it, as much again for others.
const (
	memoryBuild   = 512 << 20
	memoryMachine = 256 << 20
)

func (c checkup) roomFindings() []report.Finding {
	all := []report.Finding{c.cpuFinding(), c.memoryFinding()}
	if c.seen.trial.err == nil {
		all = append(all, c.diskFinding())
	}
	return all
}

func (c checkup) cpuFinding() report.Finding {
	builds, machines := plan.AtATime(c.settings, planHost(c.host))
	text := fmt.Sprintf("%s: %s and %s at a time", plural(c.host.CPUs, "cpu"), plural(builds, "build"), plural(machines, "machine"))
	if builds > 2*c.host.CPUs {
		return warning(aboutRoom, text, "parallel: 0 is one build per cpu; with more each of them takes longer, and may run out of time")
	}
	return fine(aboutRoom, "%s", text)
}

func (c checkup) memoryFinding() report.Finding {
	builds, machines := plan.AtATime(c.settings, planHost(c.host))
	need := int64(builds)*memoryBuild + int64(machines)*memoryMachine
	if limit := int64(c.settings.Memory); limit > 0 {
		need = min(need, int64(builds+machines)*limit)
	}
	text := fmt.Sprintf("%s of memory; %s and %s take about %s", units.BytesSize(float64(c.host.Memory)),
		plural(builds, "build"), plural(machines, "machine"), units.BytesSize(float64(need)))
	if need > c.host.Memory {
		return warning(aboutRoom, text, "parallel: 1 does one build at a time, memory limits what each job takes")
	}
	return fine(aboutRoom, "%s", text)
}

func (c checkup) diskFinding() report.Finding {
	t := c.seen.trial
	need, of := c.roomNeeded()
	text := fmt.Sprintf("%s of %s free where the engine stores; %s about %s", units.HumanSize(float64(t.free)),
		units.HumanSize(float64(t.size)), of, units.HumanSize(float64(need)))
	next := "make room there: drone-packages clean --images removes what is ours, docker system prune what others left"
	switch {
	case t.free < roomLeast:
		return wrong(aboutRoom, text, next)
	case t.free < need:
		return warning(aboutRoom, text, next)
	}
	return fine(aboutRoom, "%s", text)
}

// roomNeeded is what of a run is not on the disk yet, and whose that is.
func (c checkup) roomNeeded() (need int64, of string) {
	var names []string
	for _, i := range c.seen.images {
		if i.here == nil && i.made == nil {
			need += roomBase
		}
		if i.job.Kind == plan.BaseImage && !slices.Contains(names, i.job.Distro) && len(c.in.Distros) > 0 {
			names = append(names, i.job.Distro)
			need += roomWork
		}
	}
	for _, j := range c.planned.Jobs {
		if j.Cache == nil || c.made(j) != nil {
			continue
		}
		if need += roomMachine; j.Kind == plan.Environment {
			need += roomEnvironment - roomMachine
		}
	}
	if len(names) == 0 {
		return roomBase + roomEnvironment + roomMachine + roomWork, "a distro takes"
	}
	if len(c.planned.Jobs) == 0 {
		need += int64(len(names)) * (roomEnvironment + roomMachine)
	}
	return need, strings.Join(names, ", ") + " " + verb(len(names), "takes", "take")
}

func verb(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}
