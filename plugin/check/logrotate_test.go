package check

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const goodRotation = `# a comment
compress
/var/log/greeter/*.log /var/log/{a,b}.log
"/var/log/with space" {
	weekly
	rotate = 4
	size=100k
	create 0640 greeter adm
	su root #0
	postrotate
		if [ -d /run ]; then { unknown; } fi
	endscript
}
/var/log/one { daily }
/var/log/{c,d} {
	create
	createolddir 750 root root
}
`

func TestReadRotation(t *testing.T) {
	m := files(t, map[string]string{"/etc/passwd": "greeter:x:1\nroot:x:0\n", "/etc/group": "adm:x:1\nroot:x:0\n"})
	for text, want := range map[string]string{
		goodRotation:                                     "",
		"/x {\n\trotaet 4\n}\n":                          "line 2: unknown option 'rotaet'",
		"rotaet 4\n":                                     "line 1: unknown option 'rotaet'",
		"/x {\n\tdaily\n":                                "line 1: the { has no }",
		"/x {\n\tdaily\n}\n}\n":                          "line 4: a } without its {",
		"/x\n{\n\tpostrotate\n\t\tdo it\n}\n":            "line 3: the script has no endscript; line 2: the { has no }",
		"/x {\n\tcreate 0640 nobody-has adm\n}\n":        "line 2: unknown user 'nobody-has'",
		"/x {\n\tcreate greeter nobody-has\n}\n":         "line 2: unknown group 'nobody-has'",
		"/x {\n\tsu nobody-has adm\n\tdialy\n}\n":        "line 2: unknown user 'nobody-has'; line 3: unknown option 'dialy'",
		"/x {\n\tcreateolddir 0640 nobody-has root\n}\n": "line 2: unknown user 'nobody-has'",
	} {
		broken, unknown := m.readRotation(text)
		if got := strings.Join(append(broken, unknown...), "; "); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestLogrotate(t *testing.T) {
	asRoot(t)
	tree := map[string]string{
		"/etc/passwd": "greeter:x:1\nroot:x:0\n", "/etc/group": "adm:x:1\nroot:x:0\n",
		"/etc/logrotate.d/good": goodRotation, "/etc/logrotate.d/bad": "/x {\n\trotaet 4\n\tdialy\n}\n",
		"/etc/logrotate.d/halves": "/x {\n\tpostrotate\n}\n",
		"/etc/logrotate.d/open":   goodRotation, "/etc/logrotate.d/a.disabled": "nonsense",
	}
	shipped := []string{"/etc/logrotate.d", "/etc/logrotate.d/good", "/etc/logrotate.d/bad", "/etc/logrotate.d/halves", "/etc/logrotate.d/open", "/etc/logrotate.d/a.disabled", "/etc/logrotate.d/removed"}
	open := "failed logrotate /etc/logrotate.d/open read | want a file that only root can write to | found mode 0664 lets others than root write to it | why logrotate ignores it, since what is in it runs as root"
	faulty := "failed logrotate /etc/logrotate.d/bad parses | want directives as logrotate(8) has them | found line 2: unknown option 'rotaet'"
	why := " | why logrotate passes over the file, or over what it does not know"
	for name, c := range map[string]struct {
		program string
		want    []string
	}{
		"by its manual": {"/none", []string{
			"passed logrotate /etc/logrotate.d/good parses | found logrotate is not installed: read by its manual", faulty + " (and 1 more)" + why,
			"failed logrotate /etc/logrotate.d/halves parses | want directives as logrotate(8) has them | found line 2: the script has no endscript (and 1 more)" + why, open}},
		"by its own word": {"/usr/sbin/logrotate", []string{
			"passed logrotate /etc/logrotate.d/good parses | found logrotate -d", faulty + " -- ignoring line (and 1 more)" + why,
			"failed logrotate /etc/logrotate.d/halves parses | want directives as logrotate(8) has them | found line 2: the script has no endscript (and 1 more)" + why, open}},
	} {
		t.Run(name, func(t *testing.T) {
			m := files(t, tree)
			for file, mode := range map[string]os.FileMode{c.program: 0o755, "/etc/logrotate.d/open": 0o664} {
				if err := os.MkdirAll(filepath.Dir(m.at(file)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(put(m.at(file), goodRotation), os.Chmod(m.at(file), mode)); err != nil {
					t.Fatal(err)
				}
			}
			m.run = func(_ context.Context, _ string, args ...string) (string, error) {
				file := args[len(args)-1]
				return strings.ReplaceAll(logrotatePrints[filepath.Base(file)], "FILE", file), errors.New("exit status 1")
			}
			if d := cmp.Diff(c.want, sayAll(m.logrotateChecks(t.Context(), Package{}, shipped))); d != "" {
				t.Error(d)
			}
		})
	}
}

// logrotatePrints is what logrotate 3.22 prints of a file.
var logrotatePrints = map[string]string{
	"good": "reading config file FILE\nerror: stat of /var/log/with space failed: No such file or directory\n" +
		"warning: FILE:3 'size' overrides previously specified 'weekly'\n",
	"bad": "reading config file FILE\nwarning: FILE:2 unknown option 'rotaet' -- ignoring line\n" +
		"warning: FILE:3 unknown option 'dialy' -- ignoring line\nHandling 1 logs\n",
	"halves": "error: FILE:prerotate, postrotate or preremove without endscript\nremoving last 1 log configs\n",
}
