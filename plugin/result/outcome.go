package result

import "slices"

// Outcome is how something ended. An outcome is not an error: a failed
// package is a successful run of the tool.
type Outcome string

// The closed set of outcomes.
const (
	// Passed: asked and found as expected.
	Passed Outcome = "passed"
	// Failed: the package's fault.
	Failed Outcome = "failed"
	// Skipped: not done, and Reason says why. Never silent.
	Skipped Outcome = "skipped"
	// Cancelled: the user or a signal ended it.
	Cancelled Outcome = "cancelled"
	// Fault: ours or the host's, never the package's.
	Fault Outcome = "fault"
)

// severity orders outcomes from the least to the most telling. A failed
// package is more telling than a fault elsewhere: it is what the user can mend.
var severity = []Outcome{Skipped, Passed, Fault, Failed, Cancelled}

// Worst is the most telling of the outcomes; Skipped when there are none,
// since nothing that ran is nothing that passed.
func Worst(outcomes ...Outcome) Outcome {
	worst := Skipped
	for _, o := range outcomes {
		if slices.Index(severity, o) > slices.Index(severity, worst) {
			worst = o
		}
	}
	return worst
}

// Exit codes are a contract. 78 is never used: Drone reads it as "pass and
// skip the rest"; neither is a child's own code.
const (
	ExitPassed    = 0
	ExitFailed    = 1
	ExitSettings  = 2
	ExitFault     = 3
	ExitCancelled = 130
)

// ExitCode maps the outcome of a run to the exit code of the program. A run
// in which nothing was done is a fault: it is never green.
func ExitCode(o Outcome) int {
	switch o {
	case Passed:
		return ExitPassed
	case Failed:
		return ExitFailed
	case Cancelled:
		return ExitCancelled
	}
	return ExitFault
}
