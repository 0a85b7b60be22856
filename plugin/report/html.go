package report

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/docker/go-units"

	"github.com/drone-packages/drone-packages/plugin/result"
)

var (
	//go:embed html/report.tmpl
	htmlPage string
	//go:embed html/report.css
	htmlStyle string
	//go:embed html/report.js
	htmlScript string
)

// html writes a page that needs nothing but itself: no file beside it, no
// network. Logs that are long are linked, and their ends embedded.
func html(w io.Writer, in Input) error {
	t, err := template.New("report").Funcs(htmlFuncs).Parse(htmlPage)
	if err != nil {
		return err
	}
	return t.Execute(w, htmlView(in))
}

var htmlFuncs = template.FuncMap{
	"line": printable, "text": prose, "clock": clock, "span": span, "href": href,
	"size":   func(n int64) string { return units.HumanSize(float64(n)) },
	"lines":  split,
	"mark":   func(o result.Outcome) string { return symbols.marks[o] },
	"plural": plural,
	"kept":   keptWords,
	"icon":   favicon,
	"short":  func(s string) string { return printable(s[:min(len(s), 12)]) },
	"title":  titleOf,
}

// favicon is a dot of the outcome's colour.
func favicon(o result.Outcome) template.URL {
	colours := map[result.Outcome]string{result.Passed: "1a7f37", result.Failed: "cf222e", result.Fault: "8250df"}
	colour := colours[o]
	if colour == "" {
		colour = "6e7781"
	}
	return template.URL("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='%23" + colour + "'/></svg>")
}

// longestProse is how many bytes of a text that may have several lines are shown.
const longestProse = 8 << 10

// prose is text of untrusted code, with its lines.
func prose(s string) string {
	s = escapes.ReplaceAllString(s, "")
	more := len(s) - longestProse
	if more > 0 {
		s = s[:longestProse]
	}
	s = strings.Map(visible, strings.ToValidUTF8(s, ""))
	if more > 0 {
		s += fmt.Sprintf("… %s more", plural(more, "byte"))
	}
	return s
}

// href is the way from the page to a file beside it.
func href(name string) string {
	return (&url.URL{Path: name}).String()
}

// titleOf is a check in one line, as a page can show it.
func titleOf(c result.Check) string { return printable(c.Title()) }

// view is what the page shows.
type view struct {
	result.Run
	Policy   string
	Style    template.CSS
	Script   template.JS
	Theme    template.JS
	Subject  string
	Verdict  string
	Waits    string
	Header   []string
	Rows     []rowView
	Jobs     []jobView
	Troubles []phaseView
	Warned   []phaseView
	Skips    []skipView
	Left     []leftView
	// More is how many of a list are not shown, by its name.
	More     map[string]int
	Timeline timeline
	Packages []packagesView
	Logs     map[int]logView
}

// htmlTheme is done before the page is painted.
const htmlTheme = `try{document.documentElement.dataset.theme=localStorage.getItem("drone-packages-theme")||"auto"}catch(e){}`

func htmlView(in Input) view {
	run := in.Run
	v := view{
		Run: run, Style: template.CSS(htmlStyle), Script: template.JS(htmlScript), Theme: htmlTheme,
		Policy: fmt.Sprintf("default-src 'none'; script-src %s %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'",
			hashOf(htmlScript), hashOf(htmlTheme), hashOf(htmlStyle)),
		Subject: subject(run), Verdict: counts(run), Waits: waits(run),
		Timeline: timelineOf(run), Packages: packagesOf(run), Logs: logsOf(in), More: map[string]int{},
	}
	header, rows := grid(run)
	for _, r := range rows {
		v.Rows = append(v.Rows, viewRow(r, header))
	}
	for _, phase := range header {
		v.Header = append(v.Header, printable(phase))
	}
	for i, j := range run.Jobs {
		v.Jobs = append(v.Jobs, viewJob(i, j))
	}
	v.lists()
	return v
}

// hashOf is how a policy names text that may be in the page.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// subject is what was built: its packages by name, or where they came from.
func subject(run result.Run) string {
	var names []string
	for _, j := range run.Jobs {
		if j.Package != "" && (j.Kind == "build" || j.Kind == "fetch") && !slices.Contains(names, printable(j.Package)) {
			names = append(names, printable(j.Package))
		}
	}
	switch {
	case len(names) == 0:
		return printable(run.Source.Path)
	case len(names) > 3:
		return strings.Join(names[:3], ", ") + fmt.Sprintf(" and %d more", len(names)-3)
	}
	return strings.Join(names, ", ")
}

// rowView is a row of the grid.
type rowView struct {
	Name   string
	Inner  bool // below a distro
	Worst  result.Outcome
	Took   result.Seconds
	Cells  []cellView
	Search string
}

// cellView is a cell: State for its looks, Words for who cannot see them, Parts
// for what it opens.
type cellView struct{ State, Mark, Words, Parts string }

func viewRow(r *row, header []string) rowView {
	v := rowView{Name: strings.TrimSpace(r.name), Inner: strings.HasPrefix(r.name, "  "), Took: r.took}
	var outcomes []result.Outcome
	for _, phase := range header {
		c := r.cell(phase)
		state, words := stateOf(c)
		v.Cells = append(v.Cells, cellView{state, symbols.cell(phase, c), fmt.Sprintf("%s, %s: %s", v.Name, printable(phase), words), partsOf(c.from)})
		outcomes = append(outcomes, c.outcome)
	}
	v.Worst = result.Worst(outcomes...)
	v.Search = v.Name + " " + string(v.Worst)
	return v
}

// stateOf is a cell for a style sheet, and in words.
func stateOf(c cell) (state, words string) {
	switch {
	case c.outcome == "":
		return "empty", "not asked"
	case !c.reached:
		return "not", "not reached"
	case c.outcome == result.Passed && c.warnings > 0:
		return "warned", "passed with " + plural(c.warnings, "warning")
	case c.of > 1 && c.bad > 0:
		return string(c.outcome), fmt.Sprintf("%s, %d of %d", c.outcome, c.bad, c.of)
	case c.of > 1:
		return string(c.outcome), fmt.Sprintf("%s, all of %d", c.outcome, c.of)
	}
	return string(c.outcome), string(c.outcome)
}

// partsOf names the parts of the page that a cell opens: "3.2" is a phase of a
// job, "3" the job.
func partsOf(from []origin) string {
	var names []string
	for _, o := range from {
		name := fmt.Sprint(o.job)
		if o.phase >= 0 {
			name = fmt.Sprintf("%d.%d", o.job, o.phase)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
