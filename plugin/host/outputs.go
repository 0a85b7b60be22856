package host

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// Output is one value that later steps can read.
type Output struct {
	Name string
	// What it is, a sentence.
	What string
	// value of it after a run.
	value func(result.Run) string
}

// Outputs are the values that a run hands over to the steps after it.
var Outputs = []Output{
	{"outcome", "How it ended: passed, failed, skipped, cancelled or fault.", func(r result.Run) string { return string(r.Outcome) }},
	{"version", "Version of the packages, where all have one.", versionOf},
	{"packages", "Directory that holds the packages, one directory for each distro.", func(r result.Run) string { return r.Output }},
	{"files", "Files that were handed over, as a JSON array of paths.", packagePaths},
	{"results", "Path of results.json.", func(r result.Run) string { return path.Join(r.Output, "results.json") }},
	{"sums", "Path of SHA256SUMS.", func(r result.Run) string { return path.Join(r.Output, "SHA256SUMS") }},
}

// versionOf is the version that was asked for, or that all packages have.
func versionOf(r result.Run) string {
	version := r.Source.Version
	for _, p := range r.Packages {
		if r.Source.Version == "" && p.Version != "" && version != "" && p.Version != version {
			return ""
		}
		version = cmp.Or(version, p.Version)
	}
	return version
}

func packagePaths(r result.Run) string {
	paths := []string{}
	for _, p := range r.Packages {
		paths = append(paths, path.Join(r.Output, p.Path))
	}
	text, _ := json.Marshal(paths) // of strings: it does not fail
	return string(text)
}

// heredocs are the outputs as runners of actions read them. Nobody can know
// the word that ends a value: it is new each time.
func heredocs(r result.Run) string {
	var b strings.Builder
	for _, o := range Outputs {
		b.WriteString(heredoc(o.Name, o.value(r)))
	}
	return b.String()
}

func heredoc(name, value string) string {
	end := "end-" + rand.Text()
	return fmt.Sprintf("%s<<%s\n%s\n%s\n", name, end, value, end)
}

// lines are the outputs as Harness reads them: NAME=VALUE, as in a dotenv
// file. In single quotes nothing is special but their end.
func lines(r result.Run) string {
	var b strings.Builder
	for _, o := range Outputs {
		value := strings.NewReplacer("'", "", "\n", " ", "\r", " ").Replace(o.value(r))
		fmt.Fprintf(&b, "%s='%s'\n", o.Name, value)
	}
	return b.String()
}
