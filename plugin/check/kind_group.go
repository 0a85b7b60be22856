package check

import (
	"context"
	"errors"
	"strconv"
)

func (a *agent) lookGroup(_ context.Context, t Test) facts {
	gid := -1
	err := a.machine.eachEntry("/etc/group", 3, func(field []string) {
		if field[0] == t.text("groupname") {
			gid, _ = strconv.Atoi(field[2]) // eachEntry has read it
		}
	})
	return facts{found: map[string]func() (any, error){
		"exists": func() (any, error) { return gid >= 0, err },
		"gid": func() (any, error) {
			if gid < 0 {
				return nil, errors.Join(err, errNoGroup)
			}
			return gid, nil
		},
	}}
}

var errNoGroup = errors.New("there is no such group")
