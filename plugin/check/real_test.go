package check_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// The image that machines boot from is made once, of the lab's Debian.
const (
	baseImage    = "lab/debian:12"
	machineImage = "drone-packages-test/check:12"
	testLabel    = "drone-packages-test=check"
)

// real is a booted machine with an agent in it.
type real struct {
	t  testing.TB
	id string
}

func docker(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", args...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// removeContainer also works when the test's context has ended.
func removeContainer(t testing.TB, id string) {
	t.Cleanup(func() {
		if out, err := exec.Command("docker", "rm", "-f", "-v", id).CombinedOutput(); err != nil {
			t.Errorf("docker rm: %v\n%s", err, out)
		}
	})
}

func buildAgent(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "agent")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, "./testdata/agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the agent: %v\n%s", err, out)
	}
	return file
}

func makeMachineImage(t testing.TB) {
	t.Helper()
	if docker(t, "", "images", "-q", machineImage) != "" {
		return
	}
	id := docker(t, "", "run", "-d", "--label", testLabel, baseImage, "sleep", "600")
	removeContainer(t, id)
	docker(t, "", "exec", "-e", "DEBIAN_FRONTEND=noninteractive", id, "sh", "-euc",
		`apt-get -q update; apt-get -qy install --no-install-recommends systemd systemd-sysv dbus
		systemctl mask systemd-udevd.service systemd-modules-load.service console-getty.service`)
	docker(t, "", "commit", "-c", "LABEL "+testLabel, id, machineImage)
}

// boot starts a machine and waits for it as the product does.
func boot(t testing.TB, agent string) real {
	t.Helper()
	return bootFrom(t, agent, machineImage)
}

// bootFrom boots with ::1, which an engine without IPv6 takes away.
func bootFrom(t testing.TB, agent, image string) real {
	t.Helper()
	id := docker(t, "", "run", "-d", "--label", testLabel, "--cgroupns", "private",
		"--sysctl", "net.ipv6.conf.all.disable_ipv6=0",
		"--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
		"--tmpfs", "/run:mode=755", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec,mode=1777", "-e", "container=docker",
		image, "sh", "-c", "umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /sbin/init")
	removeContainer(t, id)
	m := real{t, id}
	m.sh("mkdir -p " + check.Root)
	docker(t, "", "cp", agent, id+":"+check.AgentPath)
	m.passes(check.Request{Question: check.Boot})
	return m
}

func (m real) sh(script string) string {
	m.t.Helper()
	return docker(m.t, script, "exec", "-i", m.id, "sh", "-eu")
}

// ask has the agent answer, and fails the test on a fault.
func (m real) ask(r check.Request) []result.Check {
	m.t.Helper()
	r.Format = "deb"
	if r.Question != check.Boot && r.Question != check.Tree && r.Question != check.Checks {
		r.Packages = []check.Package{{Name: "greeter", Version: "1.0"}}
	}
	question, err := json.Marshal(r)
	if err != nil {
		m.t.Fatal(err)
	}
	out := docker(m.t, string(question), "exec", "-i", m.id, check.AgentPath, "agent")
	var checks []result.Check
	err = check.Read(strings.NewReader(out), func(a check.Answer) {
		if a.Fault != "" {
			m.t.Errorf("%s: fault: %s", r.Question, a.Fault)
		}
		if a.Check != nil {
			checks = append(checks, *a.Check)
		}
	})
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", r.Question, err, out)
	}
	return checks
}

// say is a check in one line.
func say(c result.Check) string {
	s := fmt.Sprintf("%s %s %s %s", c.Outcome, c.Kind, c.Subject, c.Attribute)
	if c.Found != "" {
		s += ": " + c.Found
	}
	return s
}

func blames(checks []result.Check) []result.Check {
	var bad []result.Check
	for _, c := range checks {
		if c.Outcome == result.Failed && !c.Warning {
			bad = append(bad, c)
		}
	}
	return bad
}

// passes wants answers, none of which blames the packages.
func (m real) passes(r check.Request) {
	m.t.Helper()
	checks := m.ask(r)
	for _, c := range blames(checks) {
		m.t.Errorf("%s: %s\n%s", r.Question, say(c), strings.Join(c.Lines, "\n"))
	}
	passed := 0
	for _, c := range checks {
		if c.Outcome == result.Passed {
			passed++
		}
	}
	if passed == 0 && r.Question != check.Tree {
		m.t.Errorf("%s: nothing passed: %v", r.Question, checks)
	}
}

