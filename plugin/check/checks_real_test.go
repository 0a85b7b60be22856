package check_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// greeterWeb answers each request on port 9103.
const greeterWeb = `cat >/usr/bin/greeter-web <<'EOF'
#!/usr/bin/perl
use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalPort => 9103, Listen => 5, ReuseAddr => 1) or die $!;
while (my $c = $s->accept) {
	while (<$c>) { last if /^\r?$/ }
	print $c "HTTP/1.0 200 OK\r\nX-Greeting: hello\r\n\r\nhello\n";
	close $c;
}
EOF
chmod 755 /usr/bin/greeter-web
systemd-run -q --unit greeter-web /usr/bin/greeter-web`

// specOf reads a file below testdata/real.
func (m real) specOf(name string) check.Spec {
	m.t.Helper()
	spec, errs := check.LoadSpec(name, readFile(m.t, "testdata/real/"+name), map[string]any{"version": "1.0.0"})
	for _, err := range errs {
		m.t.Error(err)
	}
	return spec
}

func (m real) askSpec(spec check.Spec) []result.Check {
	m.t.Helper()
	return m.ask(check.Request{Question: check.Checks, Spec: &spec, Moment: check.AfterInstall})
}

// TestRealChecks has each kind pass and fail on a booted machine.
func TestRealChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("boots a machine")
	}
	makeMachineImage(t)
	m := boot(t, buildAgent(t))
	m.install(deb{})
	m.sh(greeterWeb)
	t.Run("all pass", func(t *testing.T) { allPass(real{t, m.id}) })
	t.Run("all fail and say why", func(t *testing.T) { allFail(real{t, m.id}) })
	t.Run("a hundred are quick", func(t *testing.T) { hundred(real{t, m.id}) })
}

func allPass(m real) {
	kinds := map[string]bool{}
	for _, c := range m.askSpec(m.specOf("pass.yaml")) {
		kinds[c.Kind] = true
		if c.Outcome != result.Passed {
			m.t.Errorf("%s, expected %s: %s", say(c), c.Expected, c.Reason)
		}
	}
	if len(kinds) != 15 {
		m.t.Errorf("%d kinds passed, want all 15: %v", len(kinds), kinds)
	}
}

// realFailures are all that fails of fail.yaml, without how often it was tried
// and where it was written.
const realFailures = `
addr tcp://localhost:9102 reachable: expected true, found false (connect: connection refused)
command greeter hello exit-status: expected 0, found 127
command greeter hello stdout: expected a line with "hello", found nothing
command sleep 60 exit-status: expected 0, found not over after 200ms
dns localhost addrs: expected elements "10.0.0.1", found ["127.0.0.1", "::1"], without "10.0.0.1"
dns no-such-name.invalid resolvable: expected true, found false
file /etc/greeter.conf contents: expected a line with "tls", found "port = 9101"
file /etc/greeter.conf filetype: expected "directory", found "file"
file /etc/greeter.conf mode: expected "0600", found "0644"
file /etc/greeter.conf owner: expected "greeter", found "root"
file /etc/greeter.conf size: expected 0, found 12
file /etc/none exists: expected true, found false
group adm gid: expected 99, found 4
group greeter exists: expected true, found false
http http://localhost:9102/ status: expected 200, found connect: connection refused
http http://localhost:9103/ status: expected 404, found 200
interface eth7 exists: expected true, found false
interface lo mtu: expected 1500, found 65536
kernel-param kernel.ostype value: expected "GNU", found "Linux"
matching version matches: expected version >=2.0.0, found "1.0.0"
mount /run filesystem: expected "ext4", found "tmpfs"
mount /var/lib/greeter exists: expected true, found false
package greeter versions: expected elements "2.0", found ["1.0"], without "2.0"
package nginx installed: expected true, found false
port tcp:9101 ip: expected elements "127.0.0.1", found ["0.0.0.0"], without "127.0.0.1"
port tcp:9102 listening: expected true, found false
process nginx running: expected true, found false
service greeterd enabled: expected false, found true (enabled)
service greeterd running: expected false, found true (active (running), pid N)
service nginx enabled: expected true, found false (not-found)
service nginx running: expected true, found false (not-found)
user greeter exists: expected true, found false
user root shell: expected "/bin/false", found "/bin/bash"
`

var (
	pidOf  = regexp.MustCompile(`pid \d+`)
	denied = regexp.MustCompile(`resolvable: expected true, found false \(.*\)\n`)
)

func allFail(m real) {
	var got []string
	for _, c := range m.askSpec(m.specOf("fail.yaml")) {
		if c.Outcome == result.Failed {
			got = append(got, fmt.Sprintf("%s %s %s: expected %s, found %s", c.Kind, c.Subject, c.Attribute, c.Expected, c.Found))
			if !strings.Contains(c.Reason, "fail.yaml:") {
				m.t.Errorf("%s does not say where it was written: %q", say(c), c.Reason)
			}
		}
		if c.Kind == "service" && c.Subject == "greeterd" && len(c.Lines) == 0 {
			m.t.Errorf("%s has no journal", say(c))
		}
	}
	slices.Sort(got)
	// What differs from run to run: pids, and who denies a name.
	text := pidOf.ReplaceAllString(strings.Join(got, "\n"), "pid N")
	text = denied.ReplaceAllString(text, "resolvable: expected true, found false\n")
	if d := cmp.Diff(strings.TrimSpace(realFailures), text); d != "" {
		m.t.Error(d)
	}
}

// hundred prints how long a hundred checks of all kinds take, with one exec,
// and how long an exec takes that asks almost nothing.
func hundred(m real) {
	spec, one := m.hundredOf()
	start := time.Now()
	answers := len(m.askSpec(spec))
	all := time.Since(start)
	start = time.Now()
	m.askSpec(one)
	exec := time.Since(start)
	m.t.Logf("%s: %d results in %s, of which an exec is %s", spec, answers, all.Round(time.Millisecond), exec.Round(time.Millisecond))
}

// hundredOf are a hundred tests of all kinds that pass, and one of almost
// nothing.
func (m real) hundredOf() (hundred, one check.Spec) {
	pass := m.specOf("pass.yaml")
	for len(hundred.Tests) < 100 {
		hundred.Tests = append(hundred.Tests, pass.Tests...)
	}
	hundred.Tests = hundred.Tests[:100]
	one.Tests = pass.Tests[len(pass.Tests)-1:]
	return hundred, one
}

// BenchmarkRealChecks asks a hundred checks of all kinds on a booted machine.
// 1.0 s inside the machine, beside one exec, is the most they may take.
func BenchmarkRealChecks(b *testing.B) {
	if testing.Short() {
		b.Skip("boots a machine")
	}
	makeMachineImage(b)
	m := boot(b, buildAgent(b))
	m.install(deb{})
	m.sh(greeterWeb)
	hundred, one := m.hundredOf()
	var asked, exec time.Duration
	for b.Loop() {
		start := time.Now()
		m.askSpec(hundred)
		asked += time.Since(start)
		start = time.Now()
		m.askSpec(one)
		exec += time.Since(start)
	}
	perRun := func(d time.Duration) float64 { return float64(d.Milliseconds()) / float64(b.N) }
	b.ReportMetric(perRun(asked-exec), "ms/100-checks")
	b.ReportMetric(perRun(exec), "ms/exec")
	if inside := perRun(asked - exec); inside > 1000 {
		b.Errorf("a hundred checks take %.0f ms inside the machine, 1000 are the most", inside)
	}
}
