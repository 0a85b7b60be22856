package check

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestJudgeVersion(t *testing.T) {
	p := Package{"a", "1.0"}
	for want, s := range map[string]status{
		"passed package a version | want 1.0 | found 1.0":                                                                      {Installed: true, Version: "1.0"},
		"failed package a version | want 1.0 | found not installed":                                                            {},
		"failed package a version | want 1.0 | found 0.9 | why apt chose another version than the one built":                   {Installed: true, Version: "0.9"},
		`failed package a version | want 1.0 | found 1.0 in state "iF" | why dpkg did not finish: a maintainer script failed?`: {Trouble: `1.0 in state "iF"`, Version: "1.0"},
	} {
		if got := say(judgeVersion(p, s, dpkg{}.dialect())); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestInstalled(t *testing.T) {
	m := files(t, map[string]string{
		"/etc/here.conf": "", "/usr/bin/env": "", "/usr/bin/perl": "",
		"/usr/bin/good": "#!/usr/bin/env perl\n", "/usr/bin/bad": "#!/usr/bin/python9\n", "/usr/bin/worse": "#!/usr/bin/env -S X=1 ruby9\n",
		"/usr/bin/dangling": "-> ../share/none", "/usr/bin/running": "-> /run/a/sock", "/usr/bin/fine": "-> good", "/usr/bin/loop": "-> loop",
		"/var/lib/open":      "text",
		dpkgInfo + "/a.list": "/usr/bin/good\n/usr/bin/bad\n/usr/bin/worse\n/usr/bin/dangling\n/usr/bin/running\n/usr/bin/fine\n/usr/bin/loop\n/var/lib/open\n",
	})
	if err := os.Chmod(m.at("/var/lib/open"), 0o666); err != nil {
		t.Fatal(err)
	}
	m.run = func(context.Context, string, ...string) (string, error) {
		return "ii \n1.0\n /etc/here.conf 1\n /etc/gone.conf 1\n", nil
	}
	a, said := asking(t, Request{Packages: []Package{{"a", "1.0"}}}, m, nil)
	if err := a.installed(t.Context()); err != nil {
		t.Fatal(err)
	}
	link := " | why the target is in no package that is installed: a missing dependency, or a wrong link"
	script := " | why the package that has the interpreter is not a dependency"
	want := []string{
		"passed package a version | want 1.0 | found 1.0",
		"failed file /etc/gone.conf conffile | want a conffile of a | found missing | why dpkg does not bring back a conffile that was removed: something removes it",
		"failed file /usr/bin/dangling link | want leads to a file | found a dangling link to ../share/none" + link,
		"failed file /usr/bin/loop link | want leads to a file | found a dangling link to loop" + link,
		"failed file /var/lib/open mode | want not writable by everybody | found mode 0666 | why take o+w away in debian/rules",
		"failed executable /usr/bin/bad loads | want its interpreter exists | found #!/usr/bin/python9: no /usr/bin/python9" + script,
		"failed executable /usr/bin/worse loads | want its interpreter exists | found #!/usr/bin/env -S X=1 ruby9: no ruby9" + script,
	}
	if diff := cmp.Diff(want, *said); diff != "" {
		t.Error(diff)
	}
}

func TestCompare(t *testing.T) {
	file := entry{Mode: 0o644, Size: 3, MTime: 1}
	before := snapshot{Users: []string{"root"}, Groups: []string{"root"}, Files: map[string]entry{
		"/a": file, "/b": file, "/c": file, "/d": {Mode: os.ModeDir | 0o755}, "/e": file, "/etc/f": {Mode: 0o644, Sum: "1", MTime: 1},
		"/l": {Mode: os.ModeSymlink, Link: "a"}, "/o": file, "/t": file,
	}}
	now := snapshot{Users: []string{"a", "root"}, Groups: []string{"a", "root"}, Files: map[string]entry{
		"/a": file, "/b": {Mode: 0o644, Size: 4}, "/c": {Mode: 0o600, Size: 3, MTime: 1}, "/d": {Mode: os.ModeDir | 0o755, MTime: 9},
		"/etc/f": {Mode: 0o644, Sum: "1", MTime: 2}, "/l": {Mode: os.ModeSymlink, Link: "b"}, "/o": {Mode: 0o644, Size: 3, MTime: 1, UID: 5},
		"/t":   {Mode: 0o644, Size: 3, MTime: 2},
		"/new": {Mode: os.ModeDir | 0o755}, "/new/one": file, "/new/sub": {Mode: os.ModeDir}, "/new/sub/two": file,
		"/newest": file, "/noise": file, "/shipped": file,
	}}
	got := sayAll(compare(before, now, func(p string) bool { return p == "/noise" }, []string{"/shipped"}, dpkg{}.dialect()))
	made := " | why not shipped: made by a maintainer script or at run time; postrm purge must remove it"
	changed := func(p, what string) string {
		return "failed leftover " + p + " changed | want as before the install | found " + what + " | why the package changed what is not its own and did not change it back"
	}
	want := []string{
		"failed leftover /new new | want gone after purge | found a directory, mode 0755, owner 0:0, with 3 below it" + made,
		"failed leftover /newest new | want gone after purge | found a file, 3 bytes, mode 0644, owner 0:0" + made,
		"failed leftover /shipped new | want gone after purge | found a file, 3 bytes, mode 0644, owner 0:0 | why shipped by the package and still there",
		changed("/b", "size was 3, is 4 bytes"),
		changed("/c", "mode was -rw-r--r--, is -rw-------"),
		"failed leftover /e gone | want as before the install: a file, 3 bytes, mode 0644, owner 0:0 | found gone | why the package removed what is not its own",
		changed("/l", "led to a, leads to b"),
		changed("/o", "owner was 0:0, is 5:0"),
		changed("/t", "content written anew"),
		"warning failed user a new | want gone after purge | found still in /etc/passwd | why Debian's policy lets system users stay",
		"warning failed group a new | want gone after purge | found still in /etc/group | why Debian's policy lets system users stay",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLeftovers(t *testing.T) {
	m := files(t, map[string]string{"/etc/passwd": "root:x:0\n", "/usr/lib/old": "", "/proc/1/stat": "", "/srv/y": "",
		"/var/log/apt/term.log": "", dpkgInfo + "/a.list": ""})
	a, said := asking(t, Request{Packages: []Package{{Name: "a"}}, Noise: []string{"/srv/**"}}, m, nil)
	if err := a.leftovers(t.Context()); err == nil || err.Error() != "no file tree was remembered to compare with" {
		t.Errorf("without a tree: %v", err)
	}
	if err := a.tree(t.Context()); err != nil {
		t.Fatal(err)
	}
	for p, text := range map[string]string{
		"/srv/x": "", "/usr/lib/lib.so": "", "/proc/2": "", "/var/log/apt/history.log": "", dpkgInfo + "/lib.list": "/usr/lib/lib.so\n",
	} {
		if err := put(m.at(p), text); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.leftovers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(*said) != 1 || !strings.HasPrefix((*said)[0], "passed leftover / clean") {
		t.Errorf("noise and others' files are findings: %q", *said)
	}
}

// Where there is no purge, data stay on purpose; files in /run must not.
func TestLeftoversWhereThereIsNoPurge(t *testing.T) {
	for noPurge, want := range map[bool]string{
		false: "failed leftover /var/lib/db new",
		true:  "warning failed leftover /var/lib/db data|failed leftover /run/a.state running",
	} {
		m := files(t, map[string]string{"/etc/passwd": "root:x:0\n", "/var/lib/x": "", "/run/x": ""})
		a, said := asking(t, Request{NoPurge: noPurge}, m, nil)
		if err := a.tree(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"/var/lib/db", "/run/a.state"} {
			if err := put(m.at(p), "x"); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.leftovers(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, line := range *said {
			line, _, _ = strings.Cut(line, " |")
			got = append(got, line)
		}
		if d := cmp.Diff(want, strings.Join(got, "|")); d != "" {
			t.Errorf("no purge: %v: %s", noPurge, d)
		}
	}
}

func TestNoise(t *testing.T) {
	a, err := newAcceptor([]string{"/srv/*/cache"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/var/log/apt": true, "/var/log/apt/history.log": true, "/var/log/apt2": false, "/var/log/wtmp": true, "/var/log/wtmpx": false,
		"/etc/passwd-": true, "/etc/passwd.d": false, "/usr/lib/a/__pycache__/x.pyc": true, "/usr/lib/x.py": false,
		"/srv/a/cache": true, "/srv/a/b/cache": false, "/usr/share/info/dir": true, "/usr/share/info/dir.old": true,
		"/var/lib/ucf/hashfile.0": true, "/var/lib/ucfx": false,
		"/var/lib/systemd/deb-systemd-helper-enabled":                                          true,
		"/var/lib/systemd/deb-systemd-helper-enabled/multi-user.target.wants":                  true,
		"/var/lib/systemd/deb-systemd-helper-enabled/multi-user.target.wants/greeterd.service": false,
		"/etc/systemd/system/multi-user.target.wants/greeterd.service":                         false,
	} {
		if got := a.accepts(path); got != want {
			t.Errorf("%s: accepted %v, want %v", path, got, want)
		}
	}
	for _, n := range noise {
		if n.Why == "" {
			t.Errorf("%s is accepted without a reason", n.Glob)
		}
	}
}

func TestStrays(t *testing.T) {
	had := shipped{Executables: []string{"/usr/bin/a", "/usr/bin/script"}}
	ran := served{Units: map[string]unit{"a.service": {}}, Ports: []port{{Name: "tcp:80"}, {Name: "tcp:81"}, {Name: "tcp:82"}}}
	processes := strayProcesses([]process{
		{PID: 1, Exe: "/lib/systemd"}, {PID: 2, Exe: "/usr/bin/a"}, {PID: 3, Exe: "/usr/bin/perl", Script: "/usr/bin/script"},
		{PID: 4, Exe: "/bin/sleep", Unit: "a.service"}, {PID: 5, Exe: "/bin/sleep", Unit: "b.service"},
	}, had, ran, dpkg{}.dialect())
	ports := strayPorts([]port{
		{Name: "tcp:80", PID: 2, Exe: "/usr/bin/a"}, {Name: "tcp:81", PID: 9, Exe: "/usr/bin/other", Unit: "b.service"},
		{Name: "tcp:82"}, {Name: "tcp:99", PID: 2, Exe: "/usr/bin/a"},
	}, had, ran)
	gone := " gone | want no process of the package after removal | found pid "
	stop := " still runs | why prerm must stop what the package runs"
	want := []string{
		"failed process /usr/bin/a" + gone + "2" + stop, "failed process /usr/bin/script" + gone + "3" + stop, "failed process /bin/sleep" + gone + "4" + stop,
		"failed port tcp:80 closed | want nobody listens after removal | found pid 2 (/usr/bin/a) still listens",
		"failed port tcp:82 closed | want nobody listens after removal | found pid 0 () still listens",
	}
	if diff := cmp.Diff(want, append(sayAll(processes), sayAll(ports)...)); diff != "" {
		t.Error(diff)
	}
}

func TestSocketUnitsPorts(t *testing.T) {
	got := socketPorts(map[string]unit{"a.socket": {Listen: readListen([][]any{{"Stream", "[::]:80"}, {"Datagram", "0.0.0.0:53"}, {"Stream", "/run/a.sock"}})}})
	if diff := cmp.Diff(map[string]string{"tcp:80": "a.socket", "udp:53": "a.socket"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnitOf(t *testing.T) {
	for cgroup, want := range map[string]string{
		"0::/system.slice/a.service\n": "a.service", "0::/system.slice/a.service/sub\n": "a.service", "0::/\n": "", "0::/user.slice\n": "",
	} {
		if got := unitOf(cgroup); got != want {
			t.Errorf("%q: got %q, want %q", cgroup, got, want)
		}
	}
}

func TestMemory(t *testing.T) {
	m := memory(t.TempDir())
	var got booted
	if found, err := m.load("boot", &got); found || err != nil {
		t.Errorf("nothing was saved: %v, %v", found, err)
	}
	want := booted{Failed: []string{"a"}, At: time.Unix(1, 0).UTC()}
	if err := m.save("boot", want); err != nil {
		t.Fatal(err)
	}
	if found, err := m.load("boot", &got); !found || err != nil {
		t.Errorf("it was saved: %v, %v", found, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(m.path("boot"), []byte("cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.load("boot", &got); err == nil {
		t.Error("a broken memory was believed")
	}
}

func TestSnapshotKnowsNoVolatileTree(t *testing.T) {
	m := files(t, map[string]string{"/etc/a": "1", "/proc/1/x": "", "/run/x": "", Root + "/agent": "", "/usr/l": "-> a"})
	s, err := m.snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/etc", "/etc/a", "/usr", "/usr/l"}, slices.Sorted(maps.Keys(s.Files))); diff != "" {
		t.Error(diff)
	}
	if s.Files["/etc/a"].Sum == "" || s.Files["/usr/l"].Link != "a" {
		t.Errorf("content is not remembered: %+v", s.Files)
	}
}
