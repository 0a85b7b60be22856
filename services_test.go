package main_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// withStore is the registrar's tree with a store, of the lab's Debian, that is
// its machine's own or shared.
func withStore(t *testing.T, shared bool) string {
	t.Helper()
	dir := copyTree(t, "testdata/registrar")
	program, err := os.ReadFile("testdata/compose/serve.pl")
	if err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf(`services:
  store:
    image: lab/debian:13
    files:
      /serve.pl: |
        %s
    command: perl /serve.pl
    ready: {tcp: 8080, log: is open, deadline: 120s}
    shared: %t
test: {lifecycle: [service]}
`, strings.ReplaceAll(string(program), "\n", "\n        "), shared)
	if err := os.WriteFile(filepath.Join(dir, "packages.yml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// serviceLog is what a service printed.
func serviceLog(t *testing.T, dir, distro, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "dist", distro, "service-"+name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// registered are the names that a store was asked for, as its log has them,
// those that probed it aside.
func registered(t *testing.T, dir, distro string) []string {
	t.Helper()
	names := map[string]bool{}
	for line := range strings.Lines(serviceLog(t, dir, distro, "store")) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "registered "); ok {
			names[name] = true
		}
	}
	var sorted []string
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	return sorted
}

// Two machines write to services of one name, and find nothing but their own.
func TestMachinesDoNotSeeEachOthersServices(t *testing.T) {
	t.Parallel()
	dir := withStore(t, false)
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-12,debian-13")
	for _, distro := range []string{"debian-12", "debian-13"} {
		o.wantRed(t, distro, nil, nil)
		if p := o.phases(distro)["service"]; p.Outcome != result.Passed {
			t.Errorf("%s: service is %q", distro, p.Outcome)
		}
		if d := cmp.Diff([]string{distro}, registered(t, dir, distro)); d != "" {
			t.Errorf("%s's store: %s", distro, d)
		}
	}
	if o.code != 0 {
		t.Errorf("exit code %d", o.code)
	}
}

// The same two machines with one store: whoever comes second finds the first.
func TestMachinesSeeEachOtherInASharedService(t *testing.T) {
	t.Parallel()
	dir := withStore(t, true)
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-12,debian-13")
	var red []string
	for _, distro := range []string{"debian-12", "debian-13"} {
		red = append(red, o.red(distro)...)
	}
	if d := cmp.Diff([]string{"service"}, slices.Compact(red)); d != "" || o.code != 1 {
		t.Errorf("exit code %d, red: %s", o.code, d)
	}
	if !strings.Contains(o.output, "the store knows others: debian-1") {
		t.Error("nobody says that the store knows others")
	}
	all := append(registered(t, dir, "debian-12"), registered(t, dir, "debian-13")...)
	slices.Sort(all)
	if d := cmp.Diff([]string{"debian-12", "debian-13"}, slices.Compact(all)); d != "" {
		t.Errorf("the store: %s", d)
	}
}

// readyChecks are the services of a distro that were seen to be ready, and how.
func (o outcome) readyChecks(distro string) map[string]string {
	ready := map[string]string{}
	for _, c := range o.phases(distro)["services"].Checks {
		if c.Attribute == "ready" && c.Outcome == result.Passed {
			ready[c.Subject] = c.Expected
		}
	}
	return ready
}

func TestAComposeFileOfFiveServicesDrivesTheTests(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/registrar")
	if err := os.CopyFS(dir, os.DirFS("testdata/compose")); err != nil {
		t.Fatal(err)
	}
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_SERVICES=compose.yaml", "PLUGIN_TEST={lifecycle: [service]}")
	o.wantRed(t, "debian-13", nil, nil)
	want := map[string]string{
		"registry": `command perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:8080")'`,
		"ported":   "tcp 8080", "exposed": "tcp 8080", "worded": "command test -e /tmp/ready",
		"named": `command test "$(hostname)" = named.example`,
	}
	if d := cmp.Diff(want, o.readyChecks("debian-13")); d != "" || o.code != 0 {
		t.Errorf("exit code %d: %s", o.code, d)
	}
	for name, words := range map[string]string{
		"registry": "registered debian-13\n", "ported": "hello world\n", "exposed": "it's here\n", "named": "$HOME is not asked\n",
	} {
		if log := serviceLog(t, dir, "debian-13", name); !strings.Contains(log, words) {
			t.Errorf("%s does not say %q:\n%s", name, words, log)
		}
	}
}

// A service of Debian's own packages, which boots and has its units started.
func TestAServiceOfADistrosOwnPackages(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "testdata/broken/good")
	const settings = `services:
  web:
    from: debian-13
    install: nginx
    prepare: echo fine >/var/www/html/health
    ready: {command: [systemctl, is-active, nginx], http: 80/health, deadline: 120s}
test: {lifecycle: [service]}
`
	if err := os.WriteFile(filepath.Join(dir, "packages.yml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-13")
	o.wantRed(t, "debian-13", nil, nil)
	if d := cmp.Diff(map[string]string{"web": "command systemctl is-active nginx; http 80/health"}, o.readyChecks("debian-13")); d != "" || o.code != 0 {
		t.Errorf("exit code %d: %s", o.code, d)
	}
	if log := serviceLog(t, dir, "debian-13", "web"); !strings.Contains(log, "nginx.service") {
		t.Errorf("its journal:\n%s", log)
	}
}

// Services end with their run, shared ones too, however that ends.
func TestNothingIsLeftOfServicesAfterASignal(t *testing.T) {
	if testing.Short() {
		t.Skip("short: needs the real engine")
	}
	const services = `{"own": {"image": "lab/debian:13", "command": "sleep 999", "ready": {"tcp": 1}},
		"shared": {"image": "lab/debian:13", "command": "sleep 999", "ready": {"command": "true"}, "shared": true}}`
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := copyTree(t, "testdata/broken/good")
			cmd := exec.CommandContext(t.Context(), binary)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PLUGIN_IMAGES="+lab, "PLUGIN_DISTROS=debian-13", "PLUGIN_SERVICES="+services)
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var id string
			for lines := bufio.NewScanner(stdout); lines.Scan(); {
				if m := runLine.FindStringSubmatch(lines.Text()); m != nil {
					id = m[1]
				}
				if strings.Contains(lines.Text(), "✓ boot") {
					if !strings.Contains(leftOf(t, id), "services-shared-shared") {
						t.Error("the shared service does not run")
					}
					if err := cmd.Process.Signal(signal); err != nil {
						t.Fatal(err)
					}
				}
			}
			_ = cmd.Wait() // of no interest here
			if id == "" {
				t.Fatal("the run did not say its id")
			}
			goneWithin(t, id, 20*time.Second)
		})
	}
}
