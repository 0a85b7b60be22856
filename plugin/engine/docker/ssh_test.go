package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
)

// sshd is a server of our own on loopback.
type sshd struct{ dir, port string }

// startSSHD starts one, for root by one key. It ends with the test.
func startSSHD(t *testing.T) *sshd {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		t.Fatalf("run lab/setup.sh: %v", err)
	}
	s := &sshd{dir: t.TempDir(), port: enginetest.FreePort(t)}
	for _, name := range []string{"host", "user", "stranger"} {
		keygen(t, filepath.Join(s.dir, name))
	}
	// Where it drops its rights; a fresh machine has none.
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	config := s.write(t, "sshd_config", fmt.Sprintf(`Port %s
ListenAddress 127.0.0.1
HostKey %[2]s/host
AuthorizedKeysFile %[2]s/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
LogLevel ERROR
`, s.port, s.dir))
	var log bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, "-D", "-e", "-f", config)
	cmd.Stderr = &log
	// It ends as a group, with the sessions that are left.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Cancel()
		_ = cmd.Wait() // it was told to end
		if t.Failed() {
			t.Logf("sshd: %s", log.String())
		}
	})
	enginetest.Eventually(t, "sshd listens", func() bool { return listens(s.port) })
	return s
}

func (s *sshd) write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(s.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

// use makes the ssh of this test's PATH one that knows the server and has a
// key. ssh takes its configuration from the user's home and has no variable
// for another.
func (s *sshd) use(t *testing.T, key string) {
	t.Helper()
	real, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatalf("run lab/setup.sh: %v", err)
	}
	hostKey, err := os.ReadFile(filepath.Join(s.dir, "host.pub"))
	if err != nil {
		t.Fatal(err)
	}
	known := s.write(t, "known_hosts", fmt.Sprintf("[127.0.0.1]:%s %s", s.port, hostKey))
	config := s.write(t, "ssh_config", fmt.Sprintf(`Host *
IdentityFile %s
IdentitiesOnly yes
IdentityAgent none
UserKnownHostsFile %s
GlobalKnownHostsFile none
StrictHostKeyChecking yes
BatchMode yes
LogLevel ERROR
ControlMaster auto
ControlPath %s/master
ControlPersist 600
`, filepath.Join(s.dir, key), known, s.dir))
	s.write(t, "ssh", fmt.Sprintf("#!/bin/sh\nexec %s -F %s \"$@\"\n", real, config))
	t.Setenv("PATH", s.dir+":"+os.Getenv("PATH")) //nolint:forbidigo // the test's own PATH
}

// master keeps a connection that others can use, until the test ends.
func (s *sshd) master(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.dir, "ssh"),
		"-N", "-o", "ControlMaster=yes", "-o", "ControlPersist=no", "-l", "root", "-p", s.port, "127.0.0.1")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it was told to end
	enginetest.Eventually(t, "a master connection", func() bool { return s.hasMaster() })
}

func (s *sshd) hasMaster() bool { return exists(filepath.Join(s.dir, "master")) }

func (s *sshd) host() string { return "ssh://root@127.0.0.1:" + s.port }

func keygen(t *testing.T, file string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
}

func listens(port string) bool {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return false
	}
	_ = c.Close() // nothing was sent
	return true
}

func TestDockerBySSHHoldsTheContract(t *testing.T) {
	needDocker(t)
	s := startSSHD(t)
	s.use(t, "user")
	s.master(t) // a login for each command takes long
	enginetest.Suite(t, func(t *testing.T) (engine.Engine, string) { return open(t, Options{Host: s.host()}) })
}

// Most users have no master connection, and some have ssh make one that stays.
func TestSSHWithoutAMaster(t *testing.T) {
	needDocker(t)
	s := startSSHD(t)
	s.use(t, "user")
	_, id := startOne(t)
	e, err := Open(Options{Host: s.host()})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	text := strings.Repeat("x", 200_000)
	exit, err := e.Exec(t.Context(), id, engine.Cmd{Args: []string{"cat"}, Stdin: strings.NewReader(text), Stdout: &out})
	if err != nil || exit.Code != 0 || out.String() != text {
		t.Errorf("exit %d, %v, %d bytes", exit.Code, err, out.Len())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	begin := time.Now()
	if _, err := e.Exec(ctx, id, engine.Cmd{Args: []string{"sleep", "300"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("to end took %s", took)
	}
	if s.hasMaster() {
		t.Error("we became a master connection")
	}
}

func TestSSHRefusals(t *testing.T) {
	needDocker(t)
	s := startSSHD(t)
	other := startSSHD(t)
	for _, tt := range []struct{ name, key, host, want string }{
		{"another's key", "stranger", s.host(), "Permission denied (publickey"},
		{"a server that is not known", "user", other.host(), "Host key verification failed"},
		{"nobody listens", "user", "ssh://root@127.0.0.1:" + enginetest.FreePort(t), "Connection refused"},
		{"no docker there", "user", s.host() + "/nonexistent/docker.sock", "docker.sock"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.use(t, tt.key)
			_, err := openHere(t, Options{Host: tt.host}).Host(t.Context())
			if !errors.Is(err, engine.ErrUnreachable) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.host) {
				t.Errorf("want %q in %v", tt.want, err)
			}
		})
	}
	t.Run("no ssh", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		e := openHere(t, Options{Host: s.host()})
		if _, err := e.Host(t.Context()); err == nil || !strings.Contains(err.Error(), `"ssh": executable file not found in $PATH`) {
			t.Errorf("got %v", err)
		}
	})
}
