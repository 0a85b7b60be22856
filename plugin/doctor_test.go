package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/run"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// examine looks at a fake engine, on which our own program says that 7 of 9
// bytes are free.
func examine(t *testing.T, f *enginetest.Fake, c checkup) sight {
	t.Helper()
	if f.Mains == nil {
		f.Mains = []enginetest.Main{{Match: "agent space", Ends: true, Logs: "7 9\n"}, {Match: "version", Ends: true}, {Match: "agent control-groups", Ends: true}}
	}
	x := examiner{
		engine: f, run: "k7q2", login: &engine.Login{Username: "me"},
		guard: func(context.Context, engine.Host) error { return errors.New("no mount") },
		agent: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("program")), nil },
		tool:  func(string) error { return errors.New("none") },
	}
	s := x.look(t.Context(), c)
	if left := f.Left(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	return s
}

// images are a checkup of jobs that come by images.
func images(bases ...plan.Base) checkup {
	c := checkup{now: noon, host: engine.Host{Name: "docker", Version: "28.5", Platform: "linux/amd64", Cgroup: "2"}}
	for i := range bases {
		c.planned.Jobs = append(c.planned.Jobs, plan.Job{Name: fmt.Sprint(i), Distro: "d", Platform: "linux/amd64", Base: &bases[i]})
	}
	return c
}

func TestAnEngineIsAskedForRoomAndRights(t *testing.T) {
	f := &enginetest.Fake{Refuses: []string{"writable-cgroups=true"}}
	s := examine(t, f, images())
	if s.trial.err != nil || s.trial.free != 7 || s.trial.size != 9 || s.unguarded != nil {
		t.Errorf("%+v", s)
	}
	if r := s.trial.rungs; len(r) != 3 || !errors.Is(r[0].err, engine.ErrRefused) || !r[1].tried || r[1].err != nil || r[2].tried {
		t.Errorf("%+v", r)
	}
}

// Rights may be granted and not be enough.
func TestARungIsOneThatMakesControlGroups(t *testing.T) {
	f := &enginetest.Fake{Mains: []enginetest.Main{
		{Match: "agent space", Ends: true, Logs: "7 9\n"}, {Match: "control-groups --mount=true", Ends: true},
		{Match: "control-groups --mount=false", Ends: true, ExitCode: 3, Logs: "drone-packages: no control groups can be made: read-only\n"},
	}}
	r := examine(t, f, images()).trial.rungs
	const want = "our own program ended with exit code 3: drone-packages: no control groups can be made: read-only"
	if len(r) != 3 || r[0].err == nil || r[0].err.Error() != want || r[1].err != nil || r[2].tried {
		t.Errorf("%+v", r)
	}
}

// Where they are made: watchdog_test.go.
func TestADirectoryIsNoControlGroup(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{dir: "cgroup.procs: no such file", filepath.Join(dir, "none"): "none"} {
		err := tryControlGroups(name, false)
		if err == nil || !strings.HasPrefix(err.Error(), "no control groups can be made: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := tryControlGroups(filepath.Join(dir, "none"), true); err == nil || !strings.HasPrefix(err.Error(), "mount control groups: ") {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsAskedOfAnEngineThatRunsNothing(t *testing.T) {
	for name, f := range map[string]*enginetest.Fake{
		"setup": {Fails: []enginetest.Failure{{Call: "setup", Err: errors.New("forbidden")}}},
		"start": {Fails: []enginetest.Failure{{Call: "start", Err: errors.New("forbidden")}}},
		"words": {Mains: []enginetest.Main{{Match: "agent space", Ends: true, Logs: "what?"}}},
	} {
		if s := examine(t, f, images()); s.trial.err == nil || s.trial.rungs[0].tried {
			t.Errorf("%s: %+v", name, s.trial)
		}
	}
}

func TestOnlyForeignPlatformsAreTried(t *testing.T) {
	c := images()
	c.settings.Platforms, c.host.Self = settings.List{"linux/amd64", "linux/arm64"}, "me"
	f := &enginetest.Fake{}
	s := examine(t, f, c)
	if err, ok := s.platforms["linux/arm64"]; !ok || err != nil || len(s.platforms) != 1 {
		t.Errorf("%v", s.platforms)
	}
	if s.unguarded == nil {
		t.Error("nobody asked for a watchdog")
	}
}

func TestRegistriesAreAskedAsARunWouldPull(t *testing.T) {
	boot := &plan.Bootstrap{Tool: "mmdebstrap", Suite: "trixie"}
	made, _ := run.BootstrapRef("d", *boot, "linux/amd64")
	f := &enginetest.Fake{
		Local: []engine.Image{
			{ID: "1", Refs: []string{"here:1"}, Platform: "linux/amd64"}, {ID: "2", Refs: []string{"other:1"}, Platform: "linux/s390x"},
			{ID: "3", Refs: []string{made}, Platform: "linux/amd64"},
		},
		Registry: map[string]engine.Image{"other:1": {}},
	}
	s := examine(t, f, images(
		plan.Base{Ref: "here:1", Pull: "if-not-exists"},
		plan.Base{Ref: "here:1", Pull: "always"},
		plan.Base{Ref: "other:1", Pull: "if-not-exists", Login: true},
		plan.Base{Ref: "none:1", Pull: "never"},
		plan.Base{Bootstrap: boot},
	))
	asked := slices.DeleteFunc(f.Journal(), func(l string) bool { return !strings.HasPrefix(l, "offers") })
	slices.Sort(asked)
	if got, want := strings.Join(asked, "; "), "offers here:1 for linux/amd64; offers other:1 for linux/amd64 as me"; got != want {
		t.Errorf("asked %s", got)
	}
	i := s.images
	if len(i) != 5 || i[0].here == nil || i[0].err != nil || !errors.Is(i[1].err, engine.ErrNoImage) || i[2].here != nil || i[2].err != nil {
		t.Fatalf("%+v", i)
	}
	if i[3].err == nil || i[3].asked || i[4].made == nil || i[4].untooled == nil {
		t.Errorf("%+v", i[3:])
	}
}

func TestWhatIsLeftIsSeenBeforeWeMakeAnything(t *testing.T) {
	f := &enginetest.Fake{}
	g := engine.Group{Name: "old", Labels: map[string]string{engine.LabelRun: "old", engine.LabelExpires: "1"}}
	if err := f.Setup(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	f.Local = []engine.Image{{ID: "1", Labels: map[string]string{engine.LabelImage: "machine"}}}
	x := examiner{engine: f}
	var s sight
	x.lookLeft(t.Context(), noon, &s)
	if got := strings.Join(s.abandoned, " "); got != "network old" || len(s.all) != 1 || len(s.ours) != 1 || s.leftErr != nil {
		t.Errorf("%+v", s)
	}
	if len(f.Left()) != 1 {
		t.Error("it is swept")
	}
	for _, call := range []string{"kept", "sweep", "find"} {
		f := &enginetest.Fake{Fails: []enginetest.Failure{{Call: call, Err: errors.New("no")}}}
		var s sight
		if (examiner{engine: f}).lookLeft(t.Context(), noon, &s); s.leftErr == nil {
			t.Errorf("%s: no error", call)
		}
	}
}

func TestProblemsAreToldApart(t *testing.T) {
	for n, err := range []error{nil, errors.New("a"), multierror.Append(nil, errors.New("a"), errors.New("b"))} {
		if got := problemsOf(err); len(got) != n {
			t.Errorf("%v: %v", err, got)
		}
	}
}

func TestRoomIsMeasured(t *testing.T) {
	var b strings.Builder
	if err := tellSpace(&b, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	var free, size int64
	if _, err := fmt.Sscan(b.String(), &free, &size); err != nil || free < 1 || size < free {
		t.Errorf("%q: %v", b.String(), err)
	}
	if err := tellSpace(&b, "/nonexistent"); err == nil || !strings.HasPrefix(err.Error(), "look how much room there is at /nonexistent") {
		t.Errorf("got %v", err)
	}
}

func TestWhereSettingsComeFrom(t *testing.T) {
	w := World{Dir: t.TempDir(), Environ: []string{"PLUGIN_DISTROS=x", "PLUGIN_ONLY=", "HOME=/"}}
	if got := w.setBy(); got != "of PLUGIN_DISTROS" {
		t.Errorf("got %q", got)
	}
	if got := (World{Dir: w.Dir}).setBy(); got != "none are set" {
		t.Errorf("got %q", got)
	}
	w.Dir = "../examples/greeter"
	if got := (World{Dir: w.Dir, Environ: []string{"PLUGIN_FILE=ci/x.yml"}}).setBy(); got != "of PLUGIN_FILE" {
		t.Errorf("got %q", got)
	}
	if got := w.setBy(); got != "of packages.yml, PLUGIN_DISTROS" {
		t.Errorf("got %q", got)
	}
}
