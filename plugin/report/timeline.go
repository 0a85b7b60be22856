package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// timeline is when each job waited and worked, on one axis.
type timeline struct {
	Ticks []tick
	Rows  []timelineRow
	// More is how many jobs are not shown, Unstarted how many never began.
	More, Unstarted int
}

// mostRows is how many jobs a timeline shows.
const mostRows = 1000

// tick is a mark of the axis.
type tick struct {
	X, Label string
	Last     bool // its label stands before it, for want of room
}

// timelineRow is a job.
type timelineRow struct {
	Job      int
	Distro   string
	What     string
	Outcome  result.Outcome
	First    bool // of its distro
	Bars     []bar
	Words    string
	WordsX   string
	WordsEnd bool // they stand before their place, for want of room
}

// bar is a span of one kind: "wait", "pull", "cached", "prepare", "work" or an
// outcome. X and W are in percent of the axis.
type bar struct{ Kind, X, W, Title string }

// barKinds are the kinds of jobs that do not do what a run is for.
var barKinds = map[string]string{"image": "pull", "service": "pull", "environment": "prepare", "machine": "prepare", "linter": "prepare"}

// readied are the phases of a test that need no packages: a machine may be made
// ready beside the build of what is tested on it.
var readied = []string{"boot", "services"}

// leastWidth of a bar, in percent: what took no time was there all the same.
const leastWidth = 0.35

// steps of an axis, in seconds: the first that makes eight ticks or fewer.
var axisSteps = []result.Seconds{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400}

func timelineOf(run result.Run) timeline {
	scale := axis{end: 1}
	for _, j := range run.Jobs {
		scale.end = max(scale.end, j.Started+j.Duration)
	}
	t := timeline{Ticks: scale.ticks()}
	distro := ""
	for i, j := range run.Jobs {
		if j.Started <= 0 && j.Duration <= 0 && j.Waited <= 0 {
			t.Unstarted++
			continue
		}
		if len(t.Rows) == mostRows {
			t.More++
			continue
		}
		t.Rows = append(t.Rows, scale.row(i, j))
		t.Rows[len(t.Rows)-1].First = j.Distro != distro
		distro = j.Distro
	}
	return t
}

// axis goes from the run's start to end.
type axis struct{ end result.Seconds }

func (a axis) at(s result.Seconds) string {
	return fmt.Sprintf("%.2f%%", 100*min(1, max(0, float64(s/a.end))))
}

func (a axis) ticks() []tick {
	step := axisSteps[len(axisSteps)-1]
	for _, s := range axisSteps {
		if a.end/s <= 8 {
			step = s
			break
		}
	}
	var all []tick
	for s := result.Seconds(0); s <= a.end && len(all) < 100; s += step {
		all = append(all, tick{a.at(s), clock(s), s/a.end > 0.97})
	}
	return all
}

func (a axis) bar(kind string, from, took result.Seconds, title string) bar {
	width := max(leastWidth, 100*min(1, float64(took/a.end)))
	return bar{kind, a.at(min(from, a.end*(1-leastWidth/100))), fmt.Sprintf("%.2f%%", width), fmt.Sprintf("%s, %s", title, span(took))}
}

func (a axis) row(i int, j result.Job) timelineRow {
	what := j.Kind
	if j.Package != "" {
		what += " " + j.Package
	}
	if j.BuiltFor != "" {
		what += " of " + j.BuiltFor
	}
	r := timelineRow{Job: i, Distro: printable(j.Distro), What: printable(what), Outcome: j.Outcome}
	if j.Waited > 0 {
		r.Bars = append(r.Bars, a.bar("wait", j.Started-j.Waited, j.Waited, "waited for a slot"))
	}
	r.Bars = append(r.Bars, a.work(j)...)
	r.Words = timeWords(j)
	end := j.Started + j.Duration
	r.WordsX, r.WordsEnd = a.at(end), false
	if end/a.end > 0.8 {
		r.WordsX, r.WordsEnd = a.at(j.Started-j.Waited), true
	}
	return r
}

// work is a job's own time: its phases, where it has several.
func (a axis) work(j result.Job) []bar {
	kind := barKinds[j.Kind]
	switch {
	case j.Outcome != result.Passed && j.Outcome != result.Skipped && len(j.Phases) < 2:
		kind = string(j.Outcome)
	case j.Cached:
		kind = "cached"
	case kind == "":
		kind = "work"
	}
	if len(j.Phases) < 2 {
		return []bar{a.bar(kind, j.Started, j.Duration, j.Kind)}
	}
	bars := []bar{a.bar(kind, j.Started, j.Duration, j.Kind)}
	from, idle := j.Started, j.Idle
	for _, p := range j.Phases {
		if idle > 0 && !slices.Contains(readied, p.Name) {
			bars = append(bars, a.bar("wait", from, idle, "ready, waited for packages"))
			from, idle = from+idle, 0
		}
		own := kind + " phase"
		if p.Outcome != result.Passed && p.Outcome != result.Skipped {
			own = string(p.Outcome)
		}
		if p.Duration > 0 {
			bars = append(bars, a.bar(own, from, p.Duration, printable(p.Name)))
		}
		from += p.Duration
	}
	return bars
}

// timeWords says where a job's time went.
func timeWords(j result.Job) string {
	parts := []string{span(j.Duration)}
	if j.Cached {
		parts = []string{"cached"}
		if j.Saved >= 1 {
			parts[0] = "cached, saves " + span(j.Saved)
		}
	}
	if j.Waited >= 1 {
		parts = append(parts, "waited "+span(j.Waited))
	}
	if j.Idle >= 1 {
		parts = append(parts, "waited "+span(j.Idle)+" for packages")
	}
	return strings.Join(parts, " · ")
}

// span is a time that something took: 0.4 s, 12 s, 2:05.
func span(s result.Seconds) string {
	switch {
	case s < 9.95:
		return fmt.Sprintf("%.1f s", float64(s))
	case s < 59.5:
		return fmt.Sprintf("%.0f s", float64(s))
	}
	return clock(s)
}
