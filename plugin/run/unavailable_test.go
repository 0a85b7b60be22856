package run

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnavailable(t *testing.T) {
	many := strings.Repeat("unavailable a\tb\tno b\n", maxAlso+3)
	for text, want := range map[string]string{
		"unavailable greeter\tlibfoo (>= 2)\tlibfoo 1.3\n":       "greeter depends on libfoo (>= 2), the archive has 1.3",
		"E: x\nunavailable greeter\tlibfoo\tno libfoo\nmore\n":   "greeter depends on libfoo, the archive has no libfoo",
		"unavailable a\tb (>= 2) | c\tb 1, no c\n":               "a depends on b (>= 2) | c, the archive has b 1, no c",
		"unavailable a\tb\tb 1.0, which cannot be installed\n":   "a depends on b, the archive has 1.0, which cannot be installed",
		"unavailable a\tb\nunavailable\nunavailable things\n":    "",
		"it is unavailable a\tb\tno b\nunavailable a\tb\tc\td\n": "",
		"unavailable a\tb\tno b\nunavailable b\tc (= 1)\tno c\n": "a depends on b, the archive has no b; b depends on c (= 1), the archive has no c",
		many: strings.Repeat("a depends on b, the archive has no b; ", maxAlso) + "and more: see the log",
	} {
		var got []string
		for _, f := range unavailable(strings.Split(text, "\n")) {
			got = append(got, f.Text)
			if f.Label != "unavailable" {
				t.Errorf("the label is %q", f.Label)
			}
		}
		if d := cmp.Diff(want, strings.Join(got, "; ")); d != "" {
			t.Error(fmt.Sprintf("%q", text), d)
		}
	}
}
