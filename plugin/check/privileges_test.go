package check

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestReadCapabilities(t *testing.T) {
	for value, want := range map[string]string{
		"\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00":                 "cap_net_raw=ep",
		"\x00\x00\x00\x02\x00\x34\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00":                 "cap_net_bind_service,cap_net_admin,cap_net_raw=p cap_net_bind_service=i",
		"\x01\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x80\x02\x00\x00\x00\x00\x00\x00\xe8\x03\x00\x00": "cap_bpf,41=ep",
		"\x01\x00\x00\x01\x01\x00\x00\x00": "cap_chown=ep",
		"\x00\x00\x00\x02\x00\x00\x00\x00": "",
	} {
		if got := readCapabilities([]byte(value)); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

func TestPrivileges(t *testing.T) {
	asRoot(t)
	tree := map[string]string{
		"/etc/passwd": "root:x:0:0::/root:/bin/sh\nmail:x:8:8::/:/bin/sh\n", "/etc/group": "root:x:0:\nmail:x:8:\n",
		"/var/lib/dpkg/statoverride":             "root root 4755 /usr/bin/chosen\n",
		"/usr/share/lintian/overrides/told":      "told: elevated-privileges 4755 root/root [usr/bin/su]\n",
		"/usr/share/lintian/overrides/told-late": "told-late: setuid-binary usr/bin/other\n",
	}
	const list, su = "privilege /usr/bin/", "setuid | want stated: in dpkg-statoverride, or in an override of lintian | found mode 4755, owner root:root | why everybody can run it as root: let only a group run it, give it capabilities instead, or state it"
	for name, c := range map[string]struct {
		mode    os.FileMode
		user    int
		pkg     string
		listed  []string
		program string
		want    []string
	}{
		"ordinary programs are not listed":             {0o755, 0, "p", nil, "su", nil},
		"setuid root for all, and nobody says so":      {os.ModeSetuid | 0o755, 0, "p", nil, "su", []string{"warning failed " + list + "su " + su}},
		"lintian is told":                              {os.ModeSetuid | 0o755, 0, "told", []string{"/usr/share/lintian/overrides/told"}, "su", []string{"passed " + list + "su setuid | found mode 4755, owner root:root"}},
		"lintian is told of another":                   {os.ModeSetuid | 0o755, 0, "told-late", []string{"/usr/share/lintian/overrides/told-late"}, "su", []string{"warning failed " + list + "su " + su}},
		"lintian is told, and the image leaves it out": {os.ModeSetuid | 0o755, 0, "p", []string{"/usr/share/lintian/overrides/p"}, "su", []string{"passed " + list + "su setuid | found mode 4755, owner root:root"}},
		"an administrator chose it":                    {os.ModeSetuid | 0o755, 0, "p", nil, "chosen", []string{"passed " + list + "chosen setuid | found mode 4755, owner root:root"}},
		"for a group":                                  {os.ModeSetuid | 0o750, 0, "p", nil, "su", []string{"passed " + list + "su setuid | found mode 4750, owner root:root"}},
		"setuid to another":                            {os.ModeSetuid | 0o755, 8, "p", nil, "su", []string{"passed " + list + "su setuid | found mode 4755, owner mail:mail"}},
		"setgid":                                       {os.ModeSetgid | 0o755, 8, "p", nil, "su", []string{"passed " + list + "su setgid | found mode 2755, owner mail:mail"}},
		"others can write to it": {os.ModeSetuid | 0o775, 8, "p", nil, "su", []string{
			"failed " + list + "su setuid | want a program that nobody but its owner can write to | found mode 4775, owner mail:mail | why who can write to it can do what its owner can"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := files(t, tree)
			file := "/usr/bin/" + c.program
			if err := os.MkdirAll(m.at("/usr/bin"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(put(m.at(file), "x"), os.Chown(m.at(file), c.user, c.user), os.Chmod(m.at(file), c.mode)); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, sayAll(m.privilegeChecks(t.Context(), Package{Name: c.pkg}, append(c.listed, file, "/usr/bin", "/usr/bin/gone")))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCapabilitiesAreListed(t *testing.T) {
	m := files(t, map[string]string{"/usr/bin/ping": "x"})
	value := []byte("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	if err := unix.Setxattr(m.at("/usr/bin/ping"), "security.capability", value, 0); err != nil {
		t.Skip("no right to give a file capabilities:", err)
	}
	want := "passed privilege /usr/bin/ping capabilities | found cap_net_raw=ep"
	if got := sayAll(m.privilegeChecks(t.Context(), Package{}, []string{"/usr/bin/ping"})); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
