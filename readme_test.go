package main_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// documents hold what newcomers copy into their repositories.
var documents = []string{"README.md", "docs/hosts.md", "docs.md"}

// block is a fenced block of a document, as it is there.
type block struct{ place, language, text string }

func blocks(t *testing.T, document string) []block {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	inside := false
	for i, line := range strings.SplitAfter(string(text), "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && !inside:
			all = append(all, block{place: fmt.Sprintf("%s:%d", document, i+1), language: strings.TrimSpace(fence)})
		case !isFence && inside:
			all[len(all)-1].text += line
		}
		inside = inside != isFence
	}
	if inside {
		t.Fatalf("%s does not end", all[len(all)-1].place)
	}
	return all
}

// inREADME is the block of README that holds a text.
func inREADME(t *testing.T, text string) string {
	t.Helper()
	for _, b := range blocks(t, "README.md") {
		if strings.Contains(b.text, text) {
			return b.text
		}
	}
	t.Fatalf("README.md has no block with %s", text)
	return ""
}

func TestBlocksAreYAML(t *testing.T) {
	for _, document := range append(documents, "docs/shards.md", "docs/troubleshooting.md", "docs/cookbook.md") {
		for _, b := range blocks(t, document) {
			var value any
			if err := yaml.Load([]byte(b.text), &value); b.language == "yaml" && err != nil {
				t.Errorf("%s: %v\n%s", b.place, err, b.text)
			}
		}
	}
}

// use is a step of a CI system's that is the plugin: what it says of settings.
type use struct {
	host     string
	settings map[string]any
}

// useIn finds the plugin in a CI system's file. Each has its shape.
func useIn(file any) (use, bool) {
	node, ok := file.(map[string]any)
	if !ok {
		return use{}, false
	}
	_, listed := node["steps"].([]any)
	step := find(node)
	said := func(key string) map[string]any { m, _ := step[key].(map[string]any); return m }
	switch {
	case step == nil:
		return use{}, false
	case step["uses"] != nil:
		return use{"github", said("with")}, true
	case step["script"] != nil:
		return use{"gitlab", said("variables")}, true
	case node["step"] != nil:
		return use{"harness", said("settings")}, true
	case listed:
		return use{"drone", said("settings")}, true
	}
	return use{"woodpecker", said("settings")}, true
}

// find is the mapping that names the plugin.
func find(node any) map[string]any {
	var children []any
	switch n := node.(type) {
	case map[string]any:
		image := n["image"]
		if m, ok := image.(map[string]any); ok {
			image = m["name"]
		}
		action, _ := n["uses"].(string)
		if image == published || strings.Contains(action, "drone-packages/drone-packages@") {
			return n
		}
		for _, child := range n {
			children = append(children, child)
		}
	case []any:
		children = n
	}
	for _, child := range children {
		if found := find(child); found != nil {
			return found
		}
	}
	return nil
}

// environ are the settings as the host hands them over.
func (u use) environ(t *testing.T) []string {
	t.Helper()
	var all []string
	switch u.host {
	case "github":
		for input := range inputsOfTheAction(t) {
			value := u.settings[input]
			if value == nil {
				value = "" // declared, and not given
			}
			all = append(all, fmt.Sprintf("INPUT_%s=%v", strings.ToUpper(input), value))
		}
	case "gitlab":
		for name, value := range u.settings {
			all = append(all, fmt.Sprintf("%s=%v", name, value))
		}
	default:
		all = variables(t, u.settings)
	}
	return append(ofTheHost(t, u.host), all...)
}

// Every quick start is a use of the plugin that its host understands, and all of
// them mean the same.
func TestEveryQuickStartMakesTheSamePlan(t *testing.T) {
	nowhere := "DOCKER_HOST=unix:///nonexistent/docker.sock"
	want := planIn(t, "testdata/broken/good", "PLUGIN_DISTROS=debian-12,debian-13", nowhere)
	met := map[string]bool{}
	for _, document := range documents {
		for _, b := range blocks(t, document) {
			var file any
			if b.language != "yaml" || yaml.Load([]byte(b.text), &file) != nil {
				continue
			}
			u, found := useIn(file)
			if !found {
				continue
			}
			met[u.host] = true
			if d := cmp.Diff(want, planIn(t, "testdata/broken/good", append(u.environ(t), nowhere)...)); d != "" {
				t.Errorf("%s, %s: want (-), got (+):\n%s", b.place, u.host, d)
			}
			if u.host == "drone" {
				readDroneFile(t, []byte(b.text))
			}
		}
	}
	for _, host := range []string{"drone", "woodpecker", "harness", "github", "gitlab"} {
		if !met[host] {
			t.Errorf("no quick start for %s", host)
		}
	}
}

