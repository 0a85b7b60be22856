package main_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// parity are three runs of examples/parity: as it is, a build only of a git
// revision after what that published, and a test only of what this built.
type parity struct {
	both, built, tested outcome
	// dir is the workspace of the first, kept what docker says of the
	// container that the last one left.
	dir, kept string
}

// parityRows are what the ancestor did, in the words of examples/parity's
// comments, and what of that the runs do not show: nothing, if they do.
var parityRows = map[string]func(p parity) string{
	"packages installed": all(
		asked("check", "package", "noted", "installed", "versions"), asked("check", "package", "note", "installed", "versions")),
	"users (with home)":       asked("check", "user", "noted", "exists", "home"),
	"directories (with mode)": asked("check", "file", "/var/lib/noted", "exists", "filetype", "mode", "owner"),
	"files": all(
		asked("check", "file", "/etc/noted/noted.conf", "exists", "filetype", "mode"),
		asked("check", "file", "/usr/share/noted/prebuild.txt", "exists", "contents")),
	"binaries exist, are executable and their shebang interpreter exists": all(
		asked("check", "file", "/usr/bin/note", "exists", "filetype", "mode", "contents"), asked("check", "executable", "note", "loads"),
		asked("check", "file", "/usr/sbin/noted", "exists", "filetype", "mode", "contents"), asked("check", "executable", "noted", "loads")),
	"log configuration points at the right files": all(
		asked("check", "file", "/etc/noted/logging.conf", "exists", "contents"),
		asked("check", "file", "/var/log/noted/noted.log", "exists", "owner", "contents")),
	"CLI `--version`": asked("check", "command", "note --version", "exit-status", "stdout"),
	"external services reachable": all(
		asked("check", "addr", "tcp://rabbitmq:5672", "reachable"), asked("check", "addr", "tcp://postgres:5432", "reachable"),
		asked("check", "addr", "tcp://redis:6379", "reachable"), asked("check", "command", "note status", "exit-status", "stdout")),
	"services start, run and are enabled": all(
		asked("service", "service", "noted.service", "loaded", "enabled", "active"), asked("check", "service", "noted", "enabled", "running")),
	"ports listen":                           asked("check", "port", "tcp:9111", "listening", "ip"),
	"content registered (a command exits 0)": asked("check", "command", "note register shopping", "exit-status"),
	"restart, then an operation works": all(
		asked("restart", "service", "noted.service", "restarts"), asked("restart", "command", noteOperation, "exit-status", "stdout")),
	"operations with UTF-8 and unicode arguments": asked("check", "command", noteOperation, "exit-status", "stdout"),
	"uninstall":                             all(phasePassed("remove"), phasePassed("purge")),
	"config written from service addresses": all(phasePassed("configure"), asked("check", "file", "/etc/noted/noted.conf", "contents")),
	"packages chosen by name":               chosenByName,
	"build only, test only, or both":        buildOrTest,
	"tests skipped for named distros":       testSkipped,
	"revision number bumped from what is published": func(p parity) string {
		if first, second := versionOf(p.both, "noted"), versionOf(p.built, "noted"); first != "1.1.0-1" || second != "1.1.0-2" {
			return fmt.Sprintf("first %q, then %q", first, second)
		}
		return ""
	},
	"artifacts and service logs saved":                   saved,
	"prefixed, time-stamped parallel output":             outputInParallel,
	"containers kept for manual work on request":         containerKept,
	"sources from a directory or from git at a revision": sourcesOfBothKinds,
	"sequential `prebuild` then concurrent builds": all(
		asked("check", "file", "/usr/share/noted/prebuild.txt", "contents"), buildsOverlap),
}

const noteOperation = `note add 'für Zoë, 你好 & 🦊'`

// all is what is not shown of several things.
func all(parts ...func(parity) string) func(parity) string {
	return func(p parity) string {
		var missing []string
		for _, part := range parts {
			if words := part(p); words != "" {
				missing = append(missing, words)
			}
		}
		return strings.Join(missing, "; ")
	}
}

