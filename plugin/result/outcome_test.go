package result_test

import (
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

func TestWorstIsTheMostTelling(t *testing.T) {
	const passed, failed, skipped, cancelled, fault = result.Passed, result.Failed, result.Skipped, result.Cancelled, result.Fault
	for _, c := range []struct {
		outcomes []result.Outcome
		want     result.Outcome
	}{
		{nil, skipped},
		{[]result.Outcome{skipped}, skipped},
		{[]result.Outcome{passed, skipped}, passed},
		{[]result.Outcome{fault, passed}, fault},
		{[]result.Outcome{passed, failed, fault}, failed},
		{[]result.Outcome{failed, cancelled, fault}, cancelled},
		{[]result.Outcome{"", passed}, passed},
		{[]result.Outcome{""}, skipped},
	} {
		if got := result.Worst(c.outcomes...); got != c.want {
			t.Errorf("%q: %s, want %s", c.outcomes, got, c.want)
		}
	}
}

func TestExitCodesAreAContract(t *testing.T) {
	for o, want := range map[result.Outcome]int{
		result.Passed: 0, result.Failed: 1, result.Fault: 3, result.Cancelled: 130,
		result.Skipped: 3, "": 3, "unheard-of": 3,
	} {
		if got := result.ExitCode(o); got != want {
			t.Errorf("%q: %d, want %d", o, got, want)
		}
	}
}

func TestOnlyWhatPassedIsGreen(t *testing.T) {
	if result.ExitCode(result.Worst()) == 0 {
		t.Error("a run in which nothing was done is green")
	}
	if result.ExitCode(result.Worst(result.Passed, result.Cancelled)) == 0 {
		t.Error("a run that was cancelled is green")
	}
}
