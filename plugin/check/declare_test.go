package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePostinst(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		want   declared
	}{
		"an empty one declares nothing": {},
		"debhelper enables and starts": {`
	if deb-systemd-helper --quiet was-enabled 'a.service'; then
		deb-systemd-helper enable 'a.service' >/dev/null || true
	fi
	deb-systemd-invoke $_dh_action 'a.service' 'b.socket' >/dev/null || true`,
			declared{[]string{"a.service"}, []string{"a.service", "b.socket"}}},
		"debhelper with --no-enable does not enable": {`
	if deb-systemd-helper debian-installed 'a.service'; then
		deb-systemd-helper unmask 'a.service'
		if deb-systemd-helper --quiet was-enabled 'a.service'; then
			deb-systemd-helper enable 'a.service'`, declared{}},
		"debhelper with --no-start does not start": {`deb-systemd-invoke try-restart 'a.service' || true`, declared{}},
		"System V beside a unit does not count":    {`invoke-rc.d --skip-systemd-native a $_dh_action || exit 1`, declared{}},
		"systemctl without a suffix means a service": {`systemctl enable a && systemctl start a`,
			declared{[]string{"a.service"}, []string{"a.service"}}},
		"systemctl enable --now does both": {`systemctl enable --now a.timer`, declared{[]string{"a.timer"}, []string{"a.timer"}}},
		"invoke-rc.d and service start":    {"invoke-rc.d a start || true\nif service b restart; then :; fi", declared{Started: []string{"a.service", "b.service"}}},
		"a computed name is not guessed":   {`systemctl start "$unit"`, declared{}},
		"a comment is no command":          {`# systemctl start a`, declared{}},
		"a line may go on":                 {"systemctl \\\n start a", declared{Started: []string{"a.service"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, parsePostinst(c.script)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestShippedUnitsLeaveOutAliasesAndMarkTemplates(t *testing.T) {
	m := files(t, map[string]string{
		"/lib":                               "-> usr/lib",
		"/usr/lib/systemd/system/a.service":  "",
		"/usr/lib/systemd/system/a@.service": "",
		"/usr/lib/systemd/system/b.service":  "-> a.service",
		"/usr/lib/systemd/system/README":     "",
		dpkgInfo + "/a:amd64.list": "/.\n/lib/systemd/system/a.service\n/lib/systemd/system/a@.service\n" +
			"/lib/systemd/system/b.service\n/lib/systemd/system/README\n",
		dpkgInfo + "/a:amd64.postinst": "systemctl enable --now a",
	})
	want := []shippedUnit{
		{Name: "a.service", Package: "a", Enabled: true, Started: true},
		{Name: "a@.service", Package: "a", Template: true},
	}
	if diff := cmp.Diff(want, m.shippedUnits(t.Context(), []Package{{Name: "a"}, {Name: "none"}})); diff != "" {
		t.Error(diff)
	}
}

func TestParseStatusLeavesOutObsoleteConffiles(t *testing.T) {
	got := parseStatus("ii \n1.0-1\n /etc/a 0cc1\n /etc/b 0cc1 obsolete\n")
	if diff := cmp.Diff(status{Installed: true, Version: "1.0-1", Conffiles: []string{"/etc/a"}}, got); diff != "" {
		t.Error(diff)
	}
}
