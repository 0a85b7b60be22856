package check

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Without a purge configuration and data stay, and are told apart from what
// should have gone.
func TestWhatIsKeptOnPurposeIsNoLeftover(t *testing.T) {
	file, dir := entry{Mode: 0o644}, entry{Mode: os.ModeDir | 0o755}
	before := snapshot{Files: map[string]entry{"/etc": dir, "/var": dir, "/var/lib": dir, "/opt": dir}}
	now := snapshot{Files: map[string]entry{
		"/etc": dir, "/var": dir, "/var/lib": dir, "/opt": dir,
		"/etc/a": dir, "/etc/a/a.conf.rpmsave": file, // the directory holds nothing else
		"/etc/b": dir, "/etc/b/b.conf.rpmnew": file, "/etc/b/stray": file,
		"/var/lib/a": dir, "/var/lib/a/db": file, "/var/log/a.log": file,
		"/opt/x.rpmsave": file, "/etc/empty": dir,
	}}
	none := func(string) bool { return false }
	accepted, told := kept(before, now, none)
	want := `/etc/a/a.conf.rpmsave configuration: a file, 0 bytes, mode 0644, owner 0:0
/etc/b/b.conf.rpmnew configuration: a file, 0 bytes, mode 0644, owner 0:0
/var/lib/a data: a directory, mode 0755, owner 0:0
/var/log/a.log data: a file, 0 bytes, mode 0644, owner 0:0`
	if d := cmp.Diff(want, said(told)); d != "" {
		t.Error(d)
	}
	want = `/etc/b new: a directory, mode 0755, owner 0:0, with 1 below it
/etc/empty new: a directory, mode 0755, owner 0:0
/opt/x.rpmsave new: a file, 0 bytes, mode 0644, owner 0:0`
	if d := cmp.Diff(want, said(compare(before, now, accepted, nil, dialect{}))); d != "" {
		t.Error(d)
	}
	for _, c := range told {
		if !c.Warning {
			t.Errorf("%s fails", c.Subject)
		}
	}
}

// Files in /run that a service leaves are the package's to remove.
func TestWhatIsLeftInRun(t *testing.T) {
	m := files(t, map[string]string{"/run/old.pid": "1", "/run/a/a.pid": "7", "/run/systemd/x": "", "/run/empty/.keep": ""})
	if err := os.Remove(m.at("/run/empty/.keep")); err != nil {
		t.Fatal(err)
	}
	now, err := m.snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	accept, err := newAcceptor(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"failed leftover /run/a/a.pid running | want gone after removal | found still there | why a running service's own: " +
		"have it removed when the service stops (RuntimeDirectory=), or by %preun when $1 is 0"}
	if d := cmp.Diff(want, sayAll(leftRunning(snapshot{Run: []string{"/run/old.pid"}}, now, accept.accepts, rpmdb{}.dialect()))); d != "" {
		t.Error(d)
	}
}
