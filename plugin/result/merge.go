package result

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Part is what one shard reported.
type Part struct {
	// From is the folder it was found in, as the user named it.
	From string
	Run  Run
}

// Merged is one run made of several.
type Merged struct {
	Run
	// Of is, for each of the run's jobs, the place of the part that it is of;
	// less than 0: no part has it.
	Of []int
}

// Merge makes one run of what shards reported: the jobs that were expected, in
// the plan's order, and after them what is reported beyond that. What nobody
// reported is a fault: a shard that is silent is never green. Of a job that
// several shards did, each for itself, the most telling end counts; the first
// of equal ones.
//
// An error is the user's: parts of different sources, or two of one shard.
func Merge(e Expected, parts []Part) (Merged, error) {
	m := merger{
		expected: e, parts: parts, shards: map[string][]string{}, found: map[string][]place{},
		silent: map[string]string{}, added: map[string]bool{},
	}
	for _, s := range e.Shards {
		for _, name := range s.Jobs {
			m.shards[name] = append(m.shards[name], s.Distro)
		}
	}
	for i, part := range parts {
		for j, job := range part.Run.Jobs {
			m.found[job.Name] = append(m.found[job.Name], place{i, j})
		}
	}
	if err := errors.Join(m.oneSource(), m.onceEach()); err != nil {
		return Merged{}, err
	}
	merged := Merged{Run: m.run()}
	for _, p := range e.Jobs {
		m.add(&merged, p.Name, m.absent(p))
	}
	for _, part := range parts {
		for _, job := range part.Run.Jobs {
			m.add(&merged, job.Name, Job{})
		}
	}
	conclude(&merged.Run, parts)
	return merged, nil
}

// merger is what Merge knows of the parts.
type merger struct {
	expected Expected
	parts    []Part
	// shards that have a job, by its name, and where it is reported.
	shards map[string][]string
	found  map[string][]place
	// silent are the jobs that tell of a shard that did not report, by its
	// distro; added are the jobs that the run has.
	silent map[string]string
	added  map[string]bool
}

// place of a job: the part, and where it is in there.
type place struct{ part, job int }

// oneSource refuses to make one run of several commits.
func (m *merger) oneSource() error {
	want := m.expected.Source.Words()
	var errs []error
	for _, part := range m.parts {
		sources := []Source{part.Run.Source}
		for _, e := range part.Run.Earlier {
			sources = append(sources, e.Source)
		}
		for _, source := range sources {
			if got := source.Words(); got != want {
				errs = append(errs, fmt.Errorf("%s is of %s, the plan is of %s: merge what was made of one commit, by its own plan", part.From, got, want))
			}
		}
	}
	return errors.Join(errs...)
}

// onceEach refuses two reports of what one shard alone does.
func (m *merger) onceEach() error {
	var errs []error
	told := map[string]bool{}
	for _, p := range m.expected.Jobs {
		places, shards := m.found[p.Name], m.shards[p.Name]
		if len(places) < 2 || len(shards) != 1 || told[shards[0]] {
			continue
		}
		told[shards[0]] = true
		var from []string
		for _, at := range places {
			from = append(from, m.parts[at.part].From)
		}
		errs = append(errs, fmt.Errorf("%s is reported by %s: merge one of them", shards[0], strings.Join(from, " and by ")))
	}
	return errors.Join(errs...)
}

// run is what the parts have in common.
func (m *merger) run() Run {
	run := Run{Schema: Schema, Version: m.expected.Version, ID: m.expected.ID, Source: m.expected.Source}
	for i, part := range m.parts {
		started := part.Run.Started
		if i == 0 || started.Before(run.Started) {
			run.Started = started
		}
		if i == 0 {
			run.Host = part.Run.Host
		}
		run.Host = run.Host.and(part.Run.Host)
		run.Packages = append(run.Packages, part.Run.Packages...)
		run.Earlier = append(run.Earlier, part.Run.Earlier...)
	}
	for _, part := range m.parts {
		run.Duration = max(run.Duration, Span(part.Run.Started.Sub(run.Started))+part.Run.Duration)
	}
	return run
}

// and is what two hosts have in common.
func (h Host) and(other Host) Host {
	return Host{
		Engine: same(h.Engine, other.Engine), Version: same(h.Version, other.Version),
		Platform: same(h.Platform, other.Platform), CPUs: same(h.CPUs, other.CPUs),
		Memory: same(h.Memory, other.Memory), Cgroup: same(h.Cgroup, other.Cgroup),
	}
}

func same[T comparable](a, b T) T {
	if a == b {
		return a
	}
	var neither T
	return neither
}

// add adds a job to the run, once: as it is reported, else as absent.
func (m *merger) add(merged *Merged, name string, absent Job) {
	if m.added[name] {
		return
	}
	m.added[name] = true
	places := m.found[name]
	if len(places) == 0 {
		merged.Jobs, merged.Of = append(merged.Jobs, absent), append(merged.Of, -1)
		return
	}
	worst := slices.MaxFunc(places, func(a, b place) int { return m.telling(a) - m.telling(b) })
	part := m.parts[worst.part].Run
	job := part.Jobs[worst.job]
	if job.Outcome != Skipped {
		job.Started += Span(part.Started.Sub(merged.Started))
	}
	merged.Jobs, merged.Of = append(merged.Jobs, job), append(merged.Of, worst.part)
	merged.Saved += job.Saved
}

func (m *merger) telling(at place) int {
	return slices.Index(severity, m.parts[at.part].Run.Jobs[at.job].Outcome)
}

// absent is a job as it ends when nobody reports it: the first that its shard
// alone has says so, the others were not reached.
func (m *merger) absent(p Planned) Job {
	if len(m.found[p.Name]) > 0 {
		return Job{}
	}
	shards := m.shards[p.Name]
	if len(shards) != 1 {
		return p.ended(Skipped, NotReached("none of its shards did report"))
	}
	if first, told := m.silent[shards[0]]; told {
		return p.ended(Skipped, NotReached(fmt.Sprintf("%s %s", first, Fault)))
	}
	m.silent[shards[0]] = p.Name
	return p.ended(Fault, m.silenceWords(shards[0]))
}

// silenceWords say what of a shard is not there.
func (m *merger) silenceWords(distro string) string {
	for name, shards := range m.shards {
		if len(shards) == 1 && shards[0] == distro && len(m.found[name]) > 0 {
			return fmt.Sprintf("its shard, %s, reported only a part of what the plan has: run it with the settings that the plan was made with", distro)
		}
	}
	return fmt.Sprintf("its shard, %s, did not report: it did not run, was killed, or its folder was not handed on", distro)
}

// conclude is the outcome of the whole: what the parts ended with, and what is
// absent.
func conclude(run *Run, parts []Part) {
	outcomes := []Outcome{}
	var reasons []string
	for _, part := range parts {
		outcomes = append(outcomes, part.Run.Outcome)
		if part.Run.Reason != "" {
			reasons = append(reasons, part.From+": "+part.Run.Reason)
		}
	}
	for _, j := range run.Jobs {
		if j.Outcome == Fault {
			outcomes = append(outcomes, Fault)
		}
	}
	run.Outcome, run.Reason = Worst(outcomes...), strings.Join(reasons, "; ")
}
