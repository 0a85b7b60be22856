package check

import (
	"context"
	"errors"
	"strconv"
	"sync"
)

func (a *agent) lookGroup(_ context.Context, t Test) facts {
	find := sync.OnceValues(func() (*int, error) { return a.machine.groupNumber(t.text("groupname")) })
	there := present(find, errors.New("there is no such group"))
	return facts{found: map[string]func() (any, error){
		"exists": reading(find, func(gid *int) any { return gid != nil }),
		"gid":    reading(there, func(gid *int) any { return *gid }),
	}}
}

// groupNumber finds a group; nil if there is none.
func (m machine) groupNumber(name string) (*int, error) {
	var found *int
	err := m.eachEntry("/etc/group", 3, func(field []string) {
		if field[0] == name {
			gid, _ := strconv.Atoi(field[2]) // eachEntry has read it
			found = &gid
		}
	})
	return found, err
}
