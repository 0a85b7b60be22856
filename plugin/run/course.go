package run

import (
	"slices"
	"sync"

	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// course is how far the jobs of a run are.
type course struct {
	legs map[string]*leg
	mu   sync.Mutex
	// ahead are how many jobs began beside what they need, and have not
	// joined it yet; room is how many may.
	ahead, room int
}

// leg is one job on its course. Its result is to be read once it has ended.
type leg struct {
	res          result.Job
	begun, ended chan struct{}
	begin        func()
	// ahead says that it is among those which are.
	ahead bool
}

// newCourse leaves one machine to those whose packages are there: nobody who
// could go on waits for one that cannot.
func newCourse(p plan.Plan) *course {
	c := &course{legs: map[string]*leg{}, room: p.Machines - 1}
	for _, j := range p.Jobs {
		l := &leg{begun: make(chan struct{}), ended: make(chan struct{})}
		l.begin = sync.OnceFunc(func() { close(l.begun) })
		c.legs[j.Name] = l
	}
	return c
}

func (c *course) of(name string) *leg { return c.legs[name] }

func (c *course) results(jobs []plan.Job) []result.Job {
	all := make([]result.Job, len(jobs))
	for i, j := range jobs {
		all[i] = c.of(j.Name).res
	}
	return all
}

// ready waits until a job may begin, and says whether it may: all that it
// needs has passed, or has at least begun where it may begin beside it.
func (c *course) ready(j plan.Job, l *leg) bool {
	for _, name := range j.Needs {
		if !slices.Contains(j.Beside, name) {
			c.await(name, &l.res)
		}
	}
	if l.res.Outcome != "" {
		return false
	}
	over := true
	for _, name := range j.Beside {
		<-c.of(name).begun
		over = over && c.of(name).over()
	}
	if over {
		return c.join(j, l)
	}
	return c.goAhead(l) || c.join(j, l)
}

// over says whether a job has ended.
func (l *leg) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// goAhead lets a job begin beside what it needs, if there is room.
func (c *course) goAhead(l *leg) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead >= c.room {
		return false
	}
	c.ahead++
	l.ahead = true
	return true
}

// join waits for what a job may begin beside, and says whether it passed.
func (c *course) join(j plan.Job, l *leg) bool {
	for _, name := range j.Beside {
		c.await(name, &l.res)
	}
	c.joined(l)
	return l.res.Outcome == ""
}

// await waits for the end of a job that another one needs.
func (c *course) await(name string, res *result.Job) {
	need := c.of(name)
	<-need.ended
	if need.res.Outcome != result.Passed {
		notReached(res, need.res)
	}
}

func (c *course) joined(l *leg) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.ahead {
		c.ahead--
		l.ahead = false
	}
}

// end is the end of a job, however far it came.
func (c *course) end(l *leg) {
	c.joined(l)
	l.begin()
	close(l.ended)
}

// join waits for what the job began beside. What was made ready for nothing
// is no result.
func (j *job) join() bool {
	begin, l := j.o.Now(), j.course.of(j.Name)
	j.log.pause(true)
	ok := j.course.join(j.Job, l)
	j.log.pause(false)
	l.res.Idle = result.Span(j.o.Now().Sub(begin))
	if !ok {
		l.res.Phases = nil
	}
	return ok
}
