package check

import (
	"context"
	"os"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// conffiled is a machine whose one package has two conffiles and made data.
func conffiled(t *testing.T) machine {
	m := files(t, map[string]string{
		"/etc/a.conf": "a\n", "/etc/empty.conf": "", dpkgInfo + "/a.list": "/etc/a.conf\n/etc/empty.conf\n/var/lib/a\n",
	})
	m.run = func(context.Context, string, ...string) (string, error) {
		return "ii\n1.0\n /etc/a.conf 1\n /etc/empty.conf 2\n /etc/gone.conf 3\n", nil
	}
	return m
}

func TestWhatAnUpgradeMustLeaveAlone(t *testing.T) {
	const kept = "passed file /etc/a.conf edited | want kept as the administrator left it | found kept"
	for name, c := range map[string]struct {
		upgrade func(machine) error
		want    []string
	}{
		"is left alone": {func(machine) error { return nil }, []string{kept}},
		"is left alone, and the newer one is beside it": {
			func(m machine) error { return put(m.at("/etc/a.conf.rpmnew"), "new") },
			[]string{kept + "; what the newer package ships is beside it, to be merged: /etc/a.conf.rpmnew"}},
		"an edited conffile that is overwritten": {
			func(m machine) error { return os.WriteFile(m.at("/etc/a.conf"), []byte("new\n"), 0o644) },
			[]string{"failed file /etc/a.conf edited | want kept as the administrator left it | found another content | why a maintainer script writes to a conffile; dpkg asks the administrator, scripts must not"}},
		"an edited conffile that is removed": {
			func(m machine) error { return os.Remove(m.at("/etc/a.conf")) },
			[]string{"failed file /etc/a.conf edited | want kept as the administrator left it | found gone | why a maintainer script removes a conffile"}},
		"data that is wiped": {
			func(m machine) error { return os.Remove(m.at("/var/lib/a/data")) },
			[]string{"failed file /var/lib/a/data data | want kept over the upgrade | found gone | why a maintainer script removes the service's data: only purge may", kept}},
	} {
		t.Run(name, func(t *testing.T) {
			m := conffiled(t)
			a, said := asking(t, Request{Packages: []Package{{Name: "a"}}}, m, nil)
			if err := a.tree(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(m.at("/var/lib/a"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := put(m.at("/var/lib/a/data"), "x"); err != nil {
				t.Fatal(err)
			}
			if err := a.edit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if text, _ := m.read("/etc/a.conf"); text != "a\n\n" {
				t.Errorf("the administrator wrote %q", text)
			}
			if err := c.upgrade(m); err != nil {
				t.Fatal(err)
			}
			*said = nil
			if err := a.kept(); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, *said); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestServicesAfterAnUpgrade(t *testing.T) {
	off := func(u unit) unit { return with(u, func(u *unit) { u.FileState = "disabled" }) }
	dead := in("inactive", "dead")
	const enabled = "passed service a.service enabled | want enabled, as it was before | found enabled"
	const disabled = "passed service a.service enabled | want disabled, as it was before | found disabled"
	for name, c := range map[string]struct {
		before, after unit
		want          []string
	}{
		"it was enabled and ran: another process": {runs(7), runs(8),
			[]string{isLoaded, enabled, "passed service a.service active | want active | found active (running), pid 8"}},
		"it was enabled and ran: the same process": {runs(7), runs(7),
			[]string{isLoaded, enabled, "failed service a.service active | want restarted: another main pid than 7 | found active (running), pid 7 | why the old version's process still runs: postinst must restart it (dh_installsystemd does, unless --no-restart-after-upgrade)"}},
		"it was enabled and ran: it does not any more": {runs(7), dead,
			[]string{isLoaded, enabled, "failed service a.service active | want active | found inactive (dead)"}},
		"it was enabled and stopped: it is started": {dead, runs(8),
			[]string{isLoaded, enabled, "passed service a.service active | want active | found active (running), pid 8"}},
		"it was disabled and ran: another process": {off(runs(7)), off(runs(8)),
			[]string{isLoaded, disabled, "passed service a.service active | want active | found active (running), pid 8"}},
		"it was disabled and stopped: it stays so": {off(dead), off(dead),
			[]string{isLoaded, disabled, "skipped service a.service active | why the package does not start it; it is inactive (dead)"}},
		"it was disabled and stopped: it is started": {off(dead), off(runs(8)),
			[]string{isLoaded, disabled, "failed service a.service active | want inactive, as it was: it was disabled and stopped | found active (running), pid 8 | why the upgrade started what the administrator had stopped: postinst must use deb-systemd-invoke, not systemctl"}},
		"it was disabled: it is enabled": {off(runs(7)), runs(8),
			[]string{isLoaded, "failed service a.service enabled | want disabled, as it was before | found enabled | why what the administrator chose must be kept", "passed service a.service active | want active | found active (running), pid 8"}},
		"systemd was not told of the new unit": {runs(7), with(runs(8), func(u *unit) { u.NeedsReload = true }),
			[]string{"failed service a.service loaded | want the unit file that is there | found an older one | why systemd was not told that the file changed: postinst must run systemctl daemon-reload (dh_installsystemd does)", enabled, "passed service a.service active | want active | found active (running), pid 8"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				init := &fakeInit{units: map[string][]unit{"a.service": {c.after}}}
				a, said := asking(t, Request{Packages: []Package{{Name: "a"}}, Expect: Upgraded}, servedMachine(t), init)
				if err := a.memory.save(servicesMemory, served{Units: map[string]unit{"a.service": c.before}}); err != nil {
					t.Fatal(err)
				}
				if err := a.services(t.Context()); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(c.want, *said); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestScriptsThatWaitForAnAnswer(t *testing.T) {
	for script, found := range map[string]string{
		"read answer":                                       "read answer",
		"echo Sure?; read -r answer; echo ok":               "read -r answer",
		"if true; then read x; fi":                          "read x",
		"while read line; do :; done </etc/x":               "",
		"cat /etc/x | while read -r a b; do :;":             "",
		"echo 1 | read x":                                   "",
		"# read the manual":                                 "",
		"already read x":                                    "",
		". /usr/share/debconf/confmodule\ndb_get x\nread y": "",
	} {
		m := files(t, map[string]string{dpkgInfo + "/a.postinst": "#!/bin/sh\nset -e\n" + script + "\n"})
		var want []string
		if found != "" {
			want = []string{"failed script a.postinst unattended | want no question on its standard input | found " + found + " | why nobody answers in an unattended installation: it fails there, or waits for ever; use debconf"}
		}
		if d := cmp.Diff(want, sayAll(m.scriptFindings(t.Context(), Package{Name: "a"}))); d != "" {
			t.Errorf("%q: %s", script, d)
		}
	}
}

func TestFilesThatAreShippedAndGone(t *testing.T) {
	m := files(t, map[string]string{"/usr/bin/a": ""})
	all := []string{"/usr/bin/a", "/usr/bin/gone", "/etc/a.conf", "/usr/share/doc/a/changelog.gz", "/usr/share/man/man1/a.1.gz"}
	got := sayAll(m.missingFiles(Package{Name: "a"}, all, []string{"/etc/a.conf"}))
	want := []string{"failed file /usr/bin/gone exists | want a file of a | found missing | why the package ships it and it is gone: a maintainer script removes it, perhaps the old version's postrm"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
