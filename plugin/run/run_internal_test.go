package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hinshun/vt10x"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// testLog is a job's log in a directory of its own.
func testLog(t *testing.T, secrets ...string) (*jobLog, *bytes.Buffer, string) {
	t.Helper()
	dir, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	var console bytes.Buffer
	o := Options{Dir: dir, Console: &console, Secrets: secrets, Now: time.Now}
	j := plan.Job{Name: "debian-12/build/x", Kind: plan.Build, Distro: "debian-12", Package: "x"}
	r := &runner{o: o, console: newConsole(o, time.Now(), 12)}
	l, err := r.openLog(j)
	if err != nil {
		t.Fatal(err)
	}
	return l, &console, dir.Name()
}

func TestSecretsReachNeitherConsoleNorFile(t *testing.T) {
	l, console, dir := testLog(t, "hunter2", "two\nlines")
	fmt.Fprint(l, "password hun")
	fmt.Fprint(l, "ter2\nand two, lines\n")
	l.console.verbose = true
	fmt.Fprintln(l, "again hunter2")
	l.close()
	text, err := os.ReadFile(dir + "/" + l.name)
	if err != nil {
		t.Fatal(err)
	}
	want := "password ******\nand ******, ******\nagain ******\n"
	if d := cmp.Diff(want, string(text)); d != "" {
		t.Error(d)
	}
	if strings.Contains(console.String(), "hunter2") || !strings.Contains(console.String(), "again ******") {
		t.Errorf("console: %q", console)
	}
}

func TestConsoleShowsNoControlBytes(t *testing.T) {
	l, console, _ := testLog(t)
	l.console.print("debian-12 build", "\x1b[2Jwiped\r\x07")
	if got := console.String(); !strings.HasSuffix(got, "debian-12 build  wiped\n") {
		t.Errorf("%q", got)
	}
}

func TestDigestShowsTheTellingLines(t *testing.T) {
	l, _, _ := testLog(t)
	for i := range 100 {
		fmt.Fprintf(l, "line %d\n", i)
	}
	fmt.Fprintln(l, "x.c:3:17: error: expected ';'")
	for i := range 100 {
		fmt.Fprintf(l, "more %d\n", i)
	}
	p := l.digest(50)
	if p.Log != "debian-12/build-x.log:101" {
		t.Errorf("log %s", p.Log)
	}
	if len(p.Lines) > digestLines+1 || p.Lines[2] != "x.c:3:17: error: expected ';'" || p.Lines[len(p.Lines)-1] != "more 99" {
		t.Errorf("lines %q", p.Lines)
	}
}

func TestDigestOfASilentFailureIsItsLastLines(t *testing.T) {
	l, _, _ := testLog(t)
	fmt.Fprintln(l, "before")
	mark := l.lines()
	fmt.Fprintln(l, "only this")
	if d := cmp.Diff([]string{"only this"}, l.digest(mark).Lines); d != "" {
		t.Error(d)
	}
}

func TestVerdictFailsWithTheFirstFailedCheck(t *testing.T) {
	l, _, _ := testLog(t)
	done := &result.Phase{Checks: []result.Check{
		{Kind: "service", Subject: "a.service", Attribute: "loaded", Outcome: result.Passed},
		{Kind: "service", Subject: "a.service", Attribute: "active", Outcome: result.Failed, Expected: "active", Found: "failed", Lines: []string{"journal"}},
		{Kind: "file", Subject: "/x", Attribute: "link", Outcome: result.Failed, Found: "dangling"},
		{Kind: "user", Subject: "x", Outcome: result.Failed, Warning: true},
	}}
	var f *failure
	if !errors.As(verdict(done, l), &f) {
		t.Fatal("no failure")
	}
	if f.problem.Title != "service a.service: active (and 1 more)" || f.problem.Lines[0] != "journal" {
		t.Errorf("%+v", f.problem)
	}
	if got := verdict(&result.Phase{Checks: done.Checks[:1]}, l); got != nil {
		t.Errorf("a passed check fails: %v", got)
	}
}

func TestListenReadsWhatRecipesAnnounce(t *testing.T) {
	r := &runner{outputs: map[string]*output{}}
	j := &job{runner: r, Job: plan.Job{Name: "b"}}
	done := &result.Phase{}
	j.listen(plan.Exec{Announces: true}, "noise\npackage greeter 1.4.0 amd64 greeter_1.4.0_amd64.deb\n", done)
	if d := cmp.Diff([]check.Package{{Name: "greeter", Version: "1.4.0"}}, r.outputs["b"].packages); d != "" {
		t.Error(d)
	}
	j.listen(plan.Exec{}, "dependency libc6\ndependency adduser\n", done)
	if d := cmp.Diff([]string{"2 dependencies: libc6, adduser"}, done.Notes); d != "" {
		t.Error(d)
	}
}