// blamed wants exactly one finding, and that it says so.
func (m real) blamed(r check.Request, want string) result.Check {
	m.t.Helper()
	bad := blames(m.ask(r))
	if len(bad) != 1 || !strings.Contains(say(bad[0]), want) {
		var all []string
		for _, c := range bad {
			all = append(all, say(c))
		}
		m.t.Fatalf("%s: got\n  %s\nwant one finding with\n  %s", r.Question, strings.Join(all, "\n  "), want)
	}
	return bad[0]
}

// greeterd listens on a port and stays.
const greeterd = `#!/usr/bin/perl
use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalPort => 9101, Listen => 5, ReuseAddr => 1) or die $!;
print STDERR "listening\n";
while (1) { my $c = $s->accept; close $c if $c; }
`

const unitFile = `[Unit]
Description=Greeter
[Service]
ExecStart=/usr/bin/greeterd
%s
[Install]
WantedBy=multi-user.target
`

// Maintainer scripts are those of debhelper 13.
const (
	postinst = `#!/bin/sh
set -e
if [ "$1" = "configure" ]; then
	deb-systemd-helper unmask 'greeterd.service' >/dev/null || true
	if deb-systemd-helper --quiet was-enabled 'greeterd.service'; then
		deb-systemd-helper enable 'greeterd.service' >/dev/null || true
	else
		deb-systemd-helper update-state 'greeterd.service' >/dev/null || true
	fi
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload >/dev/null || true
		if [ -n "$2" ]; then _dh_action=restart; else _dh_action=start; fi
		deb-systemd-invoke $_dh_action 'greeterd.service' >/dev/null || true
	fi
fi
`
	prerm = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	deb-systemd-invoke stop 'greeterd.service' >/dev/null || true
fi
`
	postrm = `#!/bin/sh
set -e
[ -d /run/systemd/system ] && systemctl --system daemon-reload >/dev/null || true
if [ "$1" = remove ] && [ -x /usr/bin/deb-systemd-helper ]; then deb-systemd-helper mask 'greeterd.service' >/dev/null || true; fi
if [ "$1" = purge ] && [ -x /usr/bin/deb-systemd-helper ]; then
	deb-systemd-helper purge 'greeterd.service' >/dev/null || true
	deb-systemd-helper unmask 'greeterd.service' >/dev/null || true
fi
`
)

// deb is what a package of the test has that a good one has not.
type deb struct {
	daemon, service string
	// more is a script that runs in the package's tree before it is packed.
	more   string
	postrm string
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// install builds the package in the machine, and installs it by dpkg.
func (m real) install(d deb) {
	m.t.Helper()
	m.passes(check.Request{Question: check.Tree})
	files := []struct{ name, mode, text string }{
		{"DEBIAN/control", "644", "Package: greeter\nVersion: 1.0\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n"},
		{"DEBIAN/conffiles", "644", "/etc/greeter.conf\n"},
		{"DEBIAN/postinst", "755", postinst}, {"DEBIAN/prerm", "755", prerm}, {"DEBIAN/postrm", "755", or(d.postrm, postrm)},
		{"etc/greeter.conf", "644", "port = 9101\n"},
		{"usr/bin/greeterd", "755", or(d.daemon, greeterd)},
		{"lib/systemd/system/greeterd.service", "644", fmt.Sprintf(unitFile, d.service)},
	}
	script := "mkdir " + check.Root + "/deb; cd " + check.Root + "/deb\n"
	for _, f := range files {
		script += fmt.Sprintf("mkdir -p %s; cat >%s <<'END-OF-FILE'\n%sEND-OF-FILE\nchmod %s %s\n",
			filepath.Dir(f.name), f.name, f.text, f.mode, f.name)
	}
	m.sh(script + d.more + "\ncd ..; dpkg-deb -b deb greeter.deb >/dev/null; dpkg -i greeter.deb >/dev/null 2>&1")
}

func TestReal(t *testing.T) {
	if testing.Short() {
		t.Skip("boots machines")
	}
	makeMachineImage(t)
	agent := buildAgent(t)
	for _, c := range []struct {
		name string
		test func(m real)
	}{
		{"a good daemon goes through its whole life", wholeLife},
		{"a daemon that exits after its start is blamed with its exit", exits},
		{"a daemon that is restarted again and again is not taken for running", loops},
		{"a daemon that never becomes ready is blamed for that", neverReady},
		{"a daemon that does not survive a restart is blamed then", noRestart},
		{"a file left after a purge is named", leftover},
		{"a program without its library is named with the library", noLibrary},
		{"a dangling link and a file for everybody are named", badFiles},
		{"a unit that nobody stops is found after removal", stays},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(boot(t, agent)) })
	}
}

func ask(q check.Question) check.Request {
	return check.Request{Question: q, Settle: 12 * time.Second}
}

func wholeLife(m real) {
	m.install(deb{})
	services := ask(check.Services)
	m.passes(services)
	m.passes(ask(check.Installed))
	m.passes(ask(check.Restart))
	services.Expect = check.Before
	m.passes(services)
	m.sh("dpkg -r greeter >/dev/null")
	m.passes(ask(check.Removed))
	m.sh("dpkg -i " + check.Root + "/greeter.deb >/dev/null 2>&1")
	m.passes(services)
	m.sh("systemctl disable -q greeterd 2>/dev/null")
	m.blamed(services, "service greeterd.service enabled: disabled")
	m.sh("dpkg -P greeter >/dev/null 2>&1")
	m.passes(ask(check.Removed))
	m.passes(ask(check.Leftovers))
}

func exits(m real) {
	m.install(deb{daemon: "#!/bin/sh\necho no configuration >&2\nexit 1\n"})
	c := m.blamed(ask(check.Services), "service greeterd.service active: failed (failed): exited with status 1/FAILURE")
	if !strings.Contains(strings.Join(c.Lines, "\n"), "no configuration") {
		m.t.Errorf("the journal of the unit is no evidence: %q", c.Lines)
	}
}

func loops(m real) {
	m.install(deb{daemon: "#!/bin/sh\nsleep 0.3\nexit 1\n", service: "Restart=always\nStartLimitIntervalSec=0\nRestartSec=300ms"})
	m.blamed(ask(check.Services), "exited with status 1/FAILURE 3 times within")
}

func neverReady(m real) {
	m.install(deb{service: "Type=notify\nTimeoutStartSec=3"})
	m.blamed(ask(check.Services), "service greeterd.service active: failed (failed): never became ready")
}

func noRestart(m real) {
	m.install(deb{daemon: "#!/bin/sh\n[ -e /run/stale.pid ] && echo stale pid file >&2 && exit 1\necho $$ >/run/stale.pid\nexec sleep 1000\n"})
	m.passes(ask(check.Services))
	c := m.blamed(ask(check.Restart), "service greeterd.service restarts: failed (failed): exited with status 1/FAILURE")
	if !strings.Contains(strings.Join(c.Lines, "\n"), "stale pid file") {
		m.t.Errorf("the journal of the unit is no evidence: %q", c.Lines)
	}
}

func leftover(m real) {
	m.install(deb{})
	m.sh("mkdir -p /var/lib/greeter/cache; echo 123 >/var/lib/greeter/cache/one; useradd -r greeter")
	m.sh("dpkg -P greeter >/dev/null 2>&1")
	m.blamed(ask(check.Leftovers), "leftover /var/lib/greeter new: a directory, mode 0755, owner 0:0, with 2 below it")
}

func noLibrary(m real) {
	m.install(deb{more: "sed 's/libselinux[.]so[.]1/libabsentx.so.1/' /bin/ls >usr/bin/greeter; chmod 755 usr/bin/greeter"})
	m.blamed(ask(check.Installed), "executable /usr/bin/greeter loads: missing libabsentx.so.1")
}

func badFiles(m real) {
	m.install(deb{more: "ln -s /usr/share/greeter/none usr/bin/hello"})
	m.blamed(ask(check.Installed), "file /usr/bin/hello link: a dangling link to /usr/share/greeter/none")
	m.sh("ln -sf greeterd /usr/bin/hello; chmod 666 /etc/greeter.conf")
	m.blamed(ask(check.Installed), "file /etc/greeter.conf mode: mode 0666")
}

func stays(m real) {
	m.install(deb{})
	m.passes(ask(check.Services))
	m.passes(ask(check.Installed))
	m.sh("printf '#!/bin/sh\\n' >/var/lib/dpkg/info/greeter.prerm; dpkg -r greeter >/dev/null 2>&1")
	var found []string
	for _, c := range blames(m.ask(ask(check.Removed))) {
		found = append(found, c.Kind+" "+c.Subject)
	}
	if got := strings.Join(found, ", "); got != "service greeterd.service, process /usr/bin/greeterd, port tcp:9101" {
		m.t.Errorf("found %q", got)
	}
}
