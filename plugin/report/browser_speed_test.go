package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// manyRecorded is the recorded run's distros again and again, until it has 200
// jobs with 100 MB of logs.
func manyRecorded(t *testing.T) string {
	t.Helper()
	run, dir := recorded(t)
	jobs := run.Jobs
	run.Jobs, run.Packages = nil, nil
	for i := 0; len(run.Jobs) < 200; i++ {
		for _, j := range jobs {
			if j.Distro == "services" && i > 0 {
				continue // all distros share them
			}
			text, err := os.ReadFile(filepath.Join(dir, j.Log))
			if err != nil {
				t.Fatal(err)
			}
			distro := j.Distro
			if i > 0 {
				distro += fmt.Sprintf("-%d", i)
			}
			j.Name, j.Distro = strings.Replace(j.Name, j.Distro, distro, 1), distro
			j.Log = filepath.Join(distro, filepath.Base(j.Log))
			writeLog(t, filepath.Join(dir, j.Log), text, 500_000)
			run.Jobs = append(run.Jobs, j)
		}
	}
	run.Jobs = run.Jobs[:200]
	return pageFile(t, dir, run)
}

func pageFile(t *testing.T, dir string, run result.Run) string {
	t.Helper()
	pageOf(t, dir, run)
	return filepath.Join(dir, "report.html")
}

// writeLog writes a text again and again until the file has a size.
func writeLog(t *testing.T, file string, text []byte, size int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, slices.Concat(slices.Repeat(text, size/len(text)+1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// drawnAfter is how many milliseconds after the navigation began the page is
// painted whole, of the best of some loads: the first that is under a second
// ends it, since others use this machine.
func (p *tab) drawnAfter(t *testing.T, file string, loads int) float64 {
	t.Helper()
	_, err := chromedp.Call(p.ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => setTimeout(() => { window.drawn = performance.now(); })));`,
	})
	if err != nil {
		t.Fatal(err)
	}
	best := 0.
	for i := range loads {
		p.open(t, file, 10_000)
		if err := p.becomes("the page is drawn", "window.drawn"); err != nil {
			t.Fatal(err)
		}
		took, err := ask[float64](p, "window.drawn")
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 || took < best {
			best = took
		}
		if best < 1000 {
			break
		}
	}
	return best
}

// The browser's own clock is asked, which is what issue 5 promises.
func TestTwoHundredJobsAreDrawnWithinASecond(t *testing.T) {
	if testing.Short() {
		t.Skip("it needs chromium")
	}
	file := manyRecorded(t)
	p := newTab(t, chromium(t), desk)
	took := p.drawnAfter(t, file, 8)
	t.Logf("%.0f ms", took)
	if took >= 1000 {
		t.Errorf("200 jobs are drawn after %.0f ms", took)
	}
	if err := inOrder(
		p.so("each job is in the timeline", `document.querySelectorAll(".timeline li").length === 200`),
		p.so("each distro is in the grid", `document.querySelectorAll(".grid tbody tr").length > 30`),
		p.so("a log is linked, and its end is there", `JSON.parse(document.querySelector("script[id^=log-]").textContent).first > 1`),
	); err != nil {
		t.Error(err)
	}
	p.shoot(t, "200-jobs", false)

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	slow := breakPage(t, string(text), edited(`"use strict";`, `"use strict"; for (const end = performance.now() + 1000; performance.now() < end;);`))
	if took := p.drawnAfter(t, slow, 2); took < 1000 {
		t.Errorf("what takes a second by itself is drawn after %.0f ms", took)
	}
}
