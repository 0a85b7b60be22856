package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// answer is a section of docs/cookbook.md.
type answer struct {
	title, example string
	threads        int
	yaml, plan     string
}

var (
	thread  = regexp.MustCompile(`\[([\w.-]+/[\w.-]+)#(\d+)\]\(https://github\.com/([\w.-]+/[\w.-]+)/issues/(\d+)\)`)
	example = regexp.MustCompile(`\[the example\]\(\.\./(examples/cookbook/[\w-]+)\)`)
	fenced  = regexp.MustCompile("(?s)```(yaml|text)\n(.*?)```\n")
)

func answers(t *testing.T) []answer {
	t.Helper()
	text, err := os.ReadFile("docs/cookbook.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []answer
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		a := answer{}
		a.title, _, _ = strings.Cut(section, "\n")
		for _, m := range thread.FindAllStringSubmatch(section, -1) {
			if m[1] != m[3] || m[2] != m[4] {
				t.Errorf("%s: %s", a.title, m[0])
			}
			a.threads++
		}
		if m := example.FindStringSubmatch(section); m != nil {
			a.example = m[1]
		}
		for _, m := range fenced.FindAllStringSubmatch(section, -1) {
			if m[1] == "yaml" {
				a.yaml += m[2]
			} else {
				a.plan += m[2]
			}
		}
		all = append(all, a)
	}
	return all
}

// Every answer is its example's packages.yml, word for word, and its plan says
// what the answer says that it does, in that order.
func TestCookbook(t *testing.T) {
	all := answers(t)
	if len(all) < 20 {
		t.Errorf("%d answers", len(all))
	}
	met := map[string]bool{}
	for _, a := range all {
		t.Run(strings.TrimPrefix(a.example, "examples/cookbook/"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join(a.example, "packages.yml"))
			if err != nil {
				t.Fatal(err)
			}
			if string(text) != a.yaml || a.threads == 0 || a.plan == "" {
				t.Errorf("%s: %d threads; the example and the answer:\n%s\n%s", a.title, a.threads, text, a.yaml)
			}
			wantInOrder(t, planIn(t, a.tree(t), "DOCKER_HOST=unix:///nonexistent/docker.sock"), a.plan)
		})
		met[a.example] = true
	}
	there, err := filepath.Glob("examples/cookbook/*")
	if err != nil || len(there) != len(met) {
		t.Errorf("%v: %d examples, %d are answers", err, len(there), len(met))
	}
}

// tree is a checkout of what the answer is about: the example's own, or greeter
// with the example's files.
func (a answer) tree(t *testing.T) string {
	t.Helper()
	if own, _ := filepath.Glob(filepath.Join(a.example, "*", "debian")); len(own) > 0 {
		return checkout(t, a.example, nil)
	}
	files := map[string]string{}
	entries, err := os.ReadDir(a.example)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(a.example, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return checkout(t, "examples/greeter", files)
}

// wantInOrder wants lines to be said one after the other.
func wantInOrder(t *testing.T, text, lines string) {
	t.Helper()
	rest := text
	for line := range strings.Lines(lines) {
		line = strings.TrimRight(line, "\n")
		_, after, said := strings.Cut(rest, line)
		if !said {
			t.Errorf("it does not say %q, in that place:\n%s", line, text)
			return
		}
		rest = after
	}
}
