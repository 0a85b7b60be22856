package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// page is the page of a run whose logs hold certain texts, by their names.
func page(t testing.TB, run result.Run, logs map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range logs {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return pageOf(t, dir, run)
}

func pageOf(t testing.TB, dir string, run result.Run) string {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // nothing buffered
	if err := report.Write(root, run, []string{"html"}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ownParts are the style and the scripts, which are files of their own, and the
// policy that names them.
var ownParts = regexp.MustCompile(`(?s)<style>.*?</style>\n|<script>.*?</script>\n|<meta http-equiv[^>]*>\n`)

func TestPage(t *testing.T) {
	for _, name := range []string{"failed", "nothing"} {
		text := page(t, runs[name](), map[string]string{"debian-13/test.log": "### boot\n\x1b[1;31mno\x1b[0m <way>\n"})
		golden(t, filepath.Join("html", name), ownParts.ReplaceAllString(text, ""))
	}
}

// elements are those of a page, templates and all.
func elements(t testing.TB, text string) []*html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestThePageNeedsNothingButItself(t *testing.T) {
	for name, run := range runs {
		for _, n := range elements(t, page(t, run(), nil)) {
			for _, key := range []string{"src", "srcset", "action", "style", "onclick", "onload", "data"} {
				if v := attribute(n, key); v != "" {
					t.Errorf("%s: <%s %s=%q>", name, n.Data, key, v)
				}
			}
			where := attribute(n, "href")
			if icon := strings.HasPrefix(where, "data:image/svg+xml,"); n.Data == "link" && !icon || !icon && strings.Contains(where, ":") || strings.HasPrefix(where, "/") {
				t.Errorf("%s: <%s href=%q>", name, n.Data, where)
			}
		}
	}
}

func TestThePolicyAllowsItsOwnPartsAndNoOthers(t *testing.T) {
	text := page(t, failed(), nil)
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)
	if policy == nil || !strings.HasPrefix(policy[1], "default-src &#39;none&#39;;") || strings.Contains(policy[1], "unsafe") {
		t.Fatalf("the policy: %q", policy)
	}
	allowed := html.UnescapeString(policy[1])
	for _, own := range regexp.MustCompile(`(?s)<(style|script)>(.*?)</(?:style|script)>`).FindAllStringSubmatch(text, -1) {
		sum := sha256.Sum256([]byte(own[2]))
		if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(allowed, "'sha256-"+hash+"'") {
			t.Errorf("%s of %d bytes is not in the policy", own[1], len(own[2]))
		}
	}
}

func TestWhatIsPressedHasAName(t *testing.T) {
	ids := map[string]bool{}
	for _, n := range elements(t, page(t, failed(), nil)) {
		if id := attribute(n, "id"); id != "" && ids[id] {
			t.Errorf("two of %s", id)
		} else {
			ids[id] = true
		}
		if n.Data == "button" && attribute(n, "aria-label") == "" && strings.TrimSpace(textOf(n)) == "" {
			t.Errorf("a button without a name: %v", n.Attr)
		}
	}
	for _, want := range []string{"grid", "troubles", "timeline", "packages", "panel", "search", "theme"} {
		if !ids[want] {
			t.Errorf("no %s", want)
		}
	}
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// log is what a page has of a job's log.
type log struct {
	First, Total int
	Lines        []any
	Missing      string
}

func logIn(t testing.TB, text string, job int) log {
	t.Helper()
	m := regexp.MustCompile(fmt.Sprintf(`(?s)<script type="application/json" id="log-%d">(.*?)</script>`, job)).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no log of job %d", job)
	}
	var l log
	if err := json.Unmarshal([]byte(m[1]), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// oneLog is a run of one job, and the file of its log.
func oneLog() (result.Run, string) {
	run := runOf(result.Passed, distro("debian-12")[test:])
	return run, run.Jobs[0].Log
}

func TestColoursOfLogsAreKept(t *testing.T) {
	run, file := oneLog()
	for line, want := range map[string]any{
		"plain": "plain", "": "", "\x1b[0m": "",
		"\x1b[31mred\x1b[0m and not":                          []any{"f1", "red", "", " and not"},
		"\x1b[1;4;92mall\x1b[22mless":                         []any{"f10 b u", "all", "f10 u", "less"},
		"\x1b[3;7;2mx\x1b[23;27;22my\x1b[39;49mz":             []any{"d i v", "x", "", "y", "", "z"},
		"\x1b[44;38;5;3mpalette\x1b[48;5;200;38;2;1;2;3mmore": []any{"f3 g4", "palette", "", "more"},
		"\x1b[38;5mshort\x1b[38;2;1mshorter":                  []any{"", "short", "", "shorter"},
		"10%\r50%\r100%\r":                                    "100%",
		"\x1b]0;title\x07\x1b[2Kclean\x1b[1A":                 "clean",
		"<b>\u202ebidi\x00\x08</b> caf\xe9":                   "<b>bidi</b> caf",
		"\x1b[mreset\x1b[;mtoo":                               []any{"", "reset", "", "too"},
		"\x1b[99999999999999999999mhuge\x1b[31":               "huge[31",
	} {
		got := logIn(t, page(t, run, map[string]string{file: line + "\n"}), 0)
		if d := cmp.Diff([]any{want}, got.Lines); d != "" {
			t.Errorf("%q: %s", line, d)
		}
	}
}

func TestALongLineIsCutAndSaysSo(t *testing.T) {
	run, file := oneLog()
	got := logIn(t, page(t, run, map[string]string{file: strings.Repeat("é", 1<<16)}), 0)
	if d := cmp.Diff([]any{"", strings.Repeat("é", 2<<10), "more", "… 126976 bytes more"}, got.Lines[0]); d != "" {
		t.Error(d)
	}
}

// Of a log that is long the end is in the page, with the numbers it has in the
// file.
func TestALongLogIsLinkedAndItsEndEmbedded(t *testing.T) {
	run, file := oneLog()
	var b strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&b, "line %d\n", i+1)
	}
	text := page(t, run, map[string]string{file: b.String()})
	got := logIn(t, text, 0)
	if len(text) > 1<<20 || got.Total != 1_000_000 || got.First < 900_000 {
		t.Errorf("%d bytes, lines %d to %d", len(text), got.First, got.Total)
	}
	for i, line := range got.Lines {
		if line != fmt.Sprintf("line %d", got.First+i) {
			t.Fatalf("line %d is %q", got.First+i, line)
		}
	}
	if !strings.Contains(text, `"href":"debian-12/test.log"`) {
		t.Error("no link to the whole")
	}
}

func TestManyLogsShareTheRoomOfThePage(t *testing.T) {
	logs := map[string]string{}
	var jobs [][]result.Job
	for i := range 100 {
		jobs = append(jobs, distro(fmt.Sprintf("distro-%d", i))[build:])
		for _, j := range jobs[i] {
			logs[j.Log] = strings.Repeat("a line of a log\n", 1<<14)
		}
	}
	jobs[7][0].Outcome, jobs[9][1].Outcome = result.Failed, result.Fault
	text := page(t, runOf(result.Failed, jobs...), logs)
	if len(text) < 4<<20 || len(text) > 8<<20 {
		t.Errorf("%d bytes", len(text))
	}
	passed := len(logIn(t, text, 0).Lines)
	if passed < 1000 {
		t.Errorf("%d lines of what passed", passed)
	}
	for _, i := range []int{2 * 7, 2*9 + 1} {
		if n := len(logIn(t, text, i).Lines); n < 7*passed || n > 9*passed {
			t.Errorf("%d lines of what did not pass, %d of what did", n, passed)
		}
	}
}

// A log that is not to be had is no reason to have no page.
func TestALogThatCannotBeReadIsToldOf(t *testing.T) {
	run, file := oneLog()
	if got := logIn(t, page(t, run, nil), 0); !strings.Contains(got.Missing, "no such file") || got.Lines == nil {
		t.Errorf("%+v", got)
	}
	outside := filepath.Join(t.TempDir(), "secret")
	for what, c := range map[string]struct {
		make func(name string) error
		want string
	}{
		"a pipe":      {func(name string) error { return syscall.Mkfifo(name, 0o644) }, "not a file"},
		"a directory": {func(name string) error { return os.Mkdir(name, 0o755) }, "not a file"},
		"a way out":   {func(name string) error { return os.Symlink(outside, name) }, "escapes"},
	} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "debian-12"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := c.make(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
		if got := logIn(t, pageOf(t, dir, run), 0); !strings.Contains(got.Missing, c.want) {
			t.Errorf("%s: %q", what, got.Missing)
		}
	}
}

func TestAPageOfTenThousandFailures(t *testing.T) {
	all := many(1_000)
	for i := range all.Jobs {
		for p := range all.Jobs[i].Phases {
			all.Jobs[i].Phases[p].Problem = &result.Problem{Title: fmt.Sprint("failed ", p), Lines: []string{"<script>"}}
		}
	}
	text := page(t, all, nil)
	if len(text) > 32<<20 {
		t.Errorf("%d bytes", len(text))
	}
	if !strings.Contains(text, "and 9940 more: each cell of the grid has its own.") || !strings.Contains(text, "and 1000 jobs more.") {
		t.Error("it does not say how much is elsewhere")
	}
	run, _ := oneLog()
	for i := range 10_000 {
		p := phaseOf(&run.Jobs[0], "purge")
		p.Checks = append(p.Checks, result.Check{Kind: "leftover", Subject: fmt.Sprint(i), Outcome: result.Failed})
	}
	if text := page(t, run, nil); !strings.Contains(text, "and 9600 checks more, in results.json.") {
		t.Error("it does not say how many checks are elsewhere")
	}
}

// What is wrong for one reason in many phases is told once, with the others
// named; what only looks like it, in another job or by other words, is not.
func TestWhatIsTheSameIsToldOnce(t *testing.T) {
	one, other := distro("debian-12"), distro("debian-13")
	for _, j := range []*result.Job{&one[test], &other[test]} {
		for phase, title := range map[string]string{"service": "it does not run", "restart": "it does not run", "purge": "it is left", "return": "it does not run"} {
			phaseOf(j, phase).Problem = &result.Problem{Title: title}
		}
		for _, phase := range []string{"boot", "install", "reinstall"} {
			phaseOf(j, phase).Checks = []result.Check{{Kind: "journal", Subject: "journal", Attribute: phase[len(phase)-4:], Warning: true}}
		}
	}
	var told []string
	for _, n := range elements(t, page(t, runOf(result.Failed, one, other), nil)) {
		if strings.HasPrefix(attribute(n, "class"), "card ") {
			told = append(told, strings.Join(strings.Fields(textOf(n.FirstChild.NextSibling)), " "))
		}
	}
	want := []string{
		"✓ debian-12 service and the same in restart, return", "✓ debian-12 purge",
		"✓ debian-13 service and the same in restart, return", "✓ debian-13 purge",
		"! debian-12 boot", "! debian-12 install and the same in reinstall",
		"! debian-13 boot", "! debian-13 install and the same in reinstall",
	}
	if d := cmp.Diff(want, told); d != "" {
		t.Error(d)
	}
}

// A machine that was ready before its packages were stands where it waited, and
// what took no time is there all the same.
func TestTheTimelineShowsWhoWaitedForWhat(t *testing.T) {
	jobs := distro("debian-12")
	jobs[image].Started, jobs[image].Duration, jobs[image].Cached = 0, 0.001, true
	jobs[test].Started, jobs[test].Duration, jobs[test].Idle, jobs[test].Waited = 20, 80, 10, 5
	jobs[test].Phases = []result.Phase{{Name: "boot", Duration: 6}, {Name: "services", Duration: 4}, {Name: "install", Duration: 50}, {Name: "purge", Duration: 10}}
	var bars []string
	for _, n := range elements(t, page(t, runOf(result.Passed, jobs), nil)) {
		if n.Data == "rect" && n.Parent.Data == "svg" && attribute(n, "x") != "" {
			bars = append(bars, fmt.Sprintf("%s %s %s", attribute(n, "x"), attribute(n, "width"), textOf(n)))
		}
	}
	want := []string{
		"0.00% 0.35% image, 0.0 s", "12.00% 12.00% environment, 12 s", "12.00% 9.00% machine, 9.0 s", "24.00% 23.00% build, 23 s",
		"15.00% 5.00% waited for a slot, 5.0 s", "20.00% 80.00% test, 1:20", "20.00% 6.00% boot, 6.0 s", "26.00% 4.00% services, 4.0 s",
		"30.00% 10.00% ready, waited for packages, 10 s", "40.00% 50.00% install, 50 s", "90.00% 10.00% purge, 10 s",
	}
	if d := cmp.Diff(want, bars); d != "" {
		t.Error(d)
	}
}

// hostileEverywhere is a run with a text wherever one may be.
func hostileEverywhere(bad string) result.Run {
	jobs := distro("debian-12")
	for i := range jobs {
		jobs[i].Distro, jobs[i].Package, jobs[i].Reason, jobs[i].Kept = bad, bad, bad, bad
	}
	stop(&jobs[test], "service", result.Failed, result.Problem{
		Title: bad, Hint: bad, Log: bad, Again: bad, Shell: bad, Lines: []string{bad}, Facts: []result.Fact{{Label: bad, Text: bad}},
	}, false)
	check := result.Check{Kind: bad, Subject: bad, Attribute: bad, Outcome: result.Failed, Reason: bad, Expected: bad, Found: bad, Severity: bad, Lines: []string{bad}}
	warning, passed := check, check
	warning.Warning, passed.Outcome = true, result.Passed
	p := phaseOf(&jobs[test], "service")
	p.Name, p.Notes, p.Checks, p.Log = bad, []string{bad}, []result.Check{check, warning, passed, {Kind: "leftover", Subject: bad, Outcome: result.Failed, Found: bad}}, bad
	run := runOf(result.Failed, jobs)
	run.Version, run.ID, run.Reason, run.Output = bad, bad, bad, bad
	run.Source = result.Source{Path: bad, Revision: bad, Version: bad}
	run.Host = result.Host{Engine: bad, Version: bad, Platform: bad}
	run.Packages = []result.Package{{Name: bad, Version: bad, Arch: bad, Distro: bad, Path: bad, SHA256: bad, FileCount: 2, Files: []result.File{{Path: bad}}}}
	return run
}

// shape is what a page is made of, whatever its texts say.
func shape(t testing.TB, text string) map[string]int {
	count := map[string]int{}
	for _, n := range elements(t, text) {
		count[n.Data]++
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if where := strings.ToLower(a.Val); a.Key == "href" && strings.HasPrefix(where, "javascript:") {
				t.Errorf("<%s href=%q>", n.Data, a.Val)
			}
		}
	}
	return count
}

func FuzzPage(f *testing.F) {
	for _, bad := range []string{
		"", "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "</style>", "<!--", "]]>", "javascript:alert(1)", "//host/x",
		"\" onclick=x \"", "'", "`${1}`", "\x1b[31mred\x1b[0m", "\x00\x07\x1b]0;x\x07", "caf\xe9\xff", "\u202e\u2028", "::error::x", "{{.}}", "</template>", "</textarea><template>", strings.Repeat("x", 1<<20),
	} {
		f.Add(bad)
	}
	want := map[string]int{}
	f.Fuzz(func(t *testing.T, bad string) {
		run := hostileEverywhere(bad)
		run.Jobs[test].Log = "test.log"
		text := page(t, run, map[string]string{"test.log": bad + "\n" + bad})
		if !utf8.ValidString(text) {
			t.Error("no UTF-8")
		}
		shown := ownParts.ReplaceAllString(text, "")
		for i, r := range shown {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%U is shown: %q", r, shown[max(0, i-80):i+20])
			}
		}
		got := shape(t, text)
		for _, name := range []string{"script", "style", "template", "link", "meta", "dialog", "img", "iframe", "object", "base", "form"} {
			if want[name] == 0 {
				want[name] = shape(t, page(t, hostileEverywhere("x"), nil))[name]
			}
			if name != "script" && name != "template" && got[name] != want[name] {
				t.Errorf("%d of <%s>, want %d", got[name], name, want[name])
			}
		}
		if logIn(t, text, test).Lines == nil {
			t.Error("the log is not there")
		}
	})
}
