package main_test

import (
	"crypto/rand"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/host"
)

// released is the plugin's image as users have it, built from the Dockerfile.
const released = "lab/drone-packages"

var buildReleased = sync.OnceValues(func() ([]byte, error) {
	return exec.Command("lab/pluginimage.sh", released).CombinedOutput()
})

// releasedImage builds the plugin's image, once.
func releasedImage(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: needs the real engine and minutes")
	}
	if out, err := buildReleased(); err != nil {
		t.Fatalf("build the plugin's image: %v\n%s", err, out)
	}
}

// workspaceOwner is neither root nor anybody on this machine.
const workspaceOwner = 1234

// quickGreeter is greeter's packages.yml with a short life: the whole of it is
// lived elsewhere.
func quickGreeter(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("examples/greeter/packages.yml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(text), "test:\n", "test:\n  lifecycle: [service, check]\n", 1)
}

// runAsREADMESays runs the command for a laptop, with more settings, in a
// workspace, which belongs to somebody else.
func runAsREADMESays(t *testing.T, dir string, settings ...string) (o outcome) {
	t.Helper()
	releasedImage(t)
	line := strings.TrimSpace(inREADME(t, "docker run"))
	with := "docker run"
	for _, s := range settings {
		with += " -e '" + s + "'"
	}
	line = strings.Replace(line, "docker run", with, 1)
	line = strings.Replace(line, published, released, 1)
	chown(t, dir, workspaceOwner)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\n%s", line, out)
		}
	})
	if err != nil {
		t.Fatalf("docker run: %v", err)
	}
	o.output = string(out)
	results, err := os.ReadFile(filepath.Join(dir, "dist", "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(results, &o.run); err != nil {
		t.Fatal(err)
	}
	return o
}

func chown(t *testing.T, dir string, owner int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, owner, owner)
	})
	if err != nil {
		t.Fatalf("this test wants to be root: %v", err)
	}
}

// wantHandedOver wants a package whose sums are right, all of the workspace
// to belong to its owner, and nothing of the run on the engine.
func wantHandedOver(t *testing.T, dir string, o outcome) {
	t.Helper()
	debs, err := filepath.Glob(filepath.Join(dir, "dist", "debian-12", "*.deb"))
	debs = slices.DeleteFunc(debs, func(name string) bool { return strings.Contains(name, "-dbgsym_") })
	if err != nil || len(debs) != 1 {
		t.Errorf("packages: %v, %v", debs, err)
	}
	sums := exec.CommandContext(t.Context(), "sha256sum", "--quiet", "-c", "SHA256SUMS")
	sums.Dir = filepath.Join(dir, "dist")
	if out, err := sums.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != workspaceOwner || st.Gid != workspaceOwner {
			t.Errorf("%s is not the owner's", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	nothingLeft(t, o.run.ID)
	if left := docker(t, "ps", "-a", "--filter", "label=io.drone-packages.watchdog="+o.run.ID, "--format", "{{.Names}}"); left != "" {
		t.Errorf("the watchdog is left: %s", left)
	}
}

func TestImageOnALaptop(t *testing.T) {
	t.Parallel()
	dir := copyTree(t, "examples/greeter")
	if err := os.WriteFile(filepath.Join(dir, "packages.yml"), []byte(quickGreeter(t)), 0o644); err != nil {
		t.Fatal(err)
	}
	o := runAsREADMESays(t, dir, "PLUGIN_IMAGES="+lab)
	wantHandedOver(t, dir, o)
	if strings.Contains(o.output, "no watchdog") {
		t.Errorf("nobody watched:\n%s", o.output)
	}
}

// Where no registry is, the image makes the distro's own in an ordinary
// container, from the mirror that is asked for.
func TestImageBootstrapsADistro(t *testing.T) {
	t.Parallel()
	releasedImage(t)
	before := basesOf(t, "debian-12")
	m := serveMirror(t)
	t.Cleanup(func() {
		for _, base := range basesOf(t, "debian-12") {
			if !slices.Contains(before, base) {
				removeMade(t, base)
			}
		}
	})
	dir := copyTree(t, "testdata/broken/good")
	o := runAsREADMESays(t, dir, "PLUGIN_IMAGE_SOURCE=bootstrap", "PLUGIN_MIRROR="+m.url)
	wantHandedOver(t, dir, o)
	for _, name := range []string{"/InRelease", "/base-files_", "/build-essential_", "/systemd-sysv_"} {
		if !m.served(name) {
			t.Errorf("the mirror was not asked for %s", name)
		}
	}
}

// basesOf are the ids of the base images that were bootstrapped for a distro.
func basesOf(t *testing.T, distro string) []string {
	t.Helper()
	return strings.Fields(docker(t, "images", "-q", "--no-trunc", "--filter", "reference=drone-packages/base:"+distro+"-*"))
}

// removeMade removes a base image and what was made from it. Other runs make
// and remove images meanwhile: some of those listed may be gone.
func removeMade(t *testing.T, base string) {
	t.Helper()
	listed := strings.Fields(docker(t, "images", "-q", "--no-trunc", "--filter", "label=io.drone-packages.image"))
	parents, err := exec.Command("docker", append([]string{"inspect", "-f", "{{.Id}} {{.Parent}}"}, listed...)...).Output()
	if err != nil {
		t.Logf("images that are gone meanwhile: %v", err)
	}
	for line := range strings.Lines(string(parents)) {
		if made, ok := strings.CutSuffix(strings.TrimSpace(line), " "+base); ok {
			docker(t, "rmi", made)
		}
	}
	docker(t, "rmi", base)
}

func TestImageHasWhatItNeeds(t *testing.T) {
	t.Parallel()
	releasedImage(t)
	script := "command -v drone-packages git mmdebstrap ssh >/dev/null; test -s /etc/ssl/certs/ca-certificates.crt"
	all, err := distros.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Keyring != "" {
			script += "; test -s /usr/share/keyrings/" + d.Keyring
		}
	}
	docker(t, "run", "--rm", nobodyElse, "--entrypoint=sh", released, "-exc", script)
	if got := docker(t, "run", "--rm", nobodyElse, released, "version"); got == "" || got == "dev" {
		t.Errorf("version: %q", got)
	}
}

// By its other name the program removes what a run left: GitHub starts it so when
// a job has ended.
func TestImageCleansUpAfterAJob(t *testing.T) {
	t.Parallel()
	releasedImage(t)
	run := "test-" + strings.ToLower(rand.Text()[:10])
	docker(t, "network", "create", "--label="+engine.LabelRun+"="+run, "drone-packages-"+run)
	docker(t, "run", "--rm", nobodyElse, socket, "--entrypoint=/bin/plugin-cleanup", "-e="+host.StateVariable+"="+run, released, "an argument of the action's")
	nothingLeft(t, run)
}
