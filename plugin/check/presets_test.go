package check

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPresetsAreThoseOfTheScript(t *testing.T) {
	for script, want := range map[string]string{
		"if [ $1 -eq 1 ] && [ -x \"/usr/lib/systemd/systemd-update-helper\" ]; then\n    /usr/lib/systemd/systemd-update-helper install-system-units a.service b.socket || :\nfi": "a.service b.socket",
		"if [ $1 -eq 1 ] ; then \n        systemctl --no-reload preset a.service >/dev/null 2>&1 || : \nfi":                                                                       "a.service",
		"systemctl daemon-reload": "",
	} {
		if got := strings.Join(parsePresets(script).Enabled, " "); got != want {
			t.Errorf("%s: got %q, want %q", script, got, want)
		}
	}
}

func TestPresetsDecideByTheFirstLineThatMatches(t *testing.T) {
	m := files(t, map[string]string{
		"/usr/lib/systemd/system-preset/90-default.preset": "# a\nenable a.service\nenable b*.service\n\ndisable a.service\n",
		"/usr/lib/systemd/system-preset/99-off.preset":     "disable *",
		"/usr/lib/systemd/system-preset/10-x.preset":       "disable d.service",
		"/etc/systemd/system-preset/10-x.preset":           "enable e.service\nbroken\n",
	})
	for unit, want := range map[string]bool{"a.service": true, "bcd.service": true, "c.service": false, "d.service": false, "e.service": true} {
		if got := m.preset(unit); got != want {
			t.Errorf("%s: %v", unit, got)
		}
	}
	if m := files(t, map[string]string{"/etc/x": ""}); !m.preset("a.service") {
		t.Error("what no preset names is enabled")
	}
}

// What an rpm ships is enabled as the presets say, and started by nobody.
func TestUnitsOfRpmsAreTheAdministrators(t *testing.T) {
	m := files(t, map[string]string{
		"/usr/lib/systemd/system/a.service":            "[Service]\nExecStart=x\n\n[Install]\nWantedBy=multi-user.target\n",
		"/usr/lib/systemd/system/static.service":       "[Service]\nExecStart=x\n",
		"/usr/lib/systemd/system-preset/99-off.preset": "disable *\n",
	})
	m.presets = true
	var got []shippedUnit
	for _, name := range []string{"a.service", "static.service"} {
		got = append(got, m.shippedUnit("/usr/lib/systemd/system/"+name, "a", declared{}, []string{"a.service"}))
	}
	want := []shippedUnit{
		{Name: "a.service", Package: "a", Preset: true, Manual: true},
		{Name: "static.service", Package: "a"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if u := m.shippedUnit("/usr/lib/systemd/system/a.service", "a", declared{Started: []string{"a.service"}}, nil); u.Manual {
		t.Error("a script of the package starts it")
	}
}

func TestPresetsAreJudged(t *testing.T) {
	for want, c := range map[string]struct {
		state   string
		enabled bool
	}{
		"passed service a.service enabled | want disabled, as the presets have it | found disabled": {"disabled", false},
		"passed service a.service enabled | want enabled, as the presets have it | found enabled":   {"enabled", true},
		"failed service a.service enabled | want disabled, as the presets have it | found enabled":  {"enabled", false},
	} {
		u := unit{Name: "a.service", FileState: c.state}
		got := say(judgeEnabled(u, shippedUnit{Preset: true, Enabled: c.enabled}, false, dialect{}))
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// An upgrade keeps what the administrator made of a unit: restarted where it
// ran, and left alone where it did not, whether it is enabled or not.
func TestAnUpgradeKeepsWhatTheAdministratorMade(t *testing.T) {
	a := &agent{Request: Request{Expect: Upgraded}}
	for name, c := range map[string]struct {
		was  unit
		want shippedUnit
	}{
		"running and enabled":  {unit{ActiveState: "active", FileState: "enabled", MainPID: 7}, shippedUnit{Manual: true, Enabled: true, Started: true, OldPID: 7}},
		"running and disabled": {unit{ActiveState: "active", FileState: "disabled", MainPID: 7}, shippedUnit{Manual: true, Started: true, OldPID: 7}},
		"stopped and enabled":  {unit{ActiveState: "inactive", FileState: "enabled"}, shippedUnit{Manual: true, Enabled: true, Stopped: true}},
		"stopped and disabled": {unit{ActiveState: "inactive", FileState: "disabled"}, shippedUnit{Manual: true, Stopped: true}},
	} {
		if d := cmp.Diff(c.want, a.wanted(shippedUnit{Manual: true}, c.was, true)); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
		// Where packages leave units alone, so do their upgrades.
		administered := &agent{Request: Request{Expect: Upgraded, Administered: true}}
		c.want.OldPID = 0
		if d := cmp.Diff(c.want, administered.wanted(shippedUnit{Manual: true}, c.was, true)); d != "" {
			t.Errorf("administered, %s:\n%s", name, d)
		}
	}
}
