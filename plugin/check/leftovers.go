package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// leftovers compares the file tree with the one remembered.
func (a *agent) leftovers(ctx context.Context) error {
	var before snapshot
	found, err := a.memory.load(treeMemory, &before)
	if err != nil {
		return err
	}
	if !found {
		return errors.New("no file tree was remembered to compare with")
	}
	accept, err := newAcceptor(a.Noise)
	if err != nil {
		return err
	}
	now, err := a.machine.snapshot(ctx)
	if err != nil {
		return err
	}
	owned := a.machine.database().owned(ctx, a.Packages)
	var had shipped
	if _, err := a.memory.load(installedMemory, &had); err != nil {
		return err
	}
	accepted := func(p string) bool { return owned[p] || accept.accepts(p) }
	var checks []result.Check
	if a.NoPurge {
		accepted, checks = kept(before, now, accepted)
		checks = append(checks, leftRunning(before, now, accepted, a.machine.dialect())...)
	}
	checks = append(checks, compare(before, now, accepted, had.Files, a.machine.dialect())...)
	for _, c := range checks {
		a.check(c)
	}
	if !slices.ContainsFunc(checks, func(c result.Check) bool { return !c.Warning }) {
		a.check(result.Check{
			Kind: "leftover", Subject: "/", Attribute: "clean", Outcome: result.Passed,
			Found: fmt.Sprintf("%d files as before", len(now.Files)),
		})
	}
	return nil
}

// leftRunning are files in /run that were not there: they go with the next
// boot, and until then nobody but the package would have removed them. The
// directories that tmpfiles.d made may stay.
func leftRunning(before, now snapshot, accepted func(string) bool, say dialect) []result.Check {
	var checks []result.Check
	for _, p := range now.Run {
		if !slices.Contains(before.Run, p) && !accepted(p) {
			checks = append(checks, failed("leftover", p, "running", "gone after removal", "still there",
				"a running service's own: have it removed when the service stops (RuntimeDirectory=), or "+say.RunLeft))
		}
	}
	return checks
}

// compare names what is new, changed or gone. accepted says what is not
// worth a finding, and had what the packages shipped.
func compare(before, now snapshot, accepted func(string) bool, had []string, say dialect) []result.Check {
	checks := newFiles(before, now, accepted, had, say)
	for _, p := range slices.Sorted(maps.Keys(before.Files)) {
		if accepted(p) {
			continue
		}
		old := before.Files[p]
		e, there := now.Files[p]
		if !there {
			checks = append(checks, failed("leftover", p, "gone", "as before the install: "+old.describe(), "gone",
				"the package removed what is not its own"))
			continue
		}
		if what := old.changes(e); what != "" {
			checks = append(checks, failed("leftover", p, "changed", "as before the install", what,
				"the package changed what is not its own and did not change it back"))
		}
	}
	checks = append(checks, leftNames("user", before.Users, now.Users, say)...)
	return append(checks, leftNames("group", before.Groups, now.Groups, say)...)
}

// newFiles are the findings for what was not there; what is in a new
// directory is told with it.
func newFiles(before, now snapshot, accepted func(string) bool, had []string, say dialect) []result.Check {
	var checks []result.Check
	below := map[string]int{}
	var tops []string
	for _, p := range slices.Sorted(maps.Keys(now.Files)) {
		if _, old := before.Files[p]; old || accepted(p) {
			continue
		}
		top := topOf(p, below)
		if top == "" {
			tops, below[p] = append(tops, p), 0
			continue
		}
		below[top]++
	}
	for _, p := range tops {
		c := failed("leftover", p, "new", say.Gone, now.Files[p].describe(), say.LeftBehind)
		if slices.Contains(had, p) {
			c.Reason = "shipped by the package and still there"
		}
		if n := below[p]; n > 0 {
			c.Found += fmt.Sprintf(", with %d below it", n)
		}
		checks = append(checks, c)
	}
	return checks
}

// topOf is the directory among the findings that p is in.
func topOf(p string, findings map[string]int) string {
	for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
		if _, ok := findings[dir]; ok {
			return dir
		}
	}
	return ""
}

// leftNames are users or groups that were left: policy allows it, since
// files elsewhere may still be theirs.
func leftNames(kind string, before, now []string, say dialect) []result.Check {
	var checks []result.Check
	for _, name := range now {
		if slices.Contains(before, name) {
			continue
		}
		c := failed(kind, name, "new", say.Gone, "still in /etc/"+map[string]string{"user": "passwd", "group": "group"}[kind],
			say.NamesStay)
		c.Warning = true
		checks = append(checks, c)
	}
	return checks
}

// describe says what an entry is.
func (e entry) describe() string {
	owner := fmt.Sprintf("owner %d:%d", e.UID, e.GID)
	switch {
	case e.Mode.IsDir():
		return fmt.Sprintf("a directory, mode %04o, %s", e.Mode.Perm(), owner)
	case e.Mode&os.ModeSymlink != 0:
		return "a link to " + e.Link
	case e.Mode.IsRegular():
		return fmt.Sprintf("a file, %d bytes, mode %04o, %s", e.Size, e.Mode.Perm(), owner)
	}
	return fmt.Sprintf("%s, %s", e.Mode, owner)
}

// changes says what differs. Times of directories and links are not looked
// at, and of files only where their content was not.
func (e entry) changes(now entry) string {
	if e.Mode.Type() != now.Mode.Type() {
		return "was " + e.describe() + ", is " + now.describe()
	}
	var what []string
	if e.Mode != now.Mode {
		what = append(what, fmt.Sprintf("mode was %s, is %s", e.Mode, now.Mode))
	}
	if e.UID != now.UID || e.GID != now.GID {
		what = append(what, fmt.Sprintf("owner was %d:%d, is %d:%d", e.UID, e.GID, now.UID, now.GID))
	}
	if e.Link != now.Link {
		what = append(what, fmt.Sprintf("led to %s, leads to %s", e.Link, now.Link))
	}
	switch {
	case e.Size != now.Size:
		what = append(what, fmt.Sprintf("size was %d, is %d bytes", e.Size, now.Size))
	case e.Mode.IsRegular() && (e.Sum != now.Sum || e.Sum == "" && e.MTime != now.MTime):
		what = append(what, "content written anew")
	}
	return strings.Join(what, "; ")
}
