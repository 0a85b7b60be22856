package check_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/check"
)

// The image of a machine with Debian 13's own goss in it, and with what
// testdata/goss asks about; its tag is of what made it.
const (
	gossImage = "drone-packages-test/goss"
	gossBase  = "lab/debian:13"
)

// verdicts are how each attribute did: "file /etc/passwd mode" -> "passed".
type verdicts map[string]string

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// gossMachine boots one; where goss cannot be installed, the test is skipped.
func gossMachine(t *testing.T, agent string) real {
	t.Helper()
	script := readFile(t, "testdata/goss/machine/image.sh")
	image := fmt.Sprintf("%s:%.12x", gossImage, sha256.Sum256([]byte(script)))
	if docker(t, "", "images", "-q", image) == "" {
		id := docker(t, "", "run", "-d", "--label", testLabel, gossBase, "sleep", "900")
		removeContainer(t, id)
		cmd := exec.CommandContext(t.Context(), "docker", "exec", "-i", id, "sh")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("goss cannot be installed here: %v\n%s", err, out)
		}
		docker(t, "", "commit", "-c", "LABEL "+testLabel, id, image)
	}
	m := bootFrom(t, agent, image)
	m.sh(readFile(t, "testdata/goss/machine/prepare.sh"))
	return m
}

// gossSays runs goss on a file.
func (m real) gossSays(file, vars string) verdicts {
	m.t.Helper()
	docker(m.t, "", "cp", file, m.id+":/root/goss.yaml")
	script := fmt.Sprintf("cd /root && LAUGH=haha goss --vars-inline '%s' validate -f json || [ $? = 1 ]", vars)
	return m.readGoss(m.sh(script))
}

