package check

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// startsAtBoot are the states for which systemctl is-enabled exits with 0:
// systemctl(1).
var startsAtBoot = []string{"enabled", "enabled-runtime", "static", "alias", "indirect", "generated", "transient"}

// worksNow are the states for which systemctl is-active exits with 0.
var worksNow = []string{"active", "reloading", "refreshing"}

func refuseService(t Test) error {
	if strings.Contains(t.text("name"), "/") {
		return fmt.Errorf("found the unit %s, wanted a name", quote(t.text("name")))
	}
	return nil
}

func (a *agent) lookService(ctx context.Context, t Test) facts {
	name := unitName(t.text("name"))
	state := sync.OnceValues(func() (unit, error) { return a.units.unit(ctx, name) })
	return facts{
		found: map[string]func() (any, error){
			"enabled": func() (any, error) {
				u, err := state()
				return a.machine.enabledFact(u), err
			},
			"running": func() (any, error) {
				u, err := state()
				w := watch{unit: u, exitCode: u.ExitCode, exitStatus: u.ExitStatus}
				return seen{slices.Contains(worksNow, u.ActiveState), w.found()}, err
			},
			"runlevels": func() (any, error) { return a.machine.runlevels(name), nil },
		},
		evidence: func() []string { return a.units.logs(ctx, name) },
	}
}

// unitTypes are all there are: systemd.unit(5).
var unitTypes = []string{
	".service", ".socket", ".device", ".mount", ".automount", ".swap", ".target", ".path", ".timer", ".slice", ".scope",
}

// unitName is a service, if it is nothing else.
func unitName(written string) string {
	if slices.Contains(unitTypes, path.Ext(written)) {
		return written
	}
	return written + ".service"
}

// enabledFact knows that what systemd made of an init script is started in
// the runlevels that the script is.
func (m machine) enabledFact(u unit) seen {
	words := u.FileState
	if words == "" {
		words = u.LoadState
	}
	enabled := slices.Contains(startsAtBoot, u.FileState)
	script := "/etc/init.d/" + strings.TrimSuffix(u.Name, ".service")
	if _, err := m.lstat(script); u.FileState == "generated" && err == nil {
		enabled, words = len(m.runlevels(u.Name)) > 0, "by "+script
	}
	return seen{enabled, words}
}

// runlevels are those in which /etc/rc?.d starts a service.
func (m machine) runlevels(unitName string) []string {
	script := strings.TrimSuffix(unitName, ".service")
	links, _ := filepath.Glob(m.at("/etc/rc?.d/S[0-9][0-9]*")) // the pattern is valid
	levels := []string{}
	for _, link := range links {
		if filepath.Base(link)[3:] == script {
			level := filepath.Base(filepath.Dir(link))
			levels = append(levels, strings.TrimSuffix(strings.TrimPrefix(level, "rc"), ".d"))
		}
	}
	return levels
}
