package run_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// steps are what a job asked of its container, in order: commands by their
// script, other calls by their line.
func (w *world) steps(group string) []string {
	var all []string
	for _, line := range w.asked("drone-packages-k7q2-" + group + "/") {
		_, call, _ := strings.Cut(line, ": ")
		all = append(all, strings.TrimPrefix(call, "sh -euc "))
	}
	return all
}

func TestABuildIsGivenTheSourceAndHandsOver(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.in.Version = "2.0"
	w.packages(map[string]settings.Package{"greeter": {Before: settings.Commands{"make dist", "make more\nmake most"}}})
	w.run(t.Context())
	want := []string{
		"sleep infinity", "/build/source", "chown -R build: /build", "<version>", "make dist", "make more", "<build>", "<index>", "/build/out/greeter",
	}
	got := slices.DeleteFunc(w.steps("debian-12-build-greeter"), func(s string) bool { return s == "" })
	for i := range got {
		got[i], _, _ = strings.Cut(got[i], "\n")
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	w.says("set the version 2.0\n", "before: make dist\n", "before: make more …\n")
}

func TestHooksRunAsTheBuildUserInTheSource(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.packages(map[string]settings.Package{"greeter": {Before: settings.Commands{"make dist"}}})
	w.rule(enginetest.Rule{Match: "make dist", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		if c.User != "build" || c.Dir != "/build/source/greeter" {
			t.Errorf("as %q in %q", c.User, c.Dir)
		}
		if _, err := c.ReadFile("/build/source/debian/control"); err != nil {
			t.Errorf("the source is not there: %v", err)
		}
		return engine.Exit{}, nil
	}})
	w.run(t.Context())
}

func TestAHookThatFailsIsTheBuildsFailure(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.packages(map[string]settings.Package{"greeter": {Before: settings.Commands{"make dist"}}})
	w.rule(enginetest.Rule{Match: "make dist", Stderr: "make: *** No rule to make target 'dist'.\n", Code: 2})
	p := phaseOf(t, w.run(t.Context()), "debian-12/build/greeter", "build")
	if p.Outcome != result.Failed || p.Reason != "before: make dist failed (exit 2)" {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
	if len(w.asked("<build>")) > 0 {
		t.Error("it was built nevertheless")
	}
}

func TestNeedsAreARepositoryInTheBuild(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.packages(map[string]settings.Package{"app": {Needs: settings.List{"lib"}}, "lib": {}})
	w.rule(enginetest.Rule{Match: "<repository>", In: "build", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		for _, name := range []string{"lib/lib_1.4.0_amd64.deb", "lib/Packages"} {
			if _, err := c.ReadFile(c.Getenv("DP_REPO") + "/" + name); err != nil {
				t.Error(err)
			}
		}
		return engine.Exit{}, nil
	}})
	w.run(t.Context())
	if n := len(w.asked("build-app/build: sh -euc <repository>")); n != 1 {
		t.Errorf("the repository was made %d times", n)
	}
}