// asked wants these attributes of a subject to have been asked in a phase of
// debian-13's test, and all of them to have passed.
func asked(phase, kind, subject string, attributes ...string) func(parity) string {
	return func(p parity) string {
		missing := slices.Clone(attributes)
		for _, c := range p.both.phases("debian-13")[phase].Checks {
			if c.Kind == kind && c.Subject == subject && c.Outcome == result.Passed {
				missing = slices.DeleteFunc(missing, func(a string) bool { return a == c.Attribute })
			}
		}
		if len(missing) > 0 {
			return fmt.Sprintf("%s: no answer that %s %s has its %s", phase, kind, subject, strings.Join(missing, ", "))
		}
		return ""
	}
}

func phasePassed(name string) func(parity) string {
	return func(p parity) string {
		if got := p.both.phases("debian-13")[name].Outcome; got != result.Passed {
			return fmt.Sprintf("%s is %q", name, got)
		}
		return ""
	}
}

// versionOf is the version of a package that a run handed over for debian-13.
func versionOf(o outcome, name string) string {
	for _, p := range o.run.Packages {
		if p.Name == name && p.Distro == "debian-13" {
			return p.Version
		}
	}
	return ""
}

func chosenByName(p parity) string {
	names := map[string]bool{}
	for _, built := range p.both.run.Packages {
		names[built.Name] = true
	}
	delete(names, "") // what is no package
	return cmp.Diff(map[string]bool{"note": true, "noted": true}, names)
}

// jobsOf are a run's jobs on debian-13 by kind, each with how many passed.
func jobsOf(o outcome) map[string]int {
	kinds := map[string]int{}
	for _, j := range o.run.Jobs {
		if j.Distro == "debian-13" && j.Outcome == result.Passed && slices.Contains([]string{"build", "fetch", "test"}, j.Kind) {
			kinds[j.Kind]++
		}
	}
	return kinds
}

func buildOrTest(p parity) string {
	got := []map[string]int{jobsOf(p.both), jobsOf(p.built), jobsOf(p.tested)}
	return cmp.Diff([]map[string]int{{"build": 2, "test": 1}, {"build": 2}, {"fetch": 1, "test": 1}}, got)
}

func testSkipped(p parity) string {
	for _, j := range p.both.run.Jobs {
		if j.Distro == "debian-12" && j.Kind == "test" && j.Outcome == result.Skipped && strings.Contains(j.Reason, `test.skip has "debian-12"`) &&
			p.both.phases("debian-12")["build"].Outcome == result.Passed {
			return ""
		}
	}
	return "debian-12 is not both built and skipped for what test.skip says"
}

func saved(p parity) string {
	if len(p.both.run.Packages) == 0 {
		return "nothing was handed over"
	}
	var missing []string
	for _, saved := range p.both.run.Packages {
		text, err := os.ReadFile(filepath.Join(p.dir, "dist", saved.Path))
		if sum := sha256.Sum256(text); err != nil || hex.EncodeToString(sum[:]) != saved.SHA256 {
			missing = append(missing, saved.Path)
		}
	}
	for _, log := range []string{"build-noted", "test", "service-rabbitmq", "service-postgres", "service-redis"} {
		text, err := os.ReadFile(filepath.Join(p.dir, "dist/debian-13", log+".log"))
		if err != nil || len(text) == 0 {
			missing = append(missing, log+".log")
		}
	}
	return strings.Join(missing, ", ")
}

var stamped = regexp.MustCompile(`(?m)^\d\d:\d\d (debian-1[23]) \S+ `)

// outputInParallel wants lines of each distro between those of the other.
func outputInParallel(p parity) string {
	var turns []string
	for _, m := range stamped.FindAllStringSubmatch(p.both.output, -1) {
		turns = append(turns, m[1])
	}
	if turns = slices.Compact(turns); len(turns) < 3 {
		return fmt.Sprintf("prefixes take turns as %v", turns)
	}
	return ""
}

func containerKept(p parity) string {
	for _, j := range p.tested.run.Jobs {
		if j.Kept != "" && strings.HasPrefix(p.kept, j.Kept) {
			return ""
		}
	}
	return fmt.Sprintf("docker has %q", p.kept)
}

func sourcesOfBothKinds(p parity) string {
	directory, revision := p.both.run.Source, p.built.run.Source
	if directory.Path == "" || strings.Contains(directory.Path, "#") || !strings.HasSuffix(revision.Path, "#v1.1.0") || revision.Version != "1.1.0" {
		return fmt.Sprintf("first %+v, then %+v", directory, revision)
	}
	return ""
}

