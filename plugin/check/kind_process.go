package check

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// commLength is how many bytes of a process's name Linux keeps: proc(5).
const commLength = 15

func (a *agent) lookProcess(_ context.Context, t Test) facts {
	return facts{found: map[string]func() (any, error){
		"running": func() (any, error) {
			pids := a.machine.pidsOf(t.text("comm"))
			if len(pids) == 0 {
				return false, nil
			}
			return seen{true, "pid " + strings.Join(pids, ", ")}, nil
		},
	}}
}

// pidsOf are the processes of a name, kernel threads with them.
func (m machine) pidsOf(name string) []string {
	if len(name) > commLength {
		name = name[:commLength]
	}
	dirs, _ := filepath.Glob(m.at("/proc/[0-9]*")) // the pattern is valid
	var pids []string
	for _, dir := range dirs {
		pid := filepath.Base(dir)
		comm, err := m.read(fmt.Sprintf("/proc/%s/comm", pid))
		if err == nil && strings.TrimSuffix(comm, "\n") == name {
			pids = append(pids, pid)
		}
	}
	return pids
}