func TestWhatWasBuiltIsInTheDistrosDirectory(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(enginetest.Rule{Match: "<index>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		c.WriteFile("/build/out/greeter/greeter_1.4.0_amd64.deb", strings.Repeat("x", 48_000))
		c.WriteFile("/build/out/greeter/greeter_1.4.0_amd64.changes", "changes")
		c.WriteFile("/build/out/greeter/Packages", "the index")
		c.WriteFile("/build/out/greeter/repodata/repomd.xml", "the index of another format")
		return engine.Exit{}, c.Print("package greeter 1.4.0 amd64 greeter_1.4.0_amd64.deb\n", "")
	}})
	got := w.run(t.Context())
	digest := func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
	want := []result.Package{
		{Distro: "debian-12", Path: "debian-12/greeter_1.4.0_amd64.changes", Size: 7, SHA256: digest("changes")},
		{Name: "greeter", Version: "1.4.0", Arch: "amd64", Distro: "debian-12", Path: "debian-12/greeter_1.4.0_amd64.deb",
			Size: 48_000, SHA256: digest(strings.Repeat("x", 48_000))},
	}
	if d := cmp.Diff(want, got.Packages); d != "" {
		t.Error(d)
	}
	w.says("✓ greeter_1.4.0_amd64.deb (48 kB)")
	var files []string
	for _, e := range must(os.ReadDir(filepath.Join(w.dir, "debian-12"))) {
		files = append(files, e.Name())
	}
	wantFiles := []string{
		"build-greeter.log", "environment-greeter.log", "greeter_1.4.0_amd64.changes", "greeter_1.4.0_amd64.deb",
		"image.log", "machine.log", "test.log",
	}
	if d := cmp.Diff(wantFiles, files); d != "" {
		t.Error(d)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestWhatIsWrittenBelongsToTheWorkspacesOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	w := newWorld(t, "debian-12")
	w.o.Owner = &engine.Owner{UID: 12345, GID: 54321}
	w.run(t.Context())
	err := filepath.Walk(filepath.Join(w.dir, "debian-12"), func(name string, info os.FileInfo, err error) error {
		if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 12345 || stat.Gid != 54321 {
			t.Errorf("%s belongs to %d:%d", name, stat.Uid, stat.Gid)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestABuildThatMadeNoPackageFailed(t *testing.T) {
	for name, index := range map[string]func(enginetest.Call){
		"nothing there": func(enginetest.Call) {},
		"none told":     func(c enginetest.Call) { c.WriteFile("/build/out/greeter/greeter.changes", "") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "debian-12")
			w.rule(enginetest.Rule{Match: "<index>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
				index(c)
				return engine.Exit{}, c.Print("dpkg-genbuildinfo\n", "")
			}})
			got := w.run(t.Context())
			p := phaseOf(t, got, "debian-12/build/greeter", "build")
			if p.Outcome != result.Failed || p.Reason != "the build made no package" ||
				p.Problem.Hint != "does debian/control have a binary package for this architecture?" {
				t.Errorf("%s: %+v", p.Outcome, p.Problem)
			}
			if len(got.Packages) > 0 {
				t.Errorf("handed over: %+v", got.Packages)
			}
		})
	}
}

// archive is what a hostile build has copied out.
func archive(t *testing.T, headers ...tar.Header) io.ReadCloser {
	t.Helper()
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, h := range headers {
		if err := tw.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return io.NopCloser(&b)
}

// copies is a fake from which something else is copied out.
type copies struct {
	*enginetest.Fake
	out io.ReadCloser
}

func (c copies) CopyOut(context.Context, engine.ID, string) (io.ReadCloser, error) { return c.out, nil }

func TestAHostileArchiveIsRefusedAndTheBuildsFailure(t *testing.T) {
	for want, header := range map[string]tar.Header{
		`hand over the packages: "greeter/../../up": refused: the name leads out of the archive`: {
			Name: "greeter/../../up", Typeflag: tar.TypeReg},
		`hand over the packages: "greeter/link": refused: a link to "/etc/passwd" leads out of the archive`: {
			Name: "greeter/link", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink},
		`hand over the packages: "greeter/sda": refused: neither a file, a directory nor a symbolic link (type '4')`: {
			Name: "greeter/sda", Typeflag: tar.TypeBlock},
	} {
		w := newWorld(t, "debian-12")
		w.engine = copies{w.fake, archive(t, header)}
		got := w.run(t.Context())
		p := phaseOf(t, got, "debian-12/build/greeter", "build")
		if p.Outcome != result.Failed || p.Reason != want {
			t.Errorf("%s: %s\nwant %s", p.Outcome, p.Reason, want)
		}
		if len(got.Packages) > 0 {
			t.Errorf("handed over: %+v", got.Packages)
		}
		if _, err := os.Stat(filepath.Join(w.dir, "up")); err == nil {
			t.Error("it left its directory")
		}
	}
}

func TestAnArchiveThatBreaksOffIsAFault(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.engine = copies{w.fake, io.NopCloser(strings.NewReader(strings.Repeat("x", 700)))}
	p := phaseOf(t, w.run(t.Context()), "debian-12/build/greeter", "build")
	if p.Outcome != result.Fault || !strings.HasPrefix(p.Reason, "hand over the packages: read the archive: ") {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
}

// Builds of one distro bring an index of the same name each.
func TestBuildsOfADistroHandOverSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.in.Settings.Parallel = 8
		all := map[string]settings.Package{}
		for i := range 8 {
			all[fmt.Sprint("p", i)] = settings.Package{}
		}
		w.packages(all)
		got := w.run(t.Context())
		if got.Outcome != result.Passed || len(got.Packages) != 8 {
			t.Errorf("the run: %s, packages: %+v", got.Outcome, got.Packages)
		}
	})
}

func TestAllPackagesOfADistroAreTestedTogether(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.packages(map[string]settings.Package{"app": {}, "lib": {}})
	w.rule(enginetest.Rule{Match: "<install>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		if got := c.Getenv("DP_PACKAGES"); got != "app lib" {
			t.Errorf("DP_PACKAGES=%q", got)
		}
		for _, name := range []string{"app/app_1.4.0_amd64.deb", "lib/lib_1.4.0_amd64.deb"} {
			if _, err := c.ReadFile(c.Getenv("DP_REPO") + "/" + name); err != nil {
				t.Error(err)
			}
		}
		return engine.Exit{}, nil
	}})
	w.run(t.Context())
}

func TestDependenciesAreANote(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(enginetest.Rule{Match: "<dependencies>", Stdout: "dependency libc6\nsetting up\ndependency adduser\n"})
	p := phaseOf(t, w.run(t.Context()), "debian-12/test", "install")
	if d := cmp.Diff([]string{"2 dependencies: libc6, adduser"}, p.Notes); d != "" {
		t.Error(d)
	}
}

func TestASourceThatCannotBePackedEndsTheRun(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.o.Source = func(io.Writer) error { return errors.New("permission denied") }
	if err := w.refused(w.plan()); err == nil || err.Error() != "pack the source: permission denied" {
		t.Errorf("%v", err)
	}
	if journal := w.fake.Journal(); len(journal) > 0 {
		t.Errorf("something was begun: %q", journal)
	}
}

func TestASourceThatHasNoRoomEndsTheRun(t *testing.T) {
	w := newWorld(t, "debian-12")
	t.Setenv("TMPDIR", filepath.Join(w.dir, "nowhere"))
	if err := w.refused(w.plan()); err == nil || !strings.HasPrefix(err.Error(), "make a temporary file: ") {
		t.Errorf("%v", err)
	}
}