// buildsOverlap wants two builds to have run at a time.
func buildsOverlap(p parity) string {
	var builds []result.Job
	for _, j := range p.both.run.Jobs {
		if j.Kind == "build" && j.Outcome == result.Passed {
			builds = append(builds, j)
		}
	}
	for i, a := range builds {
		for _, b := range builds[i+1:] {
			if a.Started < b.Started+b.Duration && b.Started < a.Started+a.Duration {
				return ""
			}
		}
	}
	return fmt.Sprintf("of %d builds no two ran at a time", len(builds))
}

// tagged makes a git repository of a tree, whose tag v1.1.0 is what was there,
// and whose head cannot be built.
func tagged(t *testing.T, dir string) {
	t.Helper()
	const script = `git init -q; git add .; git commit -qm first; git tag v1.1.0; git rm -q server/noted; git commit -qm broken`
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@example.org", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.org")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// publishAs copies the packages that a run made for debian-13 into another
// workspace.
func publishAs(t *testing.T, from, to string) {
	t.Helper()
	debs, err := filepath.Glob(filepath.Join(from, "dist/debian-13/*.deb"))
	if err != nil || len(debs) == 0 {
		t.Fatalf("%v: %d packages in %s", err, len(debs), from)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, deb := range debs {
		text, err := os.ReadFile(deb)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(deb)), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestParityWithTheAncestor(t *testing.T) {
	t.Parallel()
	const tree = "examples/parity"
	var p parity
	p.dir = copyTree(t, tree)
	p.both = runIn(t, p.dir)

	second, repository := copyTree(t, tree), copyTree(t, tree)
	publishAs(t, p.dir, filepath.Join(second, "published"))
	tagged(t, repository)
	p.built = runIn(t, second, "PLUGIN_SOURCE="+repository+"#v1.1.0", "PLUGIN_VERSION=git", "PLUGIN_DISTROS=debian-13", "PLUGIN_ONLY=build")

	third := copyTree(t, tree)
	publishAs(t, second, filepath.Join(third, "release"))
	p.tested = runLeaving(t, third, "PLUGIN_PACKAGES=release", "PLUGIN_ONLY=test", "PLUGIN_DISTROS=debian-13", "PLUGIN_KEEP=always",
		"PLUGIN_SERVICES={}", `PLUGIN_TEST={"lifecycle": ["service"]}`)
	p.kept = docker(t, "ps", "--filter", "label=io.drone-packages.run="+p.tested.run.ID, "--format", "{{.Names}}")
	throwAway(t, p.tested.run.ID)

	for name, o := range map[string]outcome{"both": p.both, "build only": p.built, "test only": p.tested} {
		if o.code != 0 {
			t.Errorf("%s: exit code %d", name, o.code)
		}
	}
	for _, row := range slices.Sorted(maps.Keys(parityRows)) {
		if missing := parityRows[row](p); missing != "" {
			t.Errorf("%s: %s", row, missing)
		}
	}
}

// throwAway removes what a run kept.
func throwAway(t *testing.T, id string) {
	t.Helper()
	for line := range strings.Lines(leftOf(t, id)) {
		kind, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "container":
			docker(t, "rm", "-f", "-v", name)
		default:
			docker(t, kind, "rm", name)
		}
	}
	nothingLeft(t, id)
}

// What was never run shows no row: each is asked for.
func TestEveryRowOfTheParityListCanFail(t *testing.T) {
	for row, missing := range parityRows {
		if missing(parity{}) == "" {
			t.Errorf("%s: holds of no run at all", row)
		}
	}
}

func TestTheParityExampleNamesEveryRow(t *testing.T) {
	text, err := os.ReadFile("examples/parity/packages.yml")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for line := range strings.Lines(string(text)) {
		if row, ok := strings.CutPrefix(strings.TrimSpace(line), "# · "); ok {
			named = append(named, row)
		}
	}
	slices.Sort(named)
	if d := cmp.Diff(slices.Sorted(maps.Keys(parityRows)), named); d != "" {
		t.Errorf("rows that are asserted (-), and that packages.yml names (+):\n%s", d)
	}
}
