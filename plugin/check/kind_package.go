package check

import (
	"context"
	"strings"
	"sync"
)

func (a *agent) lookPackage(ctx context.Context, t Test) facts {
	versions := sync.OnceValues(func() ([]string, error) {
		if err := knownFormat(a.Format); err != nil {
			return nil, err
		}
		return a.machine.database().versions(ctx, t.text("name"))
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
