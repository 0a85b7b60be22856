package check

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Spec is what a user wants to hold in a test machine, in the vocabulary of
// goss: docs/checks.md. ParseSpec makes one; as JSON it travels to the agent
// in a Request. Two are joined by joining their Tests.
type Spec struct {
	Tests []Test `json:"tests,omitempty"`
}

// String says how many there are of what: "3 checks: 2 file, 1 service".
func (s Spec) String() string {
	count := map[string]int{}
	for _, t := range s.Tests {
		count[t.Kind]++
	}
	var parts []string
	for _, k := range kindNames() {
		if count[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[k], k))
		}
	}
	if len(parts) == 0 {
		return "no checks"
	}
	return fmt.Sprintf("%s: %s", plural(len(s.Tests), "check"), strings.Join(parts, ", "))
}

// Test is one entry of a Spec: all that is asked about one subject. It passes
// when each of its Asks does, and is retried as a whole.
type Test struct {
	// Kind is one of docs/checks.md: "file", "service" …
	Kind string `json:"kind"`
	// Name is the key it was written under, Title what the user calls it.
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	// Place is where it was written: "packages.yml:12:5".
	Place string `json:"place,omitempty"`
	// Skip is the reason not to ask; empty: ask.
	Skip string `json:"skip,omitempty"`
	// When are the moments at which it is asked; empty: at all.
	When []Moment `json:"when,omitempty"`
	// Services that it needs, by name.
	Services []string `json:"services,omitempty"`
	Retry    Retry    `json:"retry,omitzero"`
	// Timeout of one try, in nanoseconds as Go has it.
	Timeout time.Duration `json:"timeout"`
	// Options say how to ask: "exec", "server", "request-headers" …
	Options map[string]any `json:"options,omitempty"`
	// Asks are in the order of docs/checks.md; what decides whether there is
	// anything to ask, such as "exists", comes first.
	Asks []Ask `json:"asks"`
}

// Ask is one attribute of a subject and what must hold of it.
type Ask struct {
	Attribute string  `json:"attribute"`
	Want      Matcher `json:"want"`
}

// Moment is a point in a package's life at which checks are asked.
type Moment string

// The closed set of moments.
const (
	AfterInstall Moment = "installed"
	AfterRestart Moment = "restarted"
	AfterReboot  Moment = "rebooted"
	AfterUpgrade Moment = "upgraded"
)

var moments = []Moment{AfterInstall, AfterRestart, AfterReboot, AfterUpgrade}

// due says whether a test is asked at a moment; an empty one is every moment.
func (t Test) due(m Moment) bool {
	return m == "" || len(t.When) == 0 || slices.Contains(t.When, m)
}

// Retry is how long a test that fails is asked again. The zero value: never.
type Retry struct {
	// Count of further tries.
	Count int `json:"count,omitempty"`
	// Within: further tries begin until so long after the first began.
	Within time.Duration `json:"within,omitempty"`
	// Delay between two tries; 0: 100 ms, growing to 1 s.
	Delay time.Duration `json:"delay,omitempty"`
}

// text is an option's text, empty when it is not given.
func (t Test) text(option string) string {
	s, _ := t.Options[option].(string)
	return s
}

// flag is an option that is true or false.
func (t Test) flag(option string) bool {
	on, _ := t.Options[option].(bool)
	return on
}

// texts is an option that is a list.
func (t Test) texts(option string) []string {
	items, _ := t.Options[option].([]any)
	var list []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