func (m real) readGoss(out string) verdicts {
	m.t.Helper()
	var said struct {
		Results []struct {
			ID       string `json:"resource-id"`
			Type     string `json:"resource-type"`
			Property string `json:"property"`
			Result   int    `json:"result"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		m.t.Fatalf("goss: %v\n%s", err, out)
	}
	v := verdicts{}
	for _, r := range said.Results {
		kind := strings.ToLower(r.Type)
		if kind == "kernelparam" {
			kind = "kernel-param"
		}
		// goss has other words for some attributes.
		property := strings.ToLower(r.Property)
		switch {
		case property == "linkedto":
			property = "linked-to"
		case kind == "package" && property == "version":
			property = "versions"
		}
		id := strings.Join(strings.Fields(r.ID), " ")
		v[fmt.Sprintf("%s %s %s", kind, id, property)] = []string{"passed", "failed", "skipped"}[r.Result]
	}
	return v
}

// weSay has the agent check the same file; messages have what each failure
// says.
func (m real) weSay(file string, vars any) (v verdicts, messages map[string]string) {
	m.t.Helper()
	spec, errs := check.LoadSpec(file, readFile(m.t, file), vars)
	for _, err := range errs {
		m.t.Error(err)
	}
	v, messages = verdicts{}, map[string]string{}
	for _, c := range m.ask(check.Request{Question: check.Checks, Spec: &spec}) {
		name := fmt.Sprintf("%s %s %s", c.Kind, c.Subject, c.Attribute)
		v[name] = string(c.Outcome)
		messages[name] = fmt.Sprintf("expected %s, found %s, %s", c.Expected, c.Found, c.Reason)
	}
	return v, messages
}

// TestGoss has goss and us judge the same files on the same machine. Where we
// differ it is on purpose: each line of gossDiffers says why.
func TestGoss(t *testing.T) {
	if testing.Short() {
		t.Skip("boots machines")
	}
	m := gossMachine(t, buildAgent(t))
	t.Run("verdict by verdict", func(t *testing.T) { sameVerdicts(t, m) })
	t.Run("what we refuse", func(t *testing.T) { refusedByUs(real{t, m.id}) })
	t.Run("retried until a server is there", func(t *testing.T) { retriedAlike(real{t, m.id}) })
}

func sameVerdicts(t *testing.T, m real) {
	files, err := filepath.Glob("testdata/goss/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	vars := map[string]any{"name": "tester", "files": map[string]any{"/etc/hosts": "root", "/home/tester": "tester"}}
	varsJSON, err := json.Marshal(vars)
	if err != nil {
		t.Fatal(err)
	}
	differs := map[string]difference{}
	for _, d := range gossDiffers {
		differs[d.what] = d
	}
	asked := 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			m := real{t, m.id}
			goss := m.gossSays(file, string(varsJSON))
			ours, messages := m.weSay(file, map[string]any{"Vars": vars, "Env": map[string]string{"LAUGH": "haha"}})
			asked += len(ours)
			compareVerdicts(t, goss, ours, messages, differs)
			if got, want := ours.count(), gossCounts[filepath.Base(file)]; got != want {
				t.Errorf("we say %q, want %q: is the machine as prepare.sh makes it?", got, want)
			}
		})
	}
	for what, d := range differs {
		t.Errorf("%s: we no longer differ, or it is asked no more: %s", what, d.why)
	}
	t.Logf("%d verdicts compared, %d differ on purpose", asked, len(gossDiffers))
}

// gossOn has goss judge a text; what it prints instead of JSON is returned.
func (m real) gossOn(text string) (verdicts, string) {
	m.t.Helper()
	out := m.sh("cd /root && cat >goss.yaml <<'END'\n" + text + "\nEND\ngoss validate -f json 2>&1 || true")
	if !strings.HasPrefix(out, "{") {
		return nil, out
	}
	return m.readGoss(out), ""
}

// refusedByUs are files that we refuse to read, with what goss makes of them.
func refusedByUs(m real) {
	for _, c := range []struct{ text, goss, ours string }{
		{"file: {/etc/passwd: {mode: \"0644\"}}", "failed", `x.yaml:1:8: file /etc/passwd: exists is missing (true or false)`},
		{"service: {cron: {}}", "", `x.yaml:1:11: service cron: asks nothing: wanted one of enabled, running, runlevels`},
		{"file: {/etc/passwd: {exists: true, mod: \"0600\"}}", "invalid Attribute", `x.yaml:1:36: file /etc/passwd: unknown attribute "mod": did you mean "mode"?`},
		{"files: {/none: {exists: true}}", "found 0 tests", `x.yaml:1:1: unknown kind "files": did you mean "file"?`},
		{"file: {/etc/passwd: {exists: yes}}", "failed", `x.yaml:1:30: file /etc/passwd: exists: found "yes", wanted true or false`},
		{"user: {root: {exists: true, uid: [0]}}", "failed", `x.yaml:1:34: user root: uid: found a list, wanted a number`},
		{"matching: {a: {content: a, matches: {have-prefixes: a}}}", "failed", `x.yaml:1:38: matching a: matches: unknown matcher "have-prefixes": did you mean "have-prefix"?`},
		{"matching: {a: {content: a, matches: {have-prefix: a, have-suffix: a}}}", "failed", `x.yaml:1:37: matching a: matches: found 2 matchers here, wanted one; and: [{…}, {…}] joins several`},
		{"file: {/etc/passwd: {exists: true, contents: [{have-prefix: a}]}}", "failed", `x.yaml:1:46: file /etc/passwd: contents: found a mapping among the patterns, wanted text; matchers go into and: […]`},
		{"file: {/etc/passwd: {exists: true, contents: [/(/]}}", "failed", "x.yaml:1:47: file /etc/passwd: contents: error parsing regexp: missing closing ): `(`"},
		{"matching: {a: {content: 1.2.3, matches: {semver-constraint: newest}}}", "failed", `x.yaml:1:61: matching a: matches: semver-constraint: found "newest", wanted a range of versions such as >=1.2.0 <2.0.0`},
		{"matching: {a: {content: '<a/>', matches: {xml: {xpath: a, result: b}}}}", "failed", `x.yaml:1:43: matching a: matches: the matcher xml is not supported: match-regexp or contain-substring may do`},
		{"file: {passwd: {exists: false}}", "passed", `x.yaml:1:8: file passwd: found the path "passwd", wanted one that begins with / or ~`},
		{"gossfile: {other.yaml: {}}", "no matched files", `x.yaml:1:1: gossfile imports other files, which is not supported: list each file where checks are set, or write its tests here`},
		{"addr: {ftp://localhost:1: {reachable: false}}", "passed", `x.yaml:1:8: addr ftp://localhost:1: found the address "ftp://localhost:1", wanted tcp://host:port or udp://host:port`},
		{"port: {sctp:1: {listening: false}}", "passed", `x.yaml:1:8: port sctp:1: found the port "sctp:1", wanted tcp, tcp6, udp or udp6 and a number, such as tcp:80`},
	} {
		said, text := m.gossOn(c.text)
		bad := text
		for _, outcome := range said {
			if bad != "failed" {
				bad = outcome
			}
		}
		if bad != c.goss && (c.goss == "" || !strings.Contains(text, c.goss)) {
			m.t.Errorf("%s\ngoss: %q, want %q", c.text, bad, c.goss)
		}
		_, errs := check.LoadSpec("x.yaml", c.text, nil)
		if len(errs) != 1 || errs[0].Error() != c.ours {
			m.t.Errorf("%s\ngot  %v\nwant [%s]", c.text, errs, c.ours)
		}
	}
}

// retriedAlike has a server start late: goss tries all again, we the one test.
func retriedAlike(m real) {
	const late = "systemd-run -q --on-active=2 --timer-property=AccuracySec=100ms systemctl start nginx"
	const text = "http: {http://localhost/hello: {status: 200, body: [hello]}}"
	m.sh("systemctl stop nginx; " + late)
	out := m.sh("cd /root && echo '" + text + "' >goss.yaml && goss validate -f silent --retry-timeout 20s --sleep 300ms >/dev/null && echo passed")
	if out != "passed" {
		m.t.Errorf("goss: %s", out)
	}
	m.sh("systemctl stop nginx; " + late)
	spec, errs := check.LoadSpec("x.yaml", strings.Replace(text, "{status", "{retry: 20s, retry_delay: 300ms, status", 1), nil)
	if len(errs) > 0 {
		m.t.Fatal(errs)
	}
	for _, c := range m.ask(check.Request{Question: check.Checks, Spec: &spec}) {
		if c.Outcome != "passed" || !strings.HasPrefix(c.Reason, "after ") || !strings.Contains(c.Reason, " tries in ") {
			m.t.Errorf("%s %s: %q", say(c), c.Expected, c.Reason)
		}
	}
}

// compareVerdicts takes away each difference that was met.
func compareVerdicts(t *testing.T, goss, ours verdicts, messages map[string]string, differs map[string]difference) {
	t.Helper()
	var names []string
	for name := range ours {
		names = append(names, name)
	}
	for name := range goss {
		if ours[name] == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		d, differ := differs[name]
		if !differ {
			d = difference{goss: goss[name], ours: goss[name]}
		}
		if goss[name] != d.goss || ours[name] != d.ours || goss[name] == ours[name] == differ {
			t.Errorf("%s: goss %q, we %q (%s)", name, goss[name], ours[name], messages[name])
			continue
		}
		delete(differs, name)
	}
}

func (v verdicts) count() string {
	n := map[string]int{}
	for _, outcome := range v {
		n[outcome]++
	}
	return fmt.Sprintf("%d passed, %d failed, %d skipped", n["passed"], n["failed"], n["skipped"])
}

// gossCounts are what there is in each file: a machine on which half of it is
// missing would have both of us fail, and agree.
var gossCounts = map[string]string{
	"commands.yaml":  "48 passed, 13 failed, 2 skipped",
	"files.yaml":     "95 passed, 23 failed, 5 skipped",
	"http.yaml":      "33 passed, 8 failed, 5 skipped",
	"matchers.yaml":  "72 passed, 53 failed, 1 skipped",
	"mounts.yaml":    "23 passed, 5 failed, 1 skipped",
	"network.yaml":   "48 passed, 9 failed, 4 skipped",
	"packages.yaml":  "19 passed, 4 failed, 4 skipped",
	"ports.yaml":     "26 passed, 5 failed, 4 skipped",
	"services.yaml":  "32 passed, 7 failed, 2 skipped",
	"templates.yaml": "12 passed, 0 failed, 0 skipped",
	"users.yaml":     "52 passed, 12 failed, 5 skipped",
}

// difference is a verdict of ours that is not goss's.
type difference struct{ what, goss, ours, why string }

// What goss says is of 0.4.9, which Debian 13 has.
var gossDiffers = []difference{
	{"file /etc/passwd/below-a-file exists", "failed", "passed", "below a file there is nothing: goss takes the error for one of its own"},
	{"file /srv/nobodys-name: /srv/nobodys owner", "failed", "passed", "a number without a name is its own name"},
	{"file /srv/nobodys-name: /srv/nobodys group", "failed", "passed", "a number without a name is its own name"},
	{"file mode-as-octal-number: /etc/passwd mode", "failed", "passed", "0644 without quotes means 0644; goss takes it for 420"},
	{"file mode-with-three-digits: /etc/passwd mode", "failed", "passed", "\"644\" means 0644"},
	{"file contents-flagged: /srv/hello.txt contents", "failed", "passed", "flags after an expression are of goss after 0.4.9"},
	{"file contents-slash-literal: /srv/escapes.txt contents", "passed", "failed", "goss drops every leading / ! and \\ of a text pattern; we drop a backslash before / or !"},
	{"service runlevels-of-unit: cron runlevels", "failed", "passed", "goss knows no runlevels where systemd runs"},
	{"service runlevels-of-sysv: test-sysv-on runlevels", "failed", "passed", "goss knows no runlevels where systemd runs"},
	{"process a-very-long-name-of-a-process running", "failed", "passed", "Linux keeps 15 bytes of a name, so goss never finds a longer one"},
	{"port udp:7005 listening", "failed", "passed", "a connected socket does not listen"},
	{"mount /srv/no-mount exists", "failed", "passed", "goss fails where nothing is mounted, even when that is wanted"},
	{"mount /srv/twice source", "failed", "passed", "what is mounted on top is what one sees"},
	{"matching numerically matches", "failed", "passed", "be-numerically is ours"},
	{"matching key-with-value matches", "failed", "passed", "have-key-with-value is of goss 0.3"},
	{"user in-order: tester groups", "failed", "passed", "equal compares the machine's lists by their items"},
	{"user uid-equal-float: tester uid", "failed", "passed", "2000.0 is 2000"},
	{"matching equal-number-float matches", "failed", "passed", "42.0 is 42"},
	{"matching list-of-one-as-number matches", "failed", "passed", "a list is text of one item a line, wherever it comes from"},
	{"matching list-of-text matches", "failed", "passed", "text is a list of lines, as goss documents and does not do"},
	{"matching consist-of-text matches", "failed", "passed", "text is a list of lines, as goss documents and does not do"},
}
