package main_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// A daemon with an init script goes through what is left of its life where
// there is no init, and where one runs it, through what greeter does not below.
func TestOtherInits(t *testing.T) {
	rest := `"lifecycle": ["reboot", "reinstall", "remove", "return", "purge"], `
	for init, c := range map[string]struct {
		lifecycle string
		skipped   []string
		phases    int
	}{
		"sysvinit": {rest, nil, 7}, "openrc": {rest, nil, 7}, "none": {"", []string{"restart", "service"}, 13},
	} {
		t.Run(init, func(t *testing.T) {
			t.Parallel()
			o := runIn(t, copyTree(t, "testdata/inits"), "PLUGIN_DISTROS=debian-13", "PLUGIN_INIT="+init,
				`PLUGIN_TEST={`+c.lifecycle+`"check": {"service": {"ticker": {"enabled": true, "running": true}}}}`)
			o.wantRed(t, "debian-13", nil, nil)
			var names []string
			for name, p := range o.phases("debian-13") {
				if p.Outcome == result.Skipped {
					names = append(names, name)
				}
				if p.Outcome == result.Skipped && !strings.Contains(p.Reason, "init: none") {
					t.Errorf("%s is skipped: %s", name, p.Reason)
				}
			}
			if slices.Sort(names); !slices.Equal(names, c.skipped) {
				t.Errorf("skipped: %v, want %v", names, c.skipped)
			}
			if ran := len(o.phases("debian-13")); o.code != 0 || ran < c.phases {
				t.Errorf("exit code %d after %d phases", o.code, ran)
			}
		})
	}
}

// answered are the questions of a phase by what they were about, each with its
// outcome. A machine is called after its init.
func answered(p result.Phase) []string {
	var all []string
	for _, c := range p.Checks {
		if c.Kind == "machine" {
			c.Subject = "that booted"
		}
		all = append(all, fmt.Sprintf("%s %s: %s %s", c.Kind, c.Subject, c.Attribute, c.Outcome))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// greeter, next to its services, lives by its init scripts as it does by its
// units, and every init's report is the same.
func TestGreeterUnderOtherInits(t *testing.T) {
	life := []string{"service", "check", "restart", "purge", "upgrade"}
	inits := []string{"sysvinit", "openrc"}
	reports := make([]map[string][]string, len(inits))
	t.Run("inits", func(t *testing.T) {
		for i, init := range inits {
			t.Run(init, func(t *testing.T) {
				t.Parallel()
				dir := copyTree(t, "examples/greeter")
				file := filepath.Join(dir, "packages.yml")
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				text = fmt.Appendf(text, "  lifecycle: [%s]\n", strings.Join(life, ", "))
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
				o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_INIT="+init)
				o.wantRed(t, "debian-13", nil, nil)
				all := o.phases("debian-13")
				reports[i] = map[string][]string{}
				for _, name := range append([]string{"boot", "services", "install", "configure"}, life...) {
					if all[name].Outcome != result.Passed {
						t.Errorf("%s: %q %s", name, all[name].Outcome, all[name].Reason)
					}
					reports[i][name] = answered(all[name])
					t.Logf("%s took %.0f s", name, all[name].Duration)
				}
			})
		}
	})
	if d := cmp.Diff(reports[0], reports[1]); d != "" {
		t.Errorf("%s and %s: %s", inits[0], inits[1], d)
	}
}

// initBugs are planted in testdata/inits, whose own life is green.
var initBugs = map[string]struct {
	init, old, new string
	lifecycle      string
	red            []string
	words          []string
}{
	"an init script that starts nothing": {
		init: "sysvinit", old: "DAEMON=/usr/sbin/ticker", new: "DAEMON=/usr/sbin/tikcer", lifecycle: `["service"]`,
		red: []string{"service"}, words: []string{"service ticker: active", "its pid file is left behind", "nothing that its init script starts stays"},
	},
	"one that cannot start": {
		init: "openrc", old: "start() {\n", new: "start() {\n\techo no licence file\n\treturn 3\n", lifecycle: `["service"]`,
		red: []string{"install"}, words: []string{"no licence file", "returned error exit status"},
	},
	"one that is left running after removal": {
		init: "openrc", old: "stop() {\n", new: "stop() {\n\treturn 0\n", lifecycle: `["service", "check", "remove"]`,
		red: []string{"remove"}, words: []string{"service ticker: stopped", "found    active (running), pid", "process /usr/sbin/ticker: gone", "invoke-rc.d ticker stop"},
	},
}

func TestInitScriptBugsAreCaught(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(initBugs)) {
		bug := initBugs[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyTree(t, "testdata/inits")
			file := filepath.Join(dir, "debian/ticker.init")
			text, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(text), bug.old) {
				t.Fatalf("%v: no %q in it", err, bug.old)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(text), bug.old, bug.new, 1)), 0o755); err != nil {
				t.Fatal(err)
			}
			o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_INIT="+bug.init, `PLUGIN_TEST={"lifecycle": `+bug.lifecycle+`}`)
			o.wantRed(t, "debian-13", bug.red, bug.words)
		})
	}
}
