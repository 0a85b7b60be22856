package check

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exits is an error of a command that ran.
type exits string

func (e exits) Error() string { return string(e) }
func (exits) ExitCode() int   { return 2 }

func TestCompletions(t *testing.T) {
	const bash, zsh, fish = "/usr/share/bash-completion/completions/", "/usr/share/zsh/vendor-completions/", "/usr/share/fish/vendor_completions.d/"
	tree := map[string]string{
		"/usr/bin/greeter": "#!/bin/sh\n", "/usr/bin/bash": "", "/usr/bin/fish": "",
		bash + "greeter": "complete -F _g greeter\n", bash + "_greeter": "", bash + "greeter.bash": "", bash + "other": "complete -F _g greeter other\n",
		bash + "stranger": "complete -F _s stranger\n", bash + "broken": "if\n", "/etc/bash_completion.d/anything": "x() { :; }\n",
		zsh + "_greeter": "#compdef greeter\n", zsh + "greeter": "#compdef unheard-of\n", zsh + "_g": "#compdef g greeter\n", zsh + "_broken": "if\n",
		fish + "greeter.fish": "", fish + "hello.fish": "complete -c hello\n", fish + "broken.fish": "if",
	}
	for name, c := range map[string]struct{ listed, want string }{
		"for programs that are there": {bash + "greeter " + bash + "_greeter " + bash + "greeter.bash " + bash + "other " + "/etc/bash_completion.d/anything " + zsh + "_greeter " + zsh + "_g " + fish + "greeter.fish " + bash + "removed " + bash[:len(bash)-1],
			"passed completion p installed | found 8 files"},
		"for others beside its own": {"/usr/bin/greeter " + bash + "stranger " + bash + "greeter", "passed completion p installed | found 2 files"},
		"for programs that nobody has": {"/usr/bin/greeter " + bash + "stranger " + fish + "hello.fish",
			"warning failed completion p program | want completions for programs that are there | found " + bash + "stranger, " + fish + "hello.fish | why a file is named after the program that it completes"},
		"for others' programs, which a package of completions has": {bash + "stranger", "passed completion p installed | found 1 file"},
		"that bash does not read": {bash + "broken " + bash + "greeter",
			"failed completion " + bash + "broken parses | want bash -O extglob -n reads it | found bash: exit status 2: " + bash + "broken: line 2: syntax error | why whoever completes a word in bash sees that error"},
		"that fish does not read": {fish + "broken.fish",
			"failed completion " + fish + "broken.fish parses | want fish -n reads it | found fish: exit status 2: " + fish + "broken.fish: line 2: syntax error | why whoever completes a word in fish sees that error"},
		"that zsh would not read, were it there": {zsh + "_broken", "passed completion p installed | found 1 file"},
		"none":                                   {"/usr/bin/greeter /usr/share/doc/completions/x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := files(t, tree)
			m.run = func(_ context.Context, shell string, args ...string) (string, error) {
				file := args[len(args)-1]
				if strings.HasPrefix(strings.TrimPrefix(filepath.Base(file), "_"), "broken") {
					return "", exits(shell + ": exit status 2: " + strings.TrimPrefix(file, m.root) + ": line 2: syntax error\n`if'")
				}
				return "", nil
			}
			got := strings.Join(sayAll(m.completionChecks(t.Context(), Package{Name: "p"}, strings.Fields(c.listed))), "\n")
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
