package host_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-multierror"

	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// failed is a job whose one phase failed.
func failed(distro string, outcome result.Outcome, p result.Problem) result.Job {
	return result.Job{Name: distro + "/build/greeter", Kind: "build", Distro: distro, Package: "greeter", Outcome: outcome, Reason: p.Title,
		Phases: []result.Phase{{Name: "build", Outcome: outcome, Reason: p.Title, Problem: &p}}}
}

func aRun() result.Run {
	compiler := result.Problem{Title: "build failed (exit 2)", Lines: []string{"src/x.c:12:3: error: no"}, File: "src/x.c", Line: 12, Hint: "mend it", Log: "debian-12/build.log:4"}
	return result.Run{
		Outcome: result.Failed, Output: "dist", Duration: 61,
		Jobs: []result.Job{
			{Kind: "image", Distro: "rocky-9", Outcome: result.Fault, Reason: "the registry does not answer"},
			{Kind: "build", Distro: "rocky-9", Outcome: result.Skipped, Reason: "not reached: rocky-9/image fault"},
			failed("debian-12", result.Failed, compiler), failed("debian-13", result.Failed, compiler),
			{Kind: "build", Distro: "sid", Outcome: result.Passed},
		},
		Packages: []result.Package{{Name: "greeter", Version: "1.4.0", Path: "sid/greeter'_1.4.0.deb"}, {Path: "sid/greeter.changes"}},
	}
}

