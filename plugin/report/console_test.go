package report_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

var update = flag.Bool("update", false, "write the goldens anew")

// runs are what goldens are made of.
var runs = map[string]func() result.Run{
	"green": green, "failed": failed, "faults": faults, "warned": warned, "skipped": skipped, "linted": linted,
	"cancelled": cancelled, "several": several, "nothing": nothing, "wide": wide, "hostile": hostile,
	"kept": kept, "silent": silent,
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (run make golden if it is meant):\n%s", file, d)
	}
}

func console(t *testing.T, run result.Run, s report.Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Console(&b, run, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheEndOfARun(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			golden(t, name, console(t, run(), report.Style{}))
		})
	}
}

func TestTheEndOfARunInASCII(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			text := console(t, run(), report.Style{ASCII: true})
			if name == "failed" || name == "faults" || name == "warned" || name == "several" || name == "skipped" {
				golden(t, name+".ascii", text)
			}
			if i := strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }); i >= 0 && name != "hostile" && name != "wide" {
				t.Errorf("not ASCII: %q", text[i:min(len(text), i+20)])
			}
		})
	}
}

func TestTheEndOfARunIsAFunctionOfItsResult(t *testing.T) {
	for name, run := range runs {
		r := run()
		before := console(t, r, report.Style{})
		if d := cmp.Diff(run(), r); d != "" {
			t.Errorf("%s was changed:\n%s", name, d)
		}
		if after := console(t, r, report.Style{}); after != before {
			t.Errorf("%s is another one the second time", name)
		}
	}
}

func TestWhatIsShownOfHostileResultsIsHarmless(t *testing.T) {
	text := console(t, hostile(), report.Style{})
	if !utf8.ValidString(text) {
		t.Error("no UTF-8")
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r) {
			t.Errorf("%U is shown", r)
		}
	}
	for line := range strings.Lines(text) {
		if len(line) > 2500 {
			t.Errorf("a line of %d bytes", len(line))
		}
		if strings.HasPrefix(line, "✓") {
			t.Errorf("a forged line: %s", line)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAConsoleThatIsGoneIsAnError(t *testing.T) {
	if err := report.Console(full{}, green(), report.Style{}); err == nil || err.Error() != "no space left" {
		t.Errorf("%v", err)
	}
}
