package check

import (
	"context"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// provenance is what a database knows of whose a file is.
type provenance interface {
	database
	// ownerOf is the package that has a file; empty, if it is nobody's.
	ownerOf(ctx context.Context, file string) string
	// required are the names of a package and of all that it requires,
	// directly or not, and that is installed.
	required(ctx context.Context, name string) []string
	// requires is how a package says that a script of its needs something.
	requires(script string) string
}

// missingCommands are findings for what scriptlets call and the machine does
// not have, and warnings for what it has by luck: of a package that nothing
// requires.
func (m machine) missingCommands(ctx context.Context, d provenance, p Package) []result.Check {
	var found []result.Check
	var required []string
	for _, script := range d.scripts(ctx, p.Name) {
		about := script.Name + " of " + p.Name
		requires := d.requires(script.Name)
		for _, name := range commandsOf(script.Text) {
			place := m.callable(name)
			if place == "" {
				found = append(found, failed("script", about, "commands", "what it calls is there", name+" is not there",
					"nothing that the package requires brings it: it needs "+requires))
				continue
			}
			owner := d.ownerOf(ctx, place)
			if owner == "" {
				continue
			}
			if required == nil {
				required = d.required(ctx, p.Name)
			}
			if !slices.Contains(required, owner) {
				c := failed("script", about, "commands", "what it calls is required", name+" is of "+owner,
					"the machine has it, and nothing that the package requires does: "+requires+": "+owner)
				c.Warning = true
				found = append(found, c)
			}
		}
	}
	return found
}

// callable is where a command is on the machine; empty: nowhere.
func (m machine) callable(name string) string {
	places := []string{name}
	if !strings.Contains(name, "/") {
		places = nil
		for _, dir := range searchPath {
			places = append(places, path.Join(dir, name))
		}
	}
	for _, place := range places {
		if _, err := m.follow(place); err == nil {
			return place
		}
	}
	return ""
}

// commandsOf are the commands that a shell script calls by name, in its order:
// without those of the shell and its own functions, and without those that it
// asks after before it calls them. What is no shell script calls nothing.
func commandsOf(script string) []string {
	tree, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil
	}
	var called, known []string
	syntax.Walk(tree, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil { // zsh has functions without
				known = append(known, n.Name.Value)
			}
		case *syntax.CallExpr:
			words := literals(n)
			if len(words) == 0 {
				break
			}
			if asks := askedAfter(words); len(asks) > 0 {
				known = append(known, asks...)
			}
			if words[0] != "" && !slices.Contains(called, words[0]) {
				called = append(called, words[0])
			}
		}
		return true
	})
	return slices.DeleteFunc(called, func(name string) bool {
		return slices.Contains(shellOwn, name) || slices.ContainsFunc(known, func(k string) bool { return path.Base(k) == path.Base(name) })
	})
}

// literals are the words of a command; one that the script computes is empty.
func literals(call *syntax.CallExpr) []string {
	var words []string
	for _, word := range call.Args {
		text := word.Lit()
		if len(word.Parts) == 1 {
			switch quoted := word.Parts[0].(type) {
			case *syntax.SglQuoted:
				text = quoted.Value
			case *syntax.DblQuoted:
				if len(quoted.Parts) == 1 {
					if lit, ok := quoted.Parts[0].(*syntax.Lit); ok {
						text = lit.Value
					}
				}
			}
		}
		words = append(words, text)
	}
	return words
}

// askedAfter are the commands that a command asks after: command -v x, type x,
// which x, [ -x /usr/bin/x ].
func askedAfter(words []string) []string {
	switch words[0] {
	case "type", "which", "hash":
		return words[1:]
	case "command":
		if len(words) > 2 && strings.HasPrefix(words[1], "-") {
			return words[2:]
		}
	case "[", "test":
		for i, word := range words[:len(words)-1] {
			if word == "-x" || word == "-f" || word == "-e" {
				return words[i+1 : i+2]
			}
		}
	}
	return nil
}

// shellOwn are the commands that need no file: POSIX's special and common
// built-in ones, and bash's.
var shellOwn = strings.Fields(`. : [ alias bg break builtin case cd command continue declare echo eval exec exit export false fc fg getopts
	hash jobs kill let local printf pwd read readonly return set shift shopt source test times trap true type typeset ulimit umask unalias unset wait which`)
