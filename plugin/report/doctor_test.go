package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/report"
)

func diagnosis(t *testing.T, all ...report.Finding) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Doctor(&b, all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatTheDoctorFound(t *testing.T) {
	golden(t, "doctor", diagnosis(t,
		report.Finding{About: "engine", Grade: report.Fine, Text: "docker 28.5.2"},
		report.Finding{About: "engine", Grade: report.Wrong, Text: "no container runs", Next: "add to the step\n    volumes: [/var/run/docker.sock]\nand push"},
		report.Finding{About: "left over", Grade: report.Warning, Text: "of a killed run:\x1b[2J\nnetwork x", Next: "drone-packages clean"},
		report.Finding{About: "left over", Grade: report.Fine, Text: "5 images"},
	))
}

func TestTheDoctorsLastWord(t *testing.T) {
	for want, grades := range map[string][]report.Grade{
		"nothing is wrong":    {report.Fine},
		"1 warning":           {report.Fine, report.Warning},
		"2 wrong, 2 warnings": {report.Wrong, report.Warning, report.Warning, report.Wrong},
	} {
		var all []report.Finding
		for _, g := range grades {
			all = append(all, report.Finding{About: "x", Grade: g})
		}
		lines := strings.Split(strings.TrimSpace(diagnosis(t, all...)), "\n")
		if got := lines[len(lines)-1]; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheDoctorsWriterFails(t *testing.T) {
	if err := report.Doctor(failing{}, nil); err == nil {
		t.Error("no error")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }
