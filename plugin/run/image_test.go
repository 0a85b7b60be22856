package run_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/run"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// twice runs the same plan on the same host again, and returns both results.
func (w *world) twice() (first, second result.Run) {
	w.t.Helper()
	first = w.run(w.t.Context())
	w.console = &transcript{}
	w.o.Console = w.console
	return first, w.run(w.t.Context())
}

func TestEnvironmentsAreMadeOnceAndSayWhatThatSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.rule(enginetest.Rule{Match: "<toolchain>", Do: takes(24 * time.Second)})
		w.rule(enginetest.Rule{Match: "<machine>", Do: takes(41 * time.Second)})
		first, second := w.twice()
		if first.Saved != 0 || second.Saved != 65 || second.Outcome != result.Passed {
			t.Errorf("saved %v, then %v", first.Saved, second.Saved)
		}
		if n := len(w.asked("<toolchain>")); n != 1 {
			t.Errorf("the environment was made %d times", n)
		}
		j := jobOf(t, second, "debian-12/environment/greeter")
		if !j.Cached || j.Saved != 24 || len(j.Phases) != 0 {
			t.Errorf("%+v", j)
		}
		w.says("toolchain and build dependencies from cache (saves about 24s)", "init and package lists from cache (saves about 41s)",
			"base image debian-12:latest is here")
	})
}

func TestWhatIsNotCachedSaysSo(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.run(t.Context())
	w.says("toolchain and build dependencies, by debian/control: not cached for this base image and recipe")
}

func TestBuildsStartFromTheCommittedImage(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.twice()
	var from []string
	for _, group := range []string{"build-greeter/build from ", "test/test from "} {
		for _, line := range w.asked("start drone-packages-k7q2-debian-12-" + group) {
			_, image, _ := strings.Cut(line, " from ")
			image, _, _ = strings.Cut(image, ":")
			from = append(from, image)
		}
	}
	images, err := w.fake.Find(t.Context(), "", map[string]string{engine.LabelImage: "environment"})
	if err != nil || len(images) != 1 {
		t.Fatalf("environments: %v %v", images, err)
	}
	machines, err := w.fake.Find(t.Context(), "", map[string]string{engine.LabelImage: "machine"})
	if err != nil || len(machines) != 1 {
		t.Fatalf("machines: %v %v", machines, err)
	}
	want := []string{images[0].ID, images[0].ID, machines[0].ID, machines[0].ID}
	if d := cmp.Diff(want, from); d != "" {
		t.Error(d)
	}
}

func TestAnotherBaseImageMakesTheEnvironmentAnew(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.in.Settings.Pull = "always" // the fake's registry has a new image each time
	w.twice()
	if n := len(w.asked("<toolchain>")); n != 2 {
		t.Errorf("the environment was made %d times", n)
	}
}

func TestPackagesThatNeedTheSameShareOneEnvironment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.packages(map[string]settings.Package{"app": {}, "lib": {}})
		w.rule(enginetest.Rule{Match: "<toolchain>", Do: takes(time.Minute)})
		got := w.run(t.Context())
		if n := len(w.asked("<toolchain>")); n != 1 || got.Outcome != result.Passed || got.Saved != 60 {
			t.Errorf("%s: it was made %d times, that saved %v", got.Outcome, n, got.Saved)
		}
	})
}

func TestWhoeverWaitsForAnotherJobsImageCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w := newWorld(t, "debian-12")
		w.packages(map[string]settings.Package{"app": {}, "lib": {}})
		w.rule(enginetest.Rule{Match: "<toolchain>", Hang: true})
		got := w.run(ctx)
		for _, name := range []string{"debian-12/environment/app", "debian-12/environment/lib"} {
			if j := jobOf(t, got, name); j.Outcome != result.Cancelled {
				t.Errorf("%s: %s: %s", name, j.Outcome, j.Reason)
			}
		}
	})
}

func TestAnEnvironmentThatFailsIsNotCommitted(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(enginetest.Rule{Match: "<build_deps>", Stderr: "E: Unable to locate package libgone-dev\n", Code: 100})
	got := w.run(t.Context())
	if commits := w.asked("commit drone-packages-k7q2-debian-12-environment"); len(commits) > 0 {
		t.Errorf("%q", commits)
	}
	p := phaseOf(t, got, "debian-12/environment/greeter", "environment")
	if p.Outcome != result.Failed || p.Reason != "install the build dependencies failed (exit 100)" {
		t.Errorf("%s: %s", p.Outcome, p.Reason)
	}
	if d := cmp.Diff([]string{"E: Unable to locate package libgone-dev"}, p.Problem.Lines); d != "" {
		t.Error(d)
	}
}

func TestACommitThatFailsIsAFault(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.fake.Fails = []enginetest.Failure{{Call: "commit drone-packages-k7q2-debian-12-environment", Err: errors.New("no space")}}
	j := jobOf(t, w.run(t.Context()), "debian-12/environment/greeter")
	if j.Outcome != result.Fault || !strings.HasPrefix(j.Reason, "commit the environment image: ") {
		t.Errorf("%s: %s", j.Outcome, j.Reason)
	}
}

// rootfs is what a bootstrap makes.
func rootfs(w *world) func(context.Context, plan.Bootstrap, string, io.Writer) (io.ReadCloser, error) {
	return func(_ context.Context, b plan.Bootstrap, platform string, log io.Writer) (io.ReadCloser, error) {
		fmt.Fprintf(log, "I: %s for %s", b.Suite, platform)
		return archive(w.t, tar.Header{Name: "etc", Typeflag: tar.TypeDir, Mode: 0o755}), nil
	}
}

// Base images: what is here, else a registry, else a bootstrap, as asked.
func TestComingByTheBaseImage(t *testing.T) {
	here := []engine.Image{{ID: "here", Refs: []string{"debian-12:latest"}, Platform: "linux/amd64"}}
	for name, c := range map[string]struct {
		change func(*world)
		says   string
		calls  []string
	}{
		"it is here":   {func(w *world) { w.fake.Local = here }, "base image debian-12:latest is here", []string{"find"}},
		"it is pulled": {func(*world) {}, "pulling debian-12:latest", []string{"find", "pull"}},
		"it is here for another platform": {func(w *world) {
			w.fake.Local = []engine.Image{{ID: "arm", Refs: []string{"debian-12:latest"}, Platform: "linux/arm64"}}
		}, "pulling debian-12:latest", []string{"find", "pull"}},
		"it is always pulled": {func(w *world) { w.fake.Local, w.in.Settings.Pull = here, "always" }, "pulling debian-12:latest", []string{"pull"}},
		"there is no registry": {func(w *world) { w.fake.Registry, w.in.Settings.ImageSource = map[string]engine.Image{}, "auto" },
			"no image from a registry (pull debian-12:latest: no such image: debian-12:latest): made from the distro's mirror instead",
			[]string{"find", "pull", "find", "import"}},
		"it is made": {func(w *world) { w.in.Settings.ImageSource = "bootstrap" }, "mmdebstrap: debian-12 from its mirror", []string{"find", "import"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "debian-12")
			w.o.Bootstrap = rootfs(w)
			c.change(w)
			got := w.runOf(t.Context(), w.plan().Jobs[:1])
			if got.Outcome != result.Passed {
				t.Errorf("%s: %+v", got.Outcome, got.Jobs)
			}
			var calls []string
			for _, line := range w.fake.Journal() {
				call, _, _ := strings.Cut(line, " ")
				calls = append(calls, call)
			}
			if d := cmp.Diff(c.calls, calls); d != "" {
				t.Error(d)
			}
			w.says(c.says)
		})
	}
}

func TestComingByNoBaseImageIsAFault(t *testing.T) {
	none := map[string]engine.Image{}
	for name, c := range map[string]struct {
		change func(*world)
		want   string
	}{
		"never pulled": {func(w *world) { w.in.Settings.Pull = "never" },
			"image debian-12:latest is not here, and pull: never: load it, or allow pull: if-not-exists: no such image"},
		"not in the registry": {func(w *world) { w.fake.Registry = none }, "pull debian-12:latest: no such image: debian-12:latest"},
		"not in the registry, and no mirror": {func(w *world) { w.fake.Registry, w.in.Settings.ImageSource = none, "auto" },
			"pull debian-12:latest: no such image: debian-12:latest; and from the mirror: bootstrap debian-12: no mirror here"},
		"wrong password": {func(w *world) {
			w.in.Settings.ImageSource, w.o.Login = "auto", &engine.Login{Username: "me"}
			w.fake.Fails = []enginetest.Failure{{Call: "pull", Err: engine.ErrUnauthorized}}
		}, "pull debian-12:latest: pull debian-12:latest for linux/amd64 as me: the registry wants other credentials"},
		"the daemon does not look": {func(w *world) { w.fake.Fails = []enginetest.Failure{{Call: "find", Err: errors.New("locked")}} },
			"find debian-12:latest map[]: locked"},
		"it cannot be taken in": {func(w *world) {
			w.in.Settings.ImageSource, w.o.Bootstrap = "bootstrap", rootfs(w)
			w.fake.Fails = []enginetest.Failure{{Call: "import", Err: errors.New("no space")}}
		}, "no space"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "debian-12")
			c.change(w)
			j := jobOf(t, w.run(t.Context()), "debian-12/image")
			if j.Outcome != result.Fault || !strings.HasSuffix(j.Reason, c.want) {
				t.Errorf("%s: %s\nwant %s", j.Outcome, j.Reason, c.want)
			}
			w.says("⚡ " + j.Reason)
		})
	}
}

// Without a login of the user's own, a registry that refuses is as good as
// none: anonymous pulls are limited.
func TestARegistryThatRefusesStrangersIsNone(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.in.Settings.ImageSource, w.o.Bootstrap = "auto", rootfs(w)
	w.fake.Fails = []enginetest.Failure{{Call: "pull", Err: engine.ErrUnauthorized}}
	if got := w.run(t.Context()); got.Outcome != result.Passed {
		t.Errorf("%s", got.Outcome)
	}
}

func TestABootstrapIsDoneOnceAndSaysWhatThatSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.in.Settings.ImageSource = "bootstrap"
		make := rootfs(w)
		w.o.Bootstrap = func(ctx context.Context, b plan.Bootstrap, platform string, log io.Writer) (io.ReadCloser, error) {
			<-time.After(33 * time.Second)
			return make(ctx, b, platform, log)
		}
		_, second := w.twice()
		if j := jobOf(t, second, "debian-12/image"); !j.Cached || j.Saved != 33 {
			t.Errorf("%+v", j)
		}
		if n := len(w.asked("import")); n != 1 {
			t.Errorf("it was made %d times", n)
		}
	})
}

// tool puts a program into the path.
func tool(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestABootstrapRunsTheDistrosTool(t *testing.T) {
	tool(t, "fakestrap", `echo "I: $*"; for a in "$@"; do case $a in *.tar) echo rootfs >"$a" ;; esac; done`)
	var log bytes.Buffer
	r, err := run.BootstrapHere(t.Context(), plan.Bootstrap{Tool: "fakestrap", Suite: "sid", CheckValidUntil: true}, "linux/amd64", &log)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // read only
	if text, err := io.ReadAll(r); string(text) != "rootfs\n" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	if !strings.HasPrefix(log.String(), "I: --variant=minbase --architectures=amd64 sid ") {
		t.Errorf("log %q", &log)
	}
}

func TestABootstrapThatFailsSaysHow(t *testing.T) {
	tool(t, "fakestrap", "echo E: no such suite >&2; exit 25")
	var log bytes.Buffer
	_, err := run.BootstrapHere(t.Context(), plan.Bootstrap{Tool: "fakestrap"}, "linux/amd64", &log)
	if err == nil || err.Error() != "fakestrap: exit status 25" || log.String() != "E: no such suite\n" {
		t.Errorf("%v, log %q", err, &log)
	}
}

// Its children hold its output; whoever waits for that would wait for them.
func TestABootstrapEndsWithItsChildren(t *testing.T) {
	tool(t, "fakestrap", "sleep 1000 & echo started; wait")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log := &transcript{}
	log.when("started", cancel)
	_, err := run.BootstrapHere(ctx, plan.Bootstrap{Tool: "fakestrap"}, "linux/amd64", log)
	if err == nil {
		t.Error("it ended well")
	}
}