// checkout is a tree in a git repository of its own, with more files.
func checkout(t *testing.T, tree string, more map[string]string) string {
	t.Helper()
	dir := copyTree(t, tree)
	for name, text := range more {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git := exec.CommandContext(t.Context(), "sh", "-ec", "git init -q -b main; git add -A; git -c user.name=x -c user.email=x@example.org commit -qm x")
	git.Dir = dir
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("git: %v\n%s", err, out)
	}
	return dir
}

// README's .drone.yml, word for word, started as Drone's runner does.
func TestDroneAsREADMESays(t *testing.T) {
	t.Parallel()
	releasedImage(t)
	f := readDroneFile(t, []byte(inREADME(t, "kind: pipeline")))
	step, _ := f.plugin()
	var volumes []string
	for _, v := range step.Volumes {
		volumes = append(volumes, "-v="+f.hostPath(v.Name)+":"+v.Path)
	}
	tree := checkout(t, "testdata/broken/good", map[string]string{"packages.yml": "test: {lifecycle: service}\n"})
	c := startPipeline(t).step(t, released, tree, volumes, append(variables(t, step.Settings), "PLUGIN_IMAGES="+lab))
	c.start(t)
	c.drain()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.seen.String())
		}
	})
	if code := docker(t, "inspect", "-f", "{{.State.ExitCode}}", c.name); code != "0" {
		t.Errorf("exit code %s", code)
	}
	c.wantCard(t, "passed")
	out := t.TempDir()
	docker(t, "cp", c.name+":"+droneWorkspace+"/dist/.", out)
	for _, file := range []string{"debian-12/good_*.deb", "debian-13/good_*.deb", "SHA256SUMS", "report.html"} {
		if found, _ := filepath.Glob(filepath.Join(out, file)); len(found) == 0 {
			t.Errorf("no %s in the workspace", file)
		}
	}
}

// wantCard wants the log to end with a card that says how the run ended.
func (c *contained) wantCard(t *testing.T, outcome string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(c.seen.String()), "\n")
	text, found := strings.CutPrefix(lines[len(lines)-1], "\x1b]1338;")
	text, ended := strings.CutSuffix(text, "\x1b]0m")
	var card struct {
		Data struct{ Outcome, Link string }
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(decoded, &card)
	}
	if err != nil || !found || !ended || card.Data.Outcome != outcome || card.Data.Link == "" {
		t.Errorf("card: %v, %+v, of %q", err, card, lines[len(lines)-1])
	}
	if slices.ContainsFunc(lines[:len(lines)-1], func(l string) bool { return strings.Contains(l, "1338") }) {
		t.Error("there is more than one card")
	}
}

// What is quoted in docs/troubleshooting.md the program says, but for what "…"
// stands for.
func TestTroubleshootingQuotesWhatIsSaid(t *testing.T) {
	text, err := os.ReadFile("docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	said := wordsOfTheProgram(t)
	quoted := regexp.MustCompile("^### `([^`]+)`$")
	headings := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "### ") {
			continue
		}
		headings++
		quote := quoted.FindStringSubmatch(line)
		if quote == nil {
			t.Fatalf("no quotation: %s", line)
		}
		for part := range strings.SplitSeq(quote[1], "…") {
			if !strings.Contains(said, part) {
				t.Errorf("nothing says %q, of %s", part, line)
			}
		}
	}
	if headings < 30 {
		t.Errorf("%d headings", headings)
	}
}

// wordsOfTheProgram are the strings in our code.
func wordsOfTheProgram(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, f := range sourceFiles(t) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				all.WriteString(text + "\n")
			}
			return true
		})
	}
	return all.String()
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

// What documents link to in the repository is there.
func TestLinksLeadSomewhere(t *testing.T) {
	met := 0
	for _, file := range append(files(t, "docs", ".md"), "README.md", "CONTRIBUTING.md", "docs.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			met++
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if met == 0 {
		t.Error("there is no link")
	}
}
