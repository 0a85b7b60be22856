package check

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadShell(t *testing.T) {
	for script, want := range map[string]string{
		"a b; c && d || e | f &\n(g)\n":              "a·b | c | d | e | f | g",
		"a 'b c' \"d e\"f g\\ h # i\nj #\n":          "a·b c·d ef·g h | j",
		"a \\\n  b\n":                                "a·b",
		"a '' \"\"\n":                                "a··",
		"echo \"adduser x\nadduser y\"; z":           "echo·adduser x\nadduser y | z",
		"cat <<EOF >x\nadduser a\nEOF\nb\n":          "cat·>x | b",
		"cat <<-'END'\n\tadduser a; don't\n\tEND\nb": "cat | b",
		"a <<< b\n":                                  "a·<<<·b",
		"if a; then\n b\nfi":                         "if·a | then | b | fi",
		"case \"$1\" in\nconfigure) a ;;\nesac":      "case·$1·in | configure | a | esac",
		"'never ends":                                "never ends",
		"a \"b \\\" c\"":                             "a·b \" c",
		"X=1\nY=$X\nZ='a b'\nX=1\nW=1\nW=2\nrun $X ${X}2 $Z $W $Y": "X=1 | Y=1 | Z=a b | X=1 | W=1 | W=2 | run·1·12·a b·$W·$Y",
	} {
		var got []string
		for _, words := range expandShell(readShell(script)) {
			got = append(got, strings.Join(words, "·"))
		}
		if got := strings.Join(got, " | "); got != want {
			t.Errorf("%q:\n got %s\nwant %s", script, got, want)
		}
	}
}

// describe is a declared account in one line.
func describe(all []declaredAccount) string {
	var words []string
	for _, d := range all {
		s := d.Kind + " " + d.Name
		for _, part := range []string{d.Home, d.Shell} {
			if part != "" {
				s += " " + part
			}
		}
		if d.NoHome && d.Kind == "user" {
			s += " no-home"
		}
		words = append(words, s)
	}
	return strings.Join(words, "; ")
}

// The scripts are those of Debian's memcached, dnsmasq, postgresql-common,
// bind9 and others, shortened.
func TestScriptAccounts(t *testing.T) {
	for script, want := range map[string]string{
		`GROUP="memcache"
USER="memcache"
DATADIR="/nonexistent"
if ! getent group $GROUP >/dev/null ; then
	addgroup --system $GROUP >/dev/null
fi
adduser \
  --system --disabled-login --ingroup $GROUP --home $DATADIR --no-create-home --gecos "Memcached" \
  --shell /bin/false $USER  >/dev/null
`: "group memcache; user memcache /nonexistent /bin/false no-home",
		`useradd --system --gid nogroup --comment dnsmasq --home-dir /var/lib/misc --no-create-home --shell /usr/sbin/nologin dnsmasq`: "user dnsmasq /var/lib/misc /usr/sbin/nologin no-home",
		`[ "$DEBUG" ] || quiet="--quiet"
if ! getent passwd postgres > /dev/null; then
	adduser --system $quiet --home /var/lib/postgresql --no-create-home --shell /bin/bash --group --gecos "PostgreSQL administrator" postgres
fi
adduser $quiet postgres ssl-cert`: "user postgres /var/lib/postgresql /bin/bash no-home; group postgres",
		`getent group bind >/dev/null 2>&1 || addgroup --system bind
getent passwd bind > /dev/null ||
adduser --system --home=/var/cache/bind --disabled-password --ingroup bind bind 2> /dev/null`: "group bind; user bind /var/cache/bind",
		`adduser --force-badname --system --quiet --gecos "Chrony daemon" --home "$HOME_OF" _chrony || true`: "user _chrony",
		`if ! id x; then /usr/sbin/useradd -r -m -d /srv/x x; fi`:                                            "user x /srv/x",
		`adduser --system $options`:                         "",
		`adduser --system --home /x a; usermod -d /y a`:     "user a",
		`adduser --system a; adduser --system b; userdel a`: "user b",
		"echo adduser --system a; command -v adduser":       "",
		"# adduser --system a\nwhich adduser >/dev/null":    "",
		"adduser --group a":                                 "group a",
		"groupadd -r -g 77 a":                               "group a",
	} {
		if got := describe(scriptAccounts("postinst", script)); got != want {
			t.Errorf("%s\n got %s\nwant %s", script, got, want)
		}
	}
}

