package check

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

func said(checks []result.Check) string {
	var all []string
	for _, c := range checks {
		all = append(all, c.Subject+" "+c.Attribute+": "+c.Found)
	}
	return strings.Join(all, "\n")
}

func TestDirectoriesThatNobodyHas(t *testing.T) {
	shipped := map[string][]string{
		"a": {"/etc/a/b/c.conf", "/etc/a/d.conf", "/usr/bin/a", "/opt/o/x"},
		"b": {"/opt/o", "/usr/share/p/q", "/usr/share/p/r/s"},
	}
	before := map[string]entry{"/etc": {}, "/usr": {}, "/usr/bin": {}, "/usr/share": {}}
	got := said(unowned(shipped, map[string]bool{"/opt": true, "/usr/share/p/r": true}, before))
	if d := cmp.Diff("/etc/a owned: of none\n/usr/share/p owned: of none", got); d != "" {
		t.Error(d)
	}
}

func TestFilesOfTwoPackages(t *testing.T) {
	m := files(t, map[string]string{"/usr/share/x/one": "1", "/usr/share/x/two": "2"})
	shipped := map[string][]string{"a": {"/usr/share/x", "/usr/share/x/one", "/gone"}, "b": {"/usr/share/x", "/usr/share/x/one", "/usr/share/x/two", "/gone"}}
	if d := cmp.Diff("/usr/share/x/one shipped once: of a and b", said(m.twice(shipped))); d != "" {
		t.Error(d)
	}
}

func TestWhatRpmVerifies(t *testing.T) {
	const out = `S.5....T.  c /etc/a.conf
.M...UG..    /var/lib/a
missing     /usr/share/a/b c
missing   d /usr/share/doc/a
..?......    /usr/bin/a
missing   g /run/a
.........    /usr/bin/b
`
	want := "/var/lib/a as packaged: mode, owner, group differs\n/usr/share/doc/a as packaged: it is missing"
	if d := cmp.Diff(want, said(verified("a", out))); d != "" {
		t.Error(d)
	}
}

func TestOnlyRpmsRaiseTheseQuestions(t *testing.T) {
	m := files(t, nil)
	m.run = func(_ context.Context, name string, _ ...string) (string, error) {
		t.Errorf("%s was run", name)
		return "", nil
	}
	a, told := asking(t, Request{Packages: []Package{{Name: "a"}}}, m, nil)
	if err := a.derived(t.Context()); err != nil || len(*told) > 0 {
		t.Errorf("%v, told %v", err, *told)
	}
}
