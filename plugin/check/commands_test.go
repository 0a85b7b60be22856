package check

import (
	"context"
	"errors"
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
		"() tidy":                                      {"tidy"},
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
	if d := cmp.Diff(want, sayAll(m.missingCommands(t.Context(), rpmdb{m}, Package{Name: "a"}))); d != "" {
		t.Error(d)
	}
}

// What is on the machine by luck is not on the next one.
func TestCommandsThatNothingRequires(t *testing.T) {
	m := files(t, map[string]string{"/usr/sbin/useradd": "", "/usr/bin/getent": "", "/usr/bin/own": ""})
	m.format = "rpm"
	m.run = func(_ context.Context, _ string, args ...string) (string, error) {
		switch line := strings.Join(args, " "); {
		case strings.Contains(line, "PREIN"):
			return scriptMark + "getent passwd a || useradd a; own" + strings.Repeat(scriptMark, 5), nil
		case line == `-qf --qf %{NAME}\n /usr/sbin/useradd`:
			return "shadow-utils\n", nil
		case line == `-qf --qf %{NAME}\n /usr/bin/getent`:
			return "glibc-common\n", nil
		case line == `-q --qf [%{REQUIRENAME}\n] a`:
			return "/bin/sh\nrpmlib(FileDigests)\n(b or c)\n/bin/sh\n", nil
		case line == `-q --qf =%{NAME}\n --whatprovides /bin/sh`:
			return "=bash\n", nil
		case line == `-q --qf [%{REQUIRENAME}\n] bash`:
			return "libc.so.6()(64bit)\nnobody\n", nil
		case line == `-q --qf =%{NAME}\n --whatprovides libc.so.6()(64bit) nobody`:
			return "=glibc\nno package provides nobody\n=glibc-common\n", errors.New("rpm: exit status 1")
		}
		return "", errors.New("rpm: exit status 1")
	}
	want := []string{"warning failed script %pre of a commands | want what it calls is required | found useradd is of shadow-utils | why " +
		"the machine has it, and nothing that the package requires does: Requires(pre): shadow-utils"}
	if d := cmp.Diff(want, sayAll(m.missingCommands(t.Context(), rpmdb{m}, Package{Name: "a"}))); d != "" {
		t.Error(d)
	}
}
