package check

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandsOfScripts(t *testing.T) {
	for script, want := range map[string][]string{
		"":                   nil,
		"groupadd -r a || :": {"groupadd"},
		"if ! getent passwd a >/dev/null; then\n  useradd -r a\nfi": {"getent", "useradd"},
		"/usr/sbin/ldconfig":                           {"/usr/sbin/ldconfig"},
		"echo hello; cd /; X=1 printf x":               nil,
		"f() { tidy; }\nf":                             {"tidy"},
		"command -v semanage >/dev/null && semanage x": nil,
		"[ -x /usr/sbin/tune ] && tune":                nil,
		"if type tune; then /usr/sbin/tune; fi":        nil,
		"$HELPER now; \"$X\" y":                        nil,
		"'quoted' a; \"double\" b":                     {"quoted", "double"},
		"x=$(hostname -f)":                             {"hostname"},
		"cat <<E\nnot-a-command\nE":                    {"cat"},
		"case $1 in 0) tidy;; esac":                    {"tidy"},
		"# comment":                                    nil,
		"local a = (1; posix.stat(":                    nil,
	} {
		if d := cmp.Diff(strings.Join(want, " "), strings.Join(commandsOf(script), " ")); d != "" {
			t.Errorf("%q: %s", script, d)
		}
	}
}

func TestMissingCommandsAreTold(t *testing.T) {
	m := rpmMachine(t, map[string]string{"/usr/sbin/groupadd": "", "/sbin": "-> usr/sbin", "/usr/bin/gone": "-> nowhere"}, map[string]string{
		"POSTIN a": scriptMark + "groupadd a; /sbin/groupadd b\n" + scriptMark + "register --all || :; gone" + scriptMark + scriptMark + scriptMark + scriptMark,
	})
	const rest = " commands | want what it calls is there | found "
	const why = " is not there | why nothing that the package requires brings it: it needs Requires(post)"
	want := []string{"failed script %post of a" + rest + "register" + why, "failed script %post of a" + rest + "gone" + why}
	if d := cmp.Diff(want, sayAll(m.missingCommands(t.Context(), Package{Name: "a"}))); d != "" {
		t.Error(d)
	}
}