func TestAPackageApartIsNotTestedAndSaysSo(t *testing.T) {
	l, console, _ := testLog(t)
	r := &runner{console: l.console, o: Options{Now: time.Now}, outputs: map[string]*output{
		"b": {packages: []check.Package{{Name: "dnsmasq-base"}, {Name: "dnsmasq-base-lua"}}},
	}}
	j := &job{runner: r, log: l, Job: plan.Job{Name: "t", Needs: []string{"b"}}}
	done := &result.Phase{}
	j.listen(plan.Exec{}, "apart dnsmasq-base-lua dnsmasq-base\n", done)
	if d := cmp.Diff([]check.Package{{Name: "dnsmasq-base"}}, j.tested()); d != "" {
		t.Error(d)
	}
	want := "not tested: it cannot be installed beside dnsmasq-base"
	if c := done.Checks[0]; c.Outcome != result.Skipped || !c.Warning || c.Found != want || !strings.Contains(console.String(), want) {
		t.Errorf("%+v\n%s", c, console)
	}
	if err := verdict(done, l); err != nil {
		t.Errorf("that is a failure: %v", err)
	}
	if len(r.outputs["b"].packages) != 2 {
		t.Error("what was built has changed")
	}
}

func TestBootstrapArguments(t *testing.T) {
	args := bootstrapArgs(plan.Bootstrap{Suite: "sid", Components: []string{"main", "universe"}, Keyring: "k.gpg", Mirror: "https://mirror.example/"}, "linux/arm64", "/x.tar")
	want := []string{
		"--variant=minbase", "--architectures=arm64", "--components=main,universe", "--keyring=/usr/share/keyrings/k.gpg",
		`--aptopt=Acquire::Check-Valid-Until "false"`, "sid", "/x.tar", "https://mirror.example/",
	}
	if d := cmp.Diff(want, args); d != "" {
		t.Error(d)
	}
	plain := bootstrapArgs(plan.Bootstrap{Suite: "trixie", CheckValidUntil: true}, "linux/amd64", "/x.tar")
	if slices.ContainsFunc(plain, func(a string) bool { return strings.Contains(a, "Valid-Until") }) {
		t.Errorf("expired lists are accepted unasked: %q", plain)
	}
}

func TestBootstrapWithoutItsToolSaysWhatToDo(t *testing.T) {
	_, err := BootstrapHere(t.Context(), plan.Bootstrap{Tool: "no-such-bootstrap"}, "linux/amd64", &bytes.Buffer{})
	want := "no-such-bootstrap is not installed here: install it, use the plugin's image, or reach a registry"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSlotsEndWithTheRun(t *testing.T) {
	s := newSlots(plan.Plan{Builds: 1, Machines: 1})
	release, err := s.take(t.Context(), plan.Build)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errFailFast)
	if _, err := s.take(ctx, plan.Environment); !errors.Is(err, errFailFast) {
		t.Errorf("a cancelled run hands out slots: %v", err)
	}
	release()
	if _, err := s.take(t.Context(), plan.Environment); err != nil {
		t.Errorf("a slot given back is not free: %v", err)
	}
}

func TestExitWords(t *testing.T) {
	for code, want := range map[int]string{75: "the host, its network or a mirror, not the package", 127: "command not found", 137: "killed: out of memory?", 1: ""} {
		if got := exitWords(code); got != want {
			t.Errorf("%d: %q, want %q", code, got, want)
		}
	}
}

func TestABuildHandsOverSoMuchAndNoMore(t *testing.T) {
	f, err := spool(strings.NewReader("four"), 4)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // a temporary file
	more, err := spool(strings.NewReader("five!"), 4)
	if !errors.Is(err, engine.ErrHostile) || err.Error() != "refused: more than 4 B" {
		t.Errorf("%v", err)
	}
	_ = more.Close()
}

func TestHeadIsTheBeginning(t *testing.T) {
	h := head{room: 5}
	for _, p := range []string{"abc", "def", "ghi"} {
		if n, err := h.Write([]byte(p)); n != 3 || err != nil {
			t.Errorf("%d %v", n, err)
		}
	}
	if h.String() != "abcde" {
		t.Errorf("%q", h.String())
	}
}

func TestSizesAsPeopleSayThem(t *testing.T) {
	for n, want := range map[int64]string{7: "7 B", 48_123: "48 kB", 1_250_000: "1.2 MB", 17_179_869_184: "17.2 GB"} {
		if got := sizeWords(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestDurationsAsPeopleWriteThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30 * time.Minute: "30m", 2 * time.Hour: "2h", 90 * time.Second: "1m30s", 10 * time.Second: "10s", 90 * time.Minute: "1h30m",
	} {
		if got := short(d); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Whatever its size, and however many rows there are: no line is lost, and no
// row is left.
func TestAFootLeavesTheLines(t *testing.T) {
	for _, height := range []int{0, 1, 2, 5, 200} {
		screen := vt10x.New(vt10x.WithSize(40, 100))
		f := &foot{size: func() (int, int) { return 20, height }}
		send := func(text string) {
			if _, err := io.WriteString(screen, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
				t.Fatal(err)
			}
		}
		want := ""
		for i := range 9 {
			line := fmt.Sprintf("line %d\n", i)
			want += line
			f.rows = slices.Repeat([]string{"a row that is much too long 文"}, i%5)
			send(f.below(line))
			f.rows = slices.Repeat([]string{"文文文文文文文文文文文文文文文文文文文文"}, i%3)
			send(f.below(""))
		}
		f.rows = nil
		send(f.below("last line\n"))
		got := ""
		for line := range strings.SplitSeq(screen.String(), "\n") {
			got += strings.TrimRight(line, " ") + "\n"
		}
		if got = strings.TrimRight(got, "\n"); got != want+"last line" {
			t.Errorf("%d rows high:\n%s", height, got)
		}
	}
}
