package check

import (
	"context"
	"errors"
	"os"
	"path"
	"strings"
)

func (a *agent) lookKernelParam(_ context.Context, t Test) facts {
	return facts{found: map[string]func() (any, error){
		"value": func() (any, error) {
			value, err := a.machine.read(path.Join("/proc/sys", sysctlPath(t.text("name"))))
			if errors.Is(err, os.ErrNotExist) {
				return nil, errors.New("there is no such parameter")
			}
			return strings.TrimSuffix(value, "\n"), err
		},
	}}
}

// sysctlPath is the path of a parameter. Whichever of . and / comes first is
// what parts it, and the other is a part of a name: sysctl.d(5).
func sysctlPath(name string) string {
	first := strings.IndexAny(name, "./")
	if first >= 0 && name[first] == '/' {
		return name
	}
	return strings.NewReplacer(".", "/", "/", ".").Replace(name)
}
