package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// edited is what an upgrade has to leave alone.
type edited struct {
	// Conffiles after the administrator's edit: digests by path.
	Conffiles map[string]string
	// Data are files that the service made.
	Data []string
}

// dataDirs are where services keep what is theirs, by the FHS.
var dataDirs = []string{"/var/lib/", "/var/spool/", "/srv/", "/var/opt/"}

// edit appends an empty line to each conffile: it changes the file and, nearly
// everywhere, not what it means.
func (a *agent) edit(ctx context.Context) error {
	all := edited{Conffiles: map[string]string{}}
	for _, p := range a.Packages {
		for _, file := range a.machine.status(ctx, p.Name).Conffiles {
			done, err := a.machine.appendLine(file)
			if err != nil {
				return fmt.Errorf("edit %s: %w", file, err)
			}
			if done {
				all.Conffiles[file] = a.machine.sum(file)
				a.note("edited %s, as an administrator would", file)
			}
		}
	}
	var err error
	if all.Data, err = a.data(ctx); err != nil {
		return err
	}
	return a.memory.save(editedMemory, all)
}

// data are the files that came to be since the file tree was remembered and
// that no package ships.
func (a *agent) data(ctx context.Context) ([]string, error) {
	var before snapshot
	if known, err := a.memory.load(treeMemory, &before); err != nil || !known {
		return nil, err
	}
	accept, err := newAcceptor(a.Noise)
	if err != nil {
		return nil, err
	}
	now, err := a.machine.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var data []string
	owned := a.machine.database().owned(ctx, nil)
	for _, p := range slices.Sorted(maps.Keys(now.Files)) {
		_, old := before.Files[p]
		below := slices.ContainsFunc(dataDirs, func(dir string) bool { return strings.HasPrefix(p, dir) })
		if below && !old && !owned[p] && !accept.accepts(p) {
			data = append(data, p)
		}
	}
	return data, nil
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
	for _, file := range all.Data {
		if _, err := a.machine.lstat(file); errors.Is(err, fs.ErrNotExist) {
			a.check(failed("file", file, "data", "kept over the upgrade", "gone", a.machine.dialect().DataRemoved))
		}
	}
	for _, file := range slices.Sorted(maps.Keys(all.Conffiles)) {
		c := result.Check{Kind: "file", Subject: file, Attribute: "edited", Outcome: result.Passed, Expected: "kept as the administrator left it", Found: "kept"}
		if now := a.machine.sum(file); now != all.Conffiles[file] {
			c.Outcome, c.Found = result.Failed, "another content"
			c.Reason = a.machine.dialect().EditLost
			if now == "" {
				c.Found, c.Reason = "gone", a.machine.dialect().EditRemoved
			}
		} else if newer := a.machine.newerBeside(file); newer != "" {
			c.Found = "kept; what the newer package ships is beside it, to be merged: " + newer
		}
		a.check(c)
	}
	return nil
}

// newerBesides are what package managers end the names with of what a newer
// package ships where the administrator's own is kept.
var newerBesides = []string{".dpkg-dist", ".rpmnew", ".pacnew", ".apk-new"}

// newerBeside is that file beside a conffile; empty, if there is none.
func (m machine) newerBeside(file string) string {
	for _, ending := range newerBesides {
		if _, err := m.lstat(file + ending); err == nil {
			return file + ending
		}
	}
	return ""
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
	for _, s := range a.shipped(ctx) {
		if s.Template || !s.Started && !s.Manual {
			continue
		}
		for _, verb := range verbs {
			if err := a.administer(ctx, verb, s.Name); err != nil {
				return err
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

// administer does to a unit what an administrator would. An init script that
// does not do it fails the package.
func (a *agent) administer(ctx context.Context, verb, name string) error {
	err := a.units.act(ctx, verb, name)
	code := exitCode(err)
	if code < 0 {
		return fmt.Errorf("%s %s: %w", verb, name, err)
	}
	if code > 0 {
		c := failed(unit{Name: name}.kind(), name, "done", "an administrator's "+verb+" works", fmt.Sprintf("exit code %d", code), "its init script says why")
		c.Lines = a.units.logs(ctx, name)
		a.check(c)
	}
	return nil
}
