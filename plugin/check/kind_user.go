package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// account is one line of passwd(5).
type account struct {
	name        string
	uid, gid    int
	home, shell string
}

func (a *agent) lookUser(_ context.Context, t Test) facts {
	find := sync.OnceValues(func() (*account, error) { return a.machine.account(t.text("username")) })
	there := present(find, errors.New("there is no such user"))
	return facts{found: map[string]func() (any, error){
		"exists": reading(find, func(u *account) any { return u != nil }),
		"uid":    reading(there, func(u *account) any { return u.uid }),
		"gid":    reading(there, func(u *account) any { return u.gid }),
		"home":   reading(there, func(u *account) any { return u.home }),
		"shell":  reading(there, func(u *account) any { return u.shell }),
		"groups": reading(there, func(u *account) any { return a.machine.groupsOf(u) }),
	}}
}

// account finds a user; nil if there is none.
func (m machine) account(name string) (*account, error) {
	var found *account
	err := m.eachEntry("/etc/passwd", 7, func(field []string) {
		if found != nil || field[0] != name {
			return
		}
		uid, _ := strconv.Atoi(field[2]) // eachEntry has read it
		gid, _ := strconv.Atoi(field[3])
		found = &account{name: name, uid: uid, gid: gid, home: field[5], shell: field[6]}
	})
	return found, err
}

// groupsOf are the names of the groups a user is in, sorted.
func (m machine) groupsOf(u *account) []string {
	groups := []string{}
	// Without the file there is no group.
	_ = m.eachEntry("/etc/group", 4, func(field []string) {
		if field[2] == fmt.Sprint(u.gid) || slices.Contains(strings.Split(field[3], ","), u.name) {
			groups = append(groups, field[0])
		}
	})
	slices.Sort(groups)
	return groups
}

// nameOf is the name of a user or group in a file such as passwd; its number,
// if it has none.
func (m machine) nameOf(file string, id uint32) string {
	name := fmt.Sprint(id)
	// Without the file nobody has a name.
	_ = m.eachEntry(file, 3, func(field []string) {
		if field[2] == fmt.Sprint(id) {
			name = field[0]
		}
	})
	return name
}

// eachEntry visits the lines of a file such as passwd that have so many
// fields, the third of which is a number. No file: no lines.
func (m machine) eachEntry(file string, fields int, visit func(field []string)) error {
	text, err := m.read(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for line := range strings.Lines(text) {
		field := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(field) < fields {
			continue
		}
		if _, err := strconv.Atoi(field[2]); err == nil {
			visit(field)
		}
	}
	return nil
}
