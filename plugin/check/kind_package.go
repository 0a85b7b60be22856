package check

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
)

// versionsOf has, for each format of packages, what asks the machine for the
// versions of a package that are installed; none, if it is not.
var versionsOf = map[string]func(m machine, ctx context.Context, name string) ([]string, error){
	"deb": machine.debVersions,
}

func (a *agent) lookPackage(ctx context.Context, t Test) facts {
	versions := sync.OnceValues(func() ([]string, error) {
		ask := versionsOf[a.Format]
		if ask == nil {
			return nil, fmt.Errorf("packages of format %q are not known to this agent", a.Format)
		}
		return ask(a.machine, ctx, t.text("name"))
	})
	return facts{found: map[string]func() (any, error){
		"installed": func() (any, error) {
			all, err := versions()
			return seen{len(all) > 0, strings.Join(all, ", ")}, err
		},
		"versions": func() (any, error) {
			all, err := versions()
			return all, err
		},
	}}
}

// debVersions are the versions of a package that dpkg has as installed: of
// several architectures, several.
func (m machine) debVersions(ctx context.Context, name string) ([]string, error) {
	out, err := m.run(ctx, "dpkg-query", "-W", `-f=${db:Status-Abbrev} ${Version}\n`, "--", name)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil, nil // dpkg-query(1): it knows no such package
	}
	if err != nil {
		return nil, err
	}
	var versions []string
	for line := range strings.Lines(out) {
		word := strings.Fields(line)
		if len(word) == 2 && (word[0] == "ii" || word[0] == "hi") && !slices.Contains(versions, word[1]) {
			versions = append(versions, word[1])
		}
	}
	return versions, nil
}
