package check

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rpmMachine is one whose rpm answers by data: the query format's first word
// and the package to what it prints. Others are not installed.
func rpmMachine(t *testing.T, tree, answers map[string]string) machine {
	t.Helper()
	m := files(t, tree)
	m.format = "rpm"
	m.run = func(_ context.Context, name string, args ...string) (string, error) {
		if name != "rpm" {
			return "", fmt.Errorf("%s: not here", name)
		}
		about := args[len(args)-1]
		if args[0] == "-qa" {
			about = "all"
		}
		for key, out := range answers {
			what, pkg, _ := strings.Cut(key, " ")
			if pkg == about && strings.Contains(strings.Join(args, " "), what) {
				return out, nil
			}
		}
		return fmt.Sprintf("package %s is not installed\n", about), fmt.Errorf("rpm: %w", exec.Command("false").Run())
	}
	return m
}

func TestRPMDatabase(t *testing.T) {
	m := rpmMachine(t, map[string]string{"/sbin": "-> usr/sbin", "/usr/sbin/a": ""}, map[string]string{
		"%{VERSION} a":   "2:1.0-1.el9\n",
		"%{VERSION} two": "1.0-1\n1.0-2\n",
		"FILEFLAGS a":    "0 /sbin/a\n17 /etc/a.conf\n1 /etc/a.more\n73 /var/lib/a/ghost.conf\n64 /run/a\n(none)\n",
		"=NAME all":      "a /sbin/a\nb /sbin/b\nb /usr/share/b\nc (none)\n",
		"POSTIN a":       scriptMark + "getent group a\n" + scriptMark + "systemctl --no-reload preset a.service" + scriptMark + scriptMark + "echo gone" + scriptMark + scriptMark,
	})
	db := m.database()
	for name, want := range map[string]status{
		"a":    {Installed: true, Version: "2:1.0-1.el9", Conffiles: []string{"/etc/a.conf", "/etc/a.more"}},
		"two":  {Trouble: "1.0-1 and 1.0-2, both installed", Version: "1.0-2"},
		"none": {},
	} {
		if d := cmp.Diff(want, db.status(t.Context(), name)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if d := cmp.Diff([]string{"/usr/sbin/a", "/etc/a.conf", "/etc/a.more"}, db.files(t.Context(), "a")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]bool{"/usr/sbin/b": true, "/usr/share/b": true}, db.owned(t.Context(), []Package{{Name: "a"}})); d != "" {
		t.Error(d)
	}
	scripts := []packageScript{
		{Name: "%pre", Text: "getent group a\n"}, {Name: "%post", Text: "systemctl --no-reload preset a.service", Installs: true},
		{Name: "%postun", Text: "echo gone"},
	}
	if d := cmp.Diff(scripts, db.scripts(t.Context(), "a")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]packageScript(nil), db.scripts(t.Context(), "none")); d != "" {
		t.Error(d)
	}
}

func TestRPMVersions(t *testing.T) {
	m := rpmMachine(t, nil, map[string]string{"%{VERSION} a": "1.0-1\n1.0-1\n1.0-2\n"})
	for name, want := range map[string][]string{"a": {"1.0-1", "1.0-2"}, "none": nil} {
		got, err := m.database().versions(t.Context(), name)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %s %v", name, d, err)
		}
	}
	m.run = func(context.Context, string, ...string) (string, error) {
		return "error: cannot open Packages database\n", fmt.Errorf("rpm: %w", exec.Command("false").Run())
	}
	if _, err := m.database().versions(t.Context(), "a"); err == nil {
		t.Error("a database that cannot be read must be an error")
	}
}

// A version that was to go and is still there is told with what did that.
func TestRPMUnfinishedUpgrade(t *testing.T) {
	m := rpmMachine(t, nil, map[string]string{"%{VERSION} a": "1.0-1\n1.0-2\n"})
	got := say(judgeVersion(Package{"a", "1.0-2"}, m.status(t.Context(), "a"), m.dialect()))
	want := "failed package a version | want 1.0-2 | found 1.0-1 and 1.0-2, both installed | why the upgrade did not end: " +
		"a scriptlet of the old version failed (%preun, %postun), so rpm kept it"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNoiseOfRPMManagers(t *testing.T) {
	accept, err := newAcceptor(nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/var/log/dnf.rpm.log": true, "/var/log/hawkey.log": true, "/var/log/dnf.log.1": true, "/var/lib/rpm/rpmdb.sqlite": true,
		"/var/cache/dnf/x/y": true, "/var/lib/dnf/history.sqlite": true, "/usr/lib/sysimage/rpm/rpmdb.sqlite": true,
		"/var/log/dnfd.log": false, "/var/lib/rpmx": false, "/etc/yum.repos.d/a.repo": false,
	} {
		if accept.accepts(path) != want {
			t.Errorf("%s: accepted is %t", path, !want)
		}
	}
}
