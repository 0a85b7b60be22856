package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// edited are the digests of conffiles after the administrator's edit.
type edited map[string]string

// edit appends an empty line to the first conffile of each package that is a
// text: it changes the file and, nearly everywhere, not what it means.
func (a *agent) edit(ctx context.Context) error {
	all := edited{}
	for _, p := range a.Packages {
		for _, file := range a.machine.status(ctx, p.Name).Conffiles {
			done, err := a.machine.appendLine(file)
			if err != nil {
				return fmt.Errorf("edit %s: %w", file, err)
			}
			if done {
				all[file] = a.machine.sum(file)
				a.note("edited %s, as an administrator would", file)
				break
			}
		}
	}
	return a.memory.save(editedMemory, all)
}

// appendLine adds an empty line to a regular file that is not empty.
func (m machine) appendLine(file string) (bool, error) {
	info, err := m.lstat(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (!info.Mode().IsRegular() || info.Size() == 0) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f, err := os.OpenFile(m.at(file), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return false, err
	}
	_, err = f.WriteString("\n")
	return true, errors.Join(err, f.Close())
}

// kept checks that what the administrator edited is as it was left.
func (a *agent) kept() error {
	var all edited
	if _, err := a.memory.load(editedMemory, &all); err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(all)) {
		c := result.Check{Kind: "file", Subject: file, Attribute: "edited", Outcome: result.Passed, Expected: "kept as the administrator left it", Found: "kept"}
		if now := a.machine.sum(file); now != all[file] {
			c.Outcome, c.Found = result.Failed, "another content"
			c.Reason = "a maintainer script writes to a conffile; dpkg asks the administrator, scripts must not"
			if now == "" {
				c.Found, c.Reason = "gone", "a maintainer script removes a conffile"
			}
		}
		a.check(c)
	}
	return nil
}

// setState brings the units that the packages start into a state.
func (a *agent) setState(ctx context.Context) error {
	if err := a.dial(ctx); err != nil {
		return err
	}
	verbs := []string{"disable", "stop"}
	if a.Enabled {
		verbs[0] = "enable"
	}
	if a.Active {
		verbs[1] = "start"
	}
	remembered := served{Units: map[string]unit{}}
	if _, err := a.memory.load(servicesMemory, &remembered); err != nil {
		return err
	}
	for _, s := range a.machine.shippedUnits(a.Packages) {
		if s.Template || !s.Started {
			continue
		}
		for _, verb := range verbs {
			if _, err := a.machine.run(ctx, "systemctl", verb, s.Name); err != nil {
				return fmt.Errorf("%s %s: %w", verb, s.Name, err)
			}
		}
		w, err := a.settle(ctx, s.Name)
		if err != nil {
			return err
		}
		remembered.Units[s.Name] = w.unit
	}
	return a.memory.save(servicesMemory, remembered)
}
