package enginetest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Registry is a container registry of a test's own, on loopback, for one
// user. Docker daemons take those of 127.0.0.0/8 without TLS.
type Registry struct {
	// Addr is what its references start with: 127.0.0.1:PORT.
	Addr           string
	User, Password string
	// ConfigDir holds a config.json of Docker's with the user.
	ConfigDir string
}

// NewRegistry starts Debian's docker-registry. It ends with the test, and
// what was pushed is gone.
func NewRegistry(t *testing.T) *Registry {
	t.Helper()
	dir := t.TempDir()
	r := &Registry{Addr: "127.0.0.1:" + FreePort(t), User: "builder", Password: "correct-horse-battery", ConfigDir: dir}
	run(t, dir, "users", "htpasswd", "-Bbn", r.User, r.Password)
	auth := base64.StdEncoding.EncodeToString([]byte(r.User + ":" + r.Password))
	writeFile(t, dir, "config.json", fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, r.Addr, auth))
	writeFile(t, dir, "registry.yml", fmt.Sprintf(`version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: %s/storage}}
http: {addr: %s}
auth: {htpasswd: {realm: test, path: %s/users}}
`, dir, r.Addr, dir))
	cmd := exec.CommandContext(t.Context(), "docker-registry", "serve", filepath.Join(dir, "registry.yml"))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("run lab/setup.sh: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // it was told to end
		if t.Failed() {
			t.Logf("registry: %s", log.String())
		}
	})
	Eventually(t, "the registry answers", r.answers)
	return r
}

func (r *Registry) answers() bool {
	answer, err := http.Get("http://" + r.Addr + "/v2/")
	return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusUnauthorized
}

// Push pushes a local image as NAME:TAG and returns the reference to pull it
// by, which no longer is a local image's.
func (r *Registry) Push(t *testing.T, image, name string) (ref string) {
	t.Helper()
	ref = r.Addr + "/" + name
	docker(t, "tag", image, ref)
	docker(t, "--config", r.ConfigDir, "push", "--quiet", ref)
	docker(t, "rmi", ref)
	// What a test pulls is its to forget.
	t.Cleanup(func() { _, _ = dockerErr(t, "rmi", ref) })
	return ref
}

// docker runs Docker's client.
func docker(t *testing.T, args ...string) {
	t.Helper()
	if out, err := dockerErr(t, args...); err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func dockerErr(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	defer cancel()
	return exec.CommandContext(ctx, "docker", args...).CombinedOutput()
}

// run keeps what a program prints in a file.
func run(t *testing.T, dir, file, program string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("%s: %v\n%s", program, err, failed.Stderr)
	}
	if err != nil {
		t.Fatalf("run lab/setup.sh: %v", err)
	}
	writeFile(t, dir, file, string(out))
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// FreePort is a port of 127.0.0.1 that nobody listens on now.
func FreePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}