func TestReadSysusers(t *testing.T) {
	text := `# Type Name ID GECOS Home Shell
u greeter - "Greets all" /var/lib/greeter /bin/bash
u! locked - - -
g adm2 -
m worker adm
r - 500-600
u %b - x
`
	want := "user greeter /var/lib/greeter /bin/bash; user locked; group adm2; user worker; group adm"
	if got := describe(readSysusers("x.conf", text)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAccounts(t *testing.T) {
	m := files(t, map[string]string{
		"/etc/passwd": "root:x:0:0::/root:/bin/sh\nhomeless:x:101:101::/var/lib/homeless:/usr/sbin/nologin\nother:x:102:102::/opt:/bin/sh\n" +
			"good:x:103:103::/var/lib/good:/sbin/nologin\nshy:x:104:104::/nonexistent:/usr/bin/tcsh\nquiet:x:105:105::/var/lib/quiet:/bin/sh\n",
		"/etc/group": "good:x:103:\n", "/var/lib/good/x": "", "/opt/x": "", "/usr/sbin/nologin": "", "/sbin": "-> usr/sbin", "/bin/sh": "",
		"/usr/lib/sysusers.d/a.conf":      "u good - - /var/lib/good /usr/sbin/nologin\nu homeless - - /var/lib/homeless\nu gone -\ng gone -\nu other - - /srv\nu shy - - - /usr/bin/tcsh\nu quiet - - /elsewhere\n",
		"/usr/lib/sysusers.d/masked.conf": "u masked -\n", "/etc/sysusers.d/masked.conf": "", "/usr/lib/sysusers.d/readme": "u none -\n",
		"/usr/bin/systemd-sysusers": "",
		dpkgInfo + "/a.postinst": "adduser --system --home /var/lib/quiet --no-create-home quiet\nif [ x ]; then adduser --system --group never; fi\n" +
			"adduser --system --home /var/lib/other quiet\n",
		dpkgInfo + "/a.postrm": "adduser --system too-late\n",
	})
	shipped := []string{"/usr/lib/sysusers.d", "/usr/lib/sysusers.d/a.conf", "/usr/lib/sysusers.d/masked.conf", "/usr/lib/sysusers.d/readme"}
	by := ", as /usr/lib/sysusers.d/a.conf declares"
	sysusers := " | why nothing ran systemd-sysusers after the installation: dh_installsysusers adds that to postinst"
	script := ", as a.postinst declares"
	reach := " | why the command that makes it was not reached, or failed"
	want := []string{
		"passed user good exists | found uid 103, home /var/lib/good, shell /sbin/nologin",
		"warning failed user homeless home | want a directory | found /var/lib/homeless is not there | why nothing makes it: ship it, or make it by tmpfiles.d, or declare /nonexistent",
		"failed user gone exists | want a user" + by + " | found no such user" + sysusers,
		"failed group gone exists | want a group" + by + " | found no such group" + sysusers,
		"warning failed user other home | want /srv" + by + " | found /opt | why " + madeBefore,
		"warning failed user shy shell | want a program | found /usr/bin/tcsh is not there | why the package that has the shell is not a dependency; /usr/sbin/nologin is always there",
		"passed user quiet exists | found uid 105, home /var/lib/quiet, shell /bin/sh",
		"warning failed user never exists | want a user" + script + " | found no such user" + reach,
		"warning failed group never exists | want a group" + script + " | found no such group" + reach,
	}
	if d := cmp.Diff(want, sayAll(m.accountChecks(t.Context(), Package{Name: "a"}, shipped))); d != "" {
		t.Error(d)
	}
	if err := os.Remove(m.at("/usr/bin/systemd-sysusers")); err != nil {
		t.Fatal(err)
	}
	skipped := "skipped user good exists | why there is no systemd-sysusers on this machine, which makes what /usr/lib/sysusers.d/a.conf declares"
	if got := sayAll(m.accountChecks(t.Context(), Package{Name: "a"}, shipped)); got[0] != skipped {
		t.Error(fmt.Sprintln(got[0]))
	}
}

func TestShellOfAScriptIsAnotherThanThatOfTheUser(t *testing.T) {
	m := files(t, map[string]string{
		"/etc/passwd": "a:x:101:101::/:/bin/sh\n", dpkgInfo + "/a.postinst": "useradd -r -s /usr/sbin/nologin a\n",
	})
	want := "warning failed user a shell | want /usr/sbin/nologin, as a.postinst declares | found /bin/sh | why " + madeBefore
	if got := sayAll(m.accountChecks(t.Context(), Package{Name: "a"}, nil)); len(got) != 1 || got[0] != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
