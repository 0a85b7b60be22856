package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// A daemon with an init script goes through its whole life under every init
// that has one to run it, and through what is left of it where none has.
func TestOtherInits(t *testing.T) {
	for init, skipped := range map[string][]string{
		"sysvinit": nil, "openrc": nil, "none": {"restart", "service"},
	} {
		t.Run(init, func(t *testing.T) {
			t.Parallel()
			o := runIn(t, copyTree(t, "testdata/inits"), "PLUGIN_DISTROS=debian-13", "PLUGIN_INIT="+init,
				`PLUGIN_TEST={"check": {"service": {"ticker": {"enabled": true, "running": true}}}}`)
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
			if slices.Sort(names); !slices.Equal(names, skipped) {
				t.Errorf("skipped: %v, want %v", names, skipped)
			}
			if ran := len(o.phases("debian-13")); o.code != 0 || ran < 13 {
				t.Errorf("exit code %d after %d phases", o.code, ran)
			}
		})
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
