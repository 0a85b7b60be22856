package report_test

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestBadge(t *testing.T) {
	for name, words := range map[string]string{
		"green": "2 passed", "failed": "5 of 5 failed", "faults": "4 of 4 with a fault", "several": "1 of 2 failed",
		"cancelled": "cancelled", "nothing": "nothing was done", "hostile": "1 of 1 failed",
	} {
		text := rendered(t, "badge", "badge.svg", runs[name]())
		if !strings.Contains(text, ">"+words+"</text>") {
			t.Errorf("%s: it does not say %q:\n%s", name, words, text)
		}
	}
	golden(t, filepath.Join("badge", "failed"), rendered(t, "badge", "badge.svg", failed()))
	golden(t, filepath.Join("badge", "green"), rendered(t, "badge", "badge.svg", green()))
}
