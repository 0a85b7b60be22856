package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// recorded is a run of the product's: testdata/recorded/README.md says of what.
// The directory is a copy of its output.
func recorded(t testing.TB) (result.Run, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "recorded"))); err != nil {
		t.Fatal(err)
	}
	// No tool there wrote in colours.
	log, err := os.OpenFile(filepath.Join(dir, "debian-13", "test.log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.WriteString("### colours\n\x1b[1;32mgreen\x1b[0m and not\n"); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	run, err := result.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return run, dir
}

// broken is a page of which a check must say something: edits are pairs of what
// it has and what is there instead.
type broken struct {
	what  string
	edits []string
	says  string
}

// lawless takes the policy away, which would keep most of what is broken from
// doing harm.
var lawless = []string{`http-equiv="Content-Security-Policy"`, `name="none"`}

func edited(old, new string) []string { return append([]string{old, new}, lawless...) }

// What the page is looked at on; what README shows is on the poster.
var (
	poster = screen{width: 1280, height: 860, scale: 2}
	desk   = screen{}
	night  = screen{scheme: "dark"}
	phone  = screen{width: 360, height: 780, scale: 2, phone: true}
	paper  = screen{width: 718, height: 1016, media: "print"}
)

// properties are what the page is in a browser. check looks at one, by keys and
// what is on the screen, and leaves the page as it is pictured.
var properties = []struct {
	name    string
	on      screen
	check   func(*tab) error
	picture bool
	whole   bool // the picture has all of the page
	broken  []broken
}{
	{"grid", poster, gridIsSeenFirst, true, false, []broken{
		{"below the fold", edited(".hero {", ".hero { padding-bottom: 900px;"), "the grid is not on the first screen"},
		{"without a row", edited(`<tr data-search="debian-13`, `<tr hidden data-search="debian-13`), "rows of the grid: debian-12, debian-sid"},
		{"in one colour", edited(".cell.failed { background: var(--fail-solid)", ".cell.failed { background: var(--pass-back)"), "failed cells look as passed ones"},
		{"without marks", edited(`aria-label="debian-sid, purge: failed">✗`, `aria-label="debian-sid, purge: failed">`), "cells without a mark: debian-sid, purge: failed"},
	}},
	{"cell", desk, aCellOpens, true, false, []broken{
		{"that opens nothing", edited("if (!panel.open) panel.showModal();", ""), "Enter opens the cell"},
		{"without its log", edited("body.append(viewer(job, Number(p.dataset.line)));", ""), "the log is there"},
		{"without what was expected", edited("<dt>expected</dt>", "<dt></dt>"), "expected and found"},
		{"whose line is not marked", edited(`e.classList.add("here")`, `e.classList.add("there")`), "the line of the log is marked and seen"},
	}},
	{"search", desk, searchFinds, true, false, []broken{
		{"that leaves all rows", edited("e.hidden = !words", "e.lang = !words"), "other rows are hidden"},
		{"that looks into no log", edited("inLogs(want);", ""), "lines of logs are listed"},
		{"whose lines open nothing", edited(`openLog(b.dataset.log,`, `String(b.dataset.log,`), "Enter shows the line in its log"},
	}},
	{"log", desk, aLogIsSearched, true, false, []broken{
		{"that finds nothing", edited("e.textContent.toLowerCase().includes(want)", "false"), "the search counts lines"},
		{"that does not go on", edited(`step(e.shiftKey ? -1 : 1)`, ``), "Enter goes to the next line"},
		{"without colours", edited(`shown.append(make("span", line[i], line[i + 1]))`, `shown.append(make("span", "", line[i + 1]))`), "colours are kept"},
	}},
	{"fold", desk, logsFold, true, false, []broken{
		{"that does not", edited("fold.onclick =", "fold.oncheck ="), "all is folded"},
		{"whose sections do not", edited(`byNumber.set(log.first + s.at, d);`, `d.firstChild.onclick = (e) => e.preventDefault();`), "Enter unfolds a section"},
		{"that hides nothing", edited(".lines summary {", ".lines details::details-content { content-visibility: visible; } .lines summary {"), "folded lines are hidden"},
	}},
	{"timeline", desk, theTimelineIsDrawn, true, false, []broken{
		{"blank", edited(".track line {", ".track { content-visibility: hidden; } .track line {"), "is not to be seen"},
		{"without widths", edited("rect.work {", "rect.work { width: 0;"), "is not to be seen"},
		{"in the colour of the ground", edited("rect.prepare { fill: var(--prepare); }", "rect.prepare { fill: var(--surface); }"), "prepare looks as the ground"},
		{"without names", edited("font-size: 13px; line-height: 24px;", "font-size: 0; line-height: 24px;"), "the name of"},
		{"with bars beside it", edited(".timeline svg { width: 100%;", ".timeline svg { width: 300%;"), "beside the timeline"},
	}},
	{"dark", night, theNightIsDark, true, false, []broken{
		{"by day only", edited("color-scheme: light dark;", "color-scheme: light;"), "the ground is rgb(245, 246, 248) at night"},
		{"whose button does nothing", edited("root.dataset.theme = name;", ""), "the button makes it light"},
	}},
	{"contrast", desk, textIsReadable, false, false, []broken{
		{"too little", edited("--muted: light-dark(#57606b", "--muted: light-dark(#b0b6bd"), "of 4.5"},
	}},
	{"contrast at night", night, textIsReadable, false, false, []broken{
		{"too little", edited("#9ba6b2);", "#4b5662);"), "of 4.5"},
	}},
	{"phone", phone, aPhoneIsWideEnough, true, false, []broken{
		{"too wide", edited(".stats {", ".stats { min-width: 500px;"), "the page is 5"},
		{"with a panel too wide", edited(".viewer {", ".viewer { width: 500px;"), "the panel is 5"},
		{"whose times are cut off", edited(".track text { display: none; }", ""), "off the screen: 2:21"},
		{"with small buttons", edited(".quiet { width: 34px; height: 34px;", ".quiet { width: 14px; height: 14px;"), "smaller than a finger: Theme"},
	}},
	{"paper", paper, paperHasAll, true, true, []broken{
		{"with the bar", edited(".top, .keys,", ".keys,"), "seen on paper: .top"},
		{"too wide", edited(".stats {", ".stats { min-width: 900px;"), "the page is 9"},
		{"dark", edited(":root, [data-theme=dark] { color-scheme: light;", ":root, [data-theme=dark] { color-scheme: dark;"), "the ground is"},
	}},
	{"keyboard", desk, keysAreEnough, false, false, []broken{
		{"without arrows", edited(`grid.addEventListener("keydown"`, `grid.addEventListener("keyhole"`), "ArrowRight goes to the next cell"},
		{"without a way back", edited("if (opener) opener.focus();", "if (opener) document.activeElement.blur();"), "Escape goes back to the cell"},
		{"with a button that is left out", edited(`<button id="theme" type="button"`, `<button id="theme" type="button" tabindex="-1"`), "not reached by Tab: Theme"},
		{"without rings", edited(":focus-visible { outline: 3px solid", ":focus-visible { outline: 0 solid"), "without a ring"},
		{"without a way to the search", edited(`e.key === "/"`, `e.key === "§"`), "/ goes to the search"},
	}},
	{"names", desk, allIsNamed, false, false, []broken{
		{"a nameless button", edited("</main>", "<button></button></main>"), "button without a name"},
		{"a nameless link", edited("</main>", `<a href="#grid"><svg></svg></a></main>`), "link without a name"},
		{"a nameless field", edited("</main>", "<input></main>"), "textbox without a name"},
		{"a cell of a mark alone", edited(`aria-label="debian-sid, purge: failed"`, ""), `button "✗" has a name without a word`},
		{"a panel's nameless button", edited(`aria-label="Close"`, ""), "button without a name"},
		{"no grid", edited(`role="grid" aria-labelledby="grid-title"`, `role="presentation"`), "no grid"},
	}},
	{"console", desk, nothingIsSaid, false, false, []broken{
		{"an error", edited(`"use strict";`, `"use strict"; setTimeout(() => nobody.home());`), "nobody is not defined"},
		{"words", edited(`"use strict";`, `"use strict"; console.warn("hm");`), "console.warning \"hm\""},
		{"a promise nobody keeps", edited("panel.scrollTop = 0;", `Promise.reject(new Error("not kept"));`), "not kept"},
		{"a style that the policy forbids", []string{"<main>", `<main style="color: red">`}, "Content Security Policy"},
		{"a script that the policy forbids", []string{"</main>", "<script>1</script></main>"}, "Content Security Policy"},
	}},
	{"network", desk, nothingIsAskedFor, false, false, []broken{
		{"a picture", edited("</main>", `<img src="http://127.0.0.1:9/a.png" alt=""></main>`), "asks for http://127.0.0.1:9/a.png"},
		{"a style sheet", edited("<style>", `<style>@import url("http://127.0.0.1:9/a.css");`), "asks for http://127.0.0.1:9/a.css"},
		{"a file beside it", edited("</main>", `<img src="a.png" alt=""></main>`), "a.png"},
		{"what a script fetches", edited("panel.scrollTop = 0;", `fetch("http://127.0.0.1:9/b").catch(() => {});`), "asks for http://127.0.0.1:9/b"},
	}},
}

// Each property is looked for on the page of a recorded run, and missed on
// pages that are broken on purpose.
func TestThePageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it needs chromium")
	}
	browser := chromium(t)
	run, dir := recorded(t)
	text := pageOf(t, dir, run)
	for _, c := range properties {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newTab(t, browser, c.on)
			p.open(t, filepath.Join(dir, "report.html"), 5000)
			if err := c.check(p); err != nil {
				t.Error(err)
			}
			if c.picture {
				p.shoot(t, c.name, c.whole)
			}
			for _, b := range c.broken {
				p.open(t, breakPage(t, text, b.edits), 500)
				if err := c.check(p); err == nil || !strings.Contains(err.Error(), b.says) {
					t.Errorf("%s: it says %v, want %q", b.what, err, b.says)
				}
			}
		})
	}
}

// breakPage is the file of a page that is edited.
func breakPage(t *testing.T, text string, edits []string) string {
	t.Helper()
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("the page has no %q", edits[i])
		}
		text = strings.ReplaceAll(text, edits[i], edits[i+1])
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