func TestAnnotations(t *testing.T) {
	want := []host.Annotation{
		{File: "src/x.c", Line: 12, Title: "debian-12 greeter build, debian-13 greeter build",
			Message: "build failed (exit 2)\nsrc/x.c:12:3: error: no\nhint: mend it\nlog: debian-12/build.log:4"},
		{Title: "rocky-9 image", Message: "the registry does not answer"},
	}
	if d := cmp.Diff(want, host.Annotations(aRun())); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func TestAnnotationsAreFewAndBounded(t *testing.T) {
	var run result.Run
	for i := range 100 {
		run.Jobs = append(run.Jobs, failed("debian-12", result.Failed, result.Problem{Title: fmt.Sprint(i), Lines: []string{strings.Repeat("é", 1<<20)}}))
	}
	shown := host.Annotations(run)
	if len(shown) != 8 || !strings.HasSuffix(shown[7].Message, "and 92 more: see the end of the log, and the summary") {
		t.Errorf("%d are shown", len(shown))
	}
	var b strings.Builder
	logOf(onGitHub, &b).Annotate(shown...)
	for line := range strings.Lines(b.String()) {
		if len(line) > 4096 {
			t.Errorf("a command of %d bytes", len(line))
		}
	}
}

func TestComplaints(t *testing.T) {
	several := multierror.Append(nil, errors.New(`ci/packages.yml:2:10: timeout: found "soon"`), errors.New("app/debian/control:1: no Source field"), errors.New("PLUGIN_KEEP: found x"))
	want := []host.Annotation{
		{File: "ci/packages.yml", Line: 2, Title: "drone-packages", Message: `timeout: found "soon"`},
		{File: "app/debian/control", Line: 1, Title: "drone-packages", Message: "no Source field"},
		{Title: "drone-packages", Message: "PLUGIN_KEEP: found x"},
	}
	if d := cmp.Diff(want, host.Complaints(fmt.Errorf("in words: %w", several))); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

// handOver gives a run to a host whose files are in a directory of the test's.
func handOver(t *testing.T, e env, run result.Run, summary []byte) (log string, read func(string) string) {
	t.Helper()
	dir := t.TempDir()
	for name, value := range e {
		e[name] = strings.ReplaceAll(value, "DIR", dir)
	}
	h := host.Detect(lookup(e))
	var b bytes.Buffer
	if err := h.HandOver(h.Log(&b), run, summary); err != nil {
		t.Fatal(err)
	}
	return b.String(), func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestGitHubIsTold(t *testing.T) {
	run := aRun()
	run.Source.Version = "1\nend-\noutcome=passed"
	log, read := handOver(t, env{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "DIR/out", "GITHUB_STEP_SUMMARY": "DIR/sum"}, run, []byte("# done\n"))
	if !strings.HasPrefix(log, "::error file=src/x.c,line=12,title=") || strings.Count(log, "\n") != 2 {
		t.Errorf("log: %q", log)
	}
	if read("sum") != "# done\n" {
		t.Errorf("summary: %q", read("sum"))
	}
	got := map[string]string{}
	text := read("out")
	for text != "" {
		m := regexp.MustCompile(`^([a-z]+)<<(end-[A-Z2-7]{26})\n`).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no heredoc: %q", text)
		}
		value, rest, _ := strings.Cut(text[len(m[0]):], "\n"+m[2]+"\n")
		got[m[1]], text = value, rest
	}
	want := map[string]string{"outcome": "failed", "version": run.Source.Version, "packages": "dist", "results": "dist/results.json",
		"sums": "dist/SHA256SUMS", "files": `["dist/sid/greeter'_1.4.0.deb","dist/sid/greeter.changes"]`}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func TestHarnessIsTold(t *testing.T) {
	for _, variable := range []string{"DRONE_OUTPUT", "HARNESS_OUTPUT_FILE"} {
		_, read := handOver(t, env{"HARNESS_BUILD_ID": "7", variable: "DIR/out"}, aRun(), nil)
		want := "outcome='failed'\nversion='1.4.0'\npackages='dist'\nfiles='[\"dist/sid/greeter_1.4.0.deb\",\"dist/sid/greeter.changes\"]'\nresults='dist/results.json'\nsums='dist/SHA256SUMS'\n"
		if d := cmp.Diff(want, read("out")); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", variable, d)
		}
	}
}

func TestASummaryIsNeverTooLong(t *testing.T) {
	_, read := handOver(t, env{"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "DIR/sum"}, aRun(), bytes.Repeat([]byte("| é |\n"), 1<<18))
	if got := read("sum"); len(got) > 1<<20 || len(got) < 1<<20-100 || !strings.HasSuffix(got, "|\n\n\n_Cut: the whole of it is in the output directory._\n") {
		t.Errorf("%d bytes, to %q", len(got), got[len(got)-80:])
	}
}

func TestAHostWhoseFilesCannotBeWritten(t *testing.T) {
	h := host.Detect(lookup(env{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "/nonexistent/out", "GITHUB_STATE": "/nonexistent/state"}))
	if err := h.HandOver(h.Log(&bytes.Buffer{}), aRun(), nil); err == nil || !strings.HasPrefix(err.Error(), "tell github: open /nonexistent/out") {
		t.Error(err)
	}
	if h.Remember("k7q2") == nil {
		t.Error("it does not say that it cannot remember")
	}
}

func TestTheCleanUpIsToldOfTheRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	h := host.Detect(lookup(env{"GITHUB_ACTIONS": "true", "GITHUB_STATE": file}))
	for _, run := range []string{"k7q2", ""} {
		if err := h.Remember(run); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if want := regexp.MustCompile(`^drone_packages_run<<(\S+)\nk7q2\n\S+\ndrone_packages_run<<(\S+)\n\n\S+\n$`); err != nil || !want.Match(text) {
		t.Errorf("%v: %q", err, text)
	}
	if err := host.Detect(lookup(nil)).Remember("k7q2"); err != nil {
		t.Error(err)
	}
}

// chunks are the writes of a log.
type chunks [][]byte

func (c *chunks) Write(p []byte) (int, error) { *c = append(*c, bytes.Clone(p)); return len(p), nil }

// extract is what runner-go's livelog/extractor takes out of a log: from a
// chunk that begins with the prefix to one that holds the suffix.
func extract(all chunks) (card []byte, shown string) {
	const begin, end = "\x1b]1338;", "\x1b]0m"
	var text []byte
	inside := false
	for _, p := range all {
		if !bytes.HasPrefix(p, []byte(begin)) && !inside {
			shown += string(p)
			continue
		}
		inside = !bytes.Contains(p, []byte(end))
		p = bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(p), []byte(begin)), []byte(end))
		text = append(text, p...)
	}
	card, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return nil, shown
	}
	return card, shown
}

func TestTheCardIsOneChunk(t *testing.T) {
	big := aRun()
	for i := range 300 {
		big.Jobs = append(big.Jobs, failed(fmt.Sprintf("d%d-%s", i, strings.Repeat("x", 500)), result.Failed, result.Problem{Title: strings.Repeat("\x1b\"<>é", 500)}))
	}
	for name, run := range map[string]result.Run{"small": aRun(), "big": big, "none": {}} {
		h := host.Detect(lookup(env{"DRONE": "true", "DRONE_CARD_PATH": "/dev/stdout", "DRONE_BUILD_LINK": "https://ci.example/7"}))
		var all chunks
		l := h.Log(&all)
		fmt.Fprintln(l, "the end")
		if err := h.HandOver(l, run, nil); err != nil {
			t.Fatal(name, err)
		}
		last := all[len(all)-1]
		if len(last) > 16<<10 || !bytes.HasPrefix(last, []byte("\x1b]1338;")) || !bytes.HasSuffix(last, []byte("\x1b]0m\n")) || bytes.Count(last, []byte("\n")) != 1 {
			t.Errorf("%s: %d bytes, %q", name, len(last), last[:20])
		}
		text, shown := extract(all)
		var card struct {
			Schema string
			Data   map[string]any
		}
		if err := json.Unmarshal(text, &card); err != nil || shown != "the end\n" || !strings.HasPrefix(card.Schema, "https://") || card.Data["link"] != "https://ci.example/7" {
			t.Errorf("%s: %v, shown %q, card %s", name, err, shown, text)
		}
	}
}

func TestTheCardAsAFile(t *testing.T) {
	log, read := handOver(t, env{"DRONE": "true", "DRONE_CARD_PATH": "DIR/card.json"}, aRun(), nil)
	if !json.Valid([]byte(read("card.json"))) || log != "" {
		t.Errorf("log %q, card %s", log, read("card.json"))
	}
}

func TestNoCardWhereNobodyAsksForOne(t *testing.T) {
	if log, _ := handOver(t, env{"DRONE": "true"}, aRun(), nil); log != "" {
		t.Errorf("%q", log)
	}
}

var binding = regexp.MustCompile(`\$\{([\w.]+)[^}]*\}`)

// What the template shows is in the card's data.
func TestTheTemplateOfTheCard(t *testing.T) {
	text, err := os.ReadFile("../../docs/card.json")
	if err != nil {
		t.Fatal(err)
	}
	var template map[string]any
	if err := json.Unmarshal(text, &template); err != nil || template["type"] != "AdaptiveCard" {
		t.Fatalf("%v: %v", err, template["type"])
	}
	_, read := handOver(t, env{"DRONE": "true", "DRONE_CARD_PATH": "DIR/card.json", "DRONE_BUILD_LINK": "https://ci.example/7"}, aRun(), nil)
	var card struct{ Data map[string]any }
	if err := json.Unmarshal([]byte(read("card.json")), &card); err != nil {
		t.Fatal(err)
	}
	row := card.Data["distros"].([]any)[0].(map[string]any)
	shown := map[string]bool{}
	for _, m := range binding.FindAllStringSubmatch(string(text), -1) {
		name := strings.TrimPrefix(m[1], "data.")
		_, top := card.Data[name]
		_, below := row[name]
		if !top && !below && name != "distros" {
			t.Errorf("the template shows %s, which no card has", m[0])
		}
		shown[name] = true
	}
	for name := range card.Data {
		if !shown[name] {
			t.Errorf("the template does not show %s", name)
		}
	}
}
