package check

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// missingCommands are findings for what scriptlets call and the machine does
// not have: it was not required, and whether it is there, is luck.
func (m machine) missingCommands(ctx context.Context, p Package) []result.Check {
	var found []result.Check
	for _, script := range m.database().scripts(ctx, p.Name) {
		for _, name := range commandsOf(script.Text) {
			if m.callable(name) {
				continue
			}
			found = append(found, failed("script", script.Name+" of "+p.Name, "commands", "what it calls is there", name+" is not there",
				fmt.Sprintf("nothing that the package requires brings it: it needs Requires(%s)", strings.TrimPrefix(script.Name, "%"))))
		}
	}
	return found
}

// callable says whether a command can be found on the machine.
func (m machine) callable(name string) bool {
	places := []string{name}
	if !strings.Contains(name, "/") {
		places = nil
		for _, dir := range searchPath {
			places = append(places, path.Join(dir, name))
		}
	}
	return slices.ContainsFunc(places, func(place string) bool {
		_, err := m.follow(place)
		return err == nil
	})
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
			known = append(known, n.Name.Value)
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
