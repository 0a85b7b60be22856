package check

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// alpmMachine is one with a package a, an interrupted upgrade of two, and b,
// which a needs.
func alpmMachine(t *testing.T, install string) machine {
	t.Helper()
	const local = alpmLocal + "/"
	m := files(t, map[string]string{
		"/sbin": "-> usr/bin", "/usr/bin/a": "", "/usr/bin/useradd": "", "/usr/bin/own": "",
		local + "ALPM_DB_VERSION":    "9\n",
		local + "a-2:1.0-1/desc":     "%NAME%\na\n\n%VERSION%\n2:1.0-1\n\n%DESC%\n\n\n%DEPENDS%\nb>=1\nlibc.so=6-64\n",
		local + "a-2:1.0-1/files":    "%FILES%\netc/\netc/a.conf\nsbin/a\n\n%BACKUP%\netc/a.conf\t0123\n",
		local + "a-2:1.0-1/install":  install,
		local + "a-data-1.0-1/desc":  "%NAME%\na-data\n\n%VERSION%\n1.0-1\n",
		local + "a-data-1.0-1/files": "%FILES%\nusr/share/a/\n",
		local + "b-1-1/desc":         "%NAME%\nb\n\n%VERSION%\n1-1\n\n%PROVIDES%\nlibc.so=6-64\n",
		local + "b-1-1/files":        "%FILES%\nsbin/b\n",
		local + "two-1-1/desc":       "%VERSION%\n1-1\n",
		local + "two-2-1/desc":       "%VERSION%\n2-1\n",
	})
	m.format = "pacman"
	m.run = func(_ context.Context, name string, args ...string) (string, error) {
		if line := name + " " + strings.Join(args, " "); line == "pacman -Qqo -- /usr/bin/useradd" {
			return "shadow\n", nil
		}
		return "", errors.New("exit status 1")
	}
	return m
}

func TestAlpmDatabase(t *testing.T) {
	db := alpmMachine(t, "").database()
	for name, want := range map[string]status{
		"a":    {Installed: true, Version: "2:1.0-1", Conffiles: []string{"/etc/a.conf"}},
		"two":  {Trouble: "1-1 and 2-1, both in the database", Version: "2-1"},
		"none": {},
	} {
		if d := cmp.Diff(want, db.status(t.Context(), name)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for name, want := range map[string][]string{"a": {"2:1.0-1"}, "a-data": {"1.0-1"}, "two": {"1-1", "2-1"}, "none": nil} {
		got, err := db.versions(t.Context(), name)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %s %v", name, d, err)
		}
	}
	if d := cmp.Diff([]string{"/etc", "/etc/a.conf", "/usr/bin/a"}, db.files(t.Context(), "a")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]bool{"/usr/bin/b": true, "/usr/share/a": true}, db.owned(t.Context(), []Package{{Name: "a"}})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a", "b"}, alpm{alpmMachine(t, "")}.required(t.Context(), "a")); d != "" {
		t.Error(d)
	}
}

func TestFunctionsOfAnInstallFile(t *testing.T) {
	const text = `_unit=a.service
helper() { deeper "$1"; }
deeper() { register --all; }
post_install() {
  helper x
  systemctl preset a.service
}
post_upgrade() { post_install "$@"; }
pre_remove() { :; }
unused() { tidy; }
`
	got := installFunctions(text)
	var names []string
	for _, s := range got {
		names = append(names, s.Name+" "+strings.Join(commandsOf(s.Text), " "))
		if s.Installs != (s.Name == "post_install") {
			t.Errorf("%s installs: %v", s.Name, s.Installs)
		}
	}
	want := []string{"post_install register systemctl", "post_upgrade systemctl register", "pre_remove "}
	if d := cmp.Diff(want, names); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a.service"}, parsePresets(got[0].Text).Enabled); d != "" {
		t.Error(d)
	}
	for _, text := range []string{"post_install() {", "() true"} {
		if got := installFunctions(text); got != nil {
			t.Errorf("%q has functions: %v", text, got)
		}
	}
}

func TestCommandsThatInstallFilesCall(t *testing.T) {
	m := alpmMachine(t, "pre_install() { useradd a; }\npost_install() { register --all || :; own; }\n")
	want := []string{
		"warning failed script pre_install of a commands | want what it calls is required | found useradd is of shadow | why " +
			"the machine has it, and nothing that the package requires does: depends: shadow",
		"failed script post_install of a commands | want what it calls is there | found register is not there | why " +
			"nothing that the package requires brings it: it needs depends",
	}
	if d := cmp.Diff(want, sayAll(m.missingCommands(t.Context(), alpm{m}, Package{Name: "a"}))); d != "" {
		t.Error(d)
	}
}

func TestWhatPacmanVerifies(t *testing.T) {
	const out = `warning: a: /opt/a/x (Modification time mismatch)
warning: a: /opt/a/x (Size mismatch)
backup file: a: /etc/a.conf (Size mismatch)
warning: a: /usr/share/a/gone (No such file or directory)
warning: b: /usr/bin/b (Size mismatch)
a: 6 total files, 2 altered files
`
	want := "/opt/a/x as packaged: Modification time mismatch, Size mismatch\n/usr/share/a/gone as packaged: No such file or directory"
	if d := cmp.Diff(want, said(alpmVerified("a", out))); d != "" {
		t.Error(d)
	}
}

func TestPackagesOfPacmanRaiseQuestions(t *testing.T) {
	m := alpmMachine(t, "post_install() { register; }")
	var got []string
	for _, q := range m.database().questions(t.Context(), []Package{{Name: "a"}, {Name: "b"}}, nil) {
		got = append(got, q.subject+": "+q.attribute+": "+said(q.findings))
	}
	want := []string{
		"a: scriptlets find their commands: post_install of a commands: register is not there", "a: as packaged: ",
		"b: scriptlets find their commands: ", "b: as packaged: ",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWhatPacmanKeepsIsExplained(t *testing.T) {
	for file, want := range map[string]string{
		"/etc/a.conf.pacsave": "configuration", "/etc/a.conf.pacnew": "configuration", "/opt/a.pacnew": "", "/var/lib/a/x": "data", "/opt/a": "",
	} {
		if kind, why := whyKept(file); kind != want || (why == "") != (want == "") {
			t.Errorf("%s: %q, because %q", file, kind, why)
		}
	}
}
