package check

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// apkInstalled is a database with a, which is as it should be, b, which it
// needs, and broken.
const apkInstalled = `C:Q1abc=
P:a
V:1.0-r0
A:x86_64
D:so:libb.so.1 !conflict c~2
p:cmd:a=1.0-r0
F:etc
F:etc/init.d
R:a
a:0:0:755
Z:Q1L1h7nIYaYSHZoxBxWAkkYK41cZQ=
F:etc/apk
R:a.list
F:usr/bin
M:0:0:755
R:a
Z:Q1xCw1ufMtBvNnFGl6qJdDOVhLlyE=
R:link
Z:Q1wrong
F:etc/a
R:a.conf

P:b
V:2-r1
p:so:libb.so.1=1.0 cmd:register
F:
F:sbin
R:register

P:broken
V:1-r0
f:s
`

// apkScript is a tar of scripts as the database has it.
func apkScript(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// apkMachine is one with that database and a script of a's.
func apkMachine(t *testing.T, more map[string]string) machine {
	t.Helper()
	tree := map[string]string{
		"/sbin": "-> usr/bin", "/usr/bin/a": "a", "/usr/bin/link": "-> a", "/usr/bin/register": "", "/etc/a/a.conf": "x",
		"/etc/init.d/a":      "#!/sbin/openrc-run\n",
		apkDir + "installed": apkInstalled,
	}
	for name, text := range more {
		tree[name] = text
	}
	m := files(t, tree)
	m.format = "apk"
	return m
}

func TestApkDatabase(t *testing.T) {
	db := apkMachine(t, nil).database()
	for name, want := range map[string]status{
		"a":      {Installed: true, Version: "1.0-r0", Conffiles: []string{"/etc/a/a.conf"}},
		"broken": {Trouble: "marked as broken: one of its scripts failed", Version: "1-r0"},
		"none":   {},
	} {
		if d := cmp.Diff(want, db.status(t.Context(), name)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for name, want := range map[string][]string{"a": {"1.0-r0"}, "none": nil} {
		got, err := db.versions(t.Context(), name)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %s %v", name, d, err)
		}
	}
	want := []string{"/etc", "/etc/init.d", "/etc/apk", "/usr/bin", "/etc/a", "/etc/init.d/a", "/etc/apk/a.list", "/usr/bin/a", "/usr/bin/link", "/etc/a/a.conf"}
	if d := cmp.Diff(want, db.files(t.Context(), "a")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]bool{"/sbin": true, "/usr/bin/register": true}, db.owned(t.Context(), []Package{{Name: "a"}})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a", "b"}, apkdb{apkMachine(t, nil)}.required(t.Context(), "a")); d != "" {
		t.Error(d)
	}
	nowhere := apkdb{files(t, map[string]string{"/etc/x": ""})}
	if got := nowhere.status(t.Context(), "a"); got.Installed {
		t.Errorf("of no database: %+v", got)
	}
}

func TestScriptsOfApk(t *testing.T) {
	const text = "#!/bin/sh\nrc-update add a default\nrc-service a start\nexit 0\n"
	plain := apkScript(t, "a-1.0-r0.Q1abc=.post-install", text)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(plain)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	want := []packageScript{{Name: "post-install", Text: text, Installs: true}}
	for name, tree := range map[string]map[string]string{
		"apk 2": {apkDir + "scripts.tar": plain}, "apk 3": {apkDir + "scripts.tar.gz": packed.String()},
	} {
		m := apkMachine(t, tree)
		if d := cmp.Diff(want, m.database().scripts(t.Context(), "a")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		m.presets = true
		got := m.shippedScripts(t.Context(), []Package{{Name: "a"}})
		if d := cmp.Diff([]shippedUnit{{Name: "a", Package: "a", Enabled: true, Started: true}}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for name, tree := range map[string]map[string]string{
		"none": nil, "of another": {apkDir + "scripts.tar": apkScript(t, "ab-1.0-r0.Q1abc=.post-install", text)},
		"cut": {apkDir + "scripts.tar": plain[:530]}, "no gzip": {apkDir + "scripts.tar.gz": "x"},
	} {
		m := apkMachine(t, tree)
		if got := m.database().scripts(t.Context(), "a"); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := apkMachine(t, nil).database().scripts(t.Context(), "none"); got != nil {
		t.Error(got)
	}
}

// Where packages leave units alone, an administrator starts init scripts too.
func TestInitScriptsAreTheAdministrators(t *testing.T) {
	m := apkMachine(t, nil)
	m.presets = true
	want := []shippedUnit{{Name: "a", Package: "a", Manual: true}}
	if d := cmp.Diff(want, m.shippedScripts(t.Context(), []Package{{Name: "a"}})); d != "" {
		t.Error(d)
	}
}

func TestPackagesOfApkRaiseQuestions(t *testing.T) {
	m := apkMachine(t, map[string]string{apkDir + "scripts.tar": apkScript(t, "a-1.0-r0.Q1abc=.pre-upgrade", "tidy\nregister\n"), "/etc/init.d/a": "changed"})
	var got []string
	for _, q := range m.database().questions(t.Context(), []Package{{Name: "a"}, {Name: "b"}}, nil) {
		got = append(got, q.subject+": "+q.attribute+": "+said(q.findings))
	}
	want := []string{
		"a: scriptlets find their commands: pre-upgrade of a commands: tidy is not there",
		"a: as packaged: /etc/init.d/a as packaged: another content\n/usr/bin/a as packaged: another content\n/usr/bin/link as packaged: another content",
		"b: scriptlets find their commands: ", "b: as packaged: ",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCommandsOfOtherPackagesAreTold(t *testing.T) {
	m := apkMachine(t, map[string]string{
		apkDir + "installed":   strings.Replace(apkInstalled, "D:so:libb.so.1 ", "D:", 1),
		apkDir + "scripts.tar": apkScript(t, "a-1.0-r0.Q1abc=.post-install", "register\n"),
	})
	want := []string{"warning failed script post-install of a commands | want what it calls is required | found register is of b | why " +
		"the machine has it, and nothing that the package requires does: depends: b"}
	if d := cmp.Diff(want, sayAll(m.missingCommands(t.Context(), apkdb{m}, Package{Name: "a"}))); d != "" {
		t.Error(d)
	}
}

func TestWhatApkKeepsIsExplained(t *testing.T) {
	for file, want := range map[string]string{"/etc/a.conf.apk-new": "configuration", "/opt/a.apk-new": "", "/var/lib/a/x": "data"} {
		if kind, why := whyKept(file); kind != want || (why == "") != (want == "") {
			t.Errorf("%s: %q, because %q", file, kind, why)
		}
	}
}

func TestApksOwnFilesAreNoLeftovers(t *testing.T) {
	a, err := newAcceptor(nil)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{
		"/lib/apk/db/installed": true, "/usr/lib/apk/db/scripts.tar": true, "/etc/apk/world": true, "/var/cache/apk/APKINDEX.1.tar.gz": true,
		"/lib/rc/cache/softscripts": true, "/run/openrc/started/a": true, "/etc/apkx": false, "/etc/runlevels/default/a": false,
	} {
		if a.accepts(file) != want {
			t.Errorf("%s is accepted: %v", file, !want)
		}
	}
}
