package run_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// distant is an engine to which everything takes its time: half of what moves
// has come when look is called.
type distant struct {
	*enginetest.Fake
	takes time.Duration
	look  func()
	err   error
}

func (d distant) Pull(ctx context.Context, p engine.Pull, progress func(done, total int64)) (engine.Image, error) {
	progress(38_200_000, 112_000_000)
	d.pass()
	progress(112_000_000, 112_000_000)
	i, err := d.Fake.Pull(ctx, p, nil)
	return i, errors.Join(err, d.err)
}

func (d distant) CopyIn(ctx context.Context, id engine.ID, dir string, tar io.Reader) error {
	if dir != "/build/source" {
		return d.Fake.CopyIn(ctx, id, dir, tar)
	}
	return d.Fake.CopyIn(ctx, id, dir, d.half(tar))
}

func (d distant) CopyOut(ctx context.Context, id engine.ID, path string) (io.ReadCloser, error) {
	stream, err := d.Fake.CopyOut(ctx, id, path)
	if err != nil || !strings.HasPrefix(path, "/build/out") {
		return stream, err
	}
	text, err := io.ReadAll(stream)
	return io.NopCloser(io.MultiReader(bytes.NewReader(text[:1024]), &pausing{d}, bytes.NewReader(text[1024:]))), err
}

func (d distant) Import(ctx context.Context, ref, platform string, labels map[string]string, rootfs io.Reader) (engine.Image, error) {
	return d.Fake.Import(ctx, ref, platform, labels, d.half(rootfs))
}

// half is a stream of which the first kilobyte comes at once.
func (d distant) half(r io.Reader) io.Reader {
	return io.MultiReader(io.LimitReader(r, 1024), &pausing{d}, r)
}

// pausing holds nothing, and takes its time over it.
type pausing struct{ distant }

func (p *pausing) Read([]byte) (int, error) {
	p.pass()
	return 0, io.EOF
}

func (d distant) pass() {
	<-time.After(d.takes)
	synctest.Wait()
	d.look()
}

func TestATerminalShowsHowFarThingsAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		screen, looks := newTerminal(w, 200, 60), ""
		w.engine = distant{w.fake, 12 * time.Second, func() { looks += "\n" + screen.shown() }, nil}
		if got := w.run(t.Context()); got.Outcome != result.Passed {
			t.Fatalf("the run: %s %s", got.Outcome, got.Reason)
		}
		for _, row := range []string{
			`^ 0:12 debian-12 image        pulling debian-12:latest  38\.2 MB of 112\.0 MB$`,
			`^ 0:12 debian-12 build        copy in the source tree to /build/source  1 kB of 2 kB$`,
			`^ \d:\d\d debian-12 build        handing over /build/out/greeter  1 kB$`,
		} {
			if !regexp.MustCompile("(?m)" + row).MatchString(looks) {
				t.Errorf("want %s in:\n%s", row, looks)
			}
		}
		for _, left := range []string{"of 112.0 MB", "1 kB of"} {
			if strings.Contains(screen.shown(), left) {
				t.Errorf("%q is left on the screen:\n%s", left, screen.shown())
			}
		}
		for _, line := range []string{
			"00:12 debian-12 image        pulled debian-12:latest: 112.0 MB in 12.0s",
			"debian-12 build        copy in the source tree to /build/source: 2 kB in 12.0s",
		} {
			if !strings.Contains(screen.shown(), line) {
				t.Errorf("want %q in:\n%s", line, screen.shown())
			}
		}
	})
}

// CI systems keep every line: one in the beginning, one in the end, and one in
// each half minute between.
func TestALogTellsHowFarALongPullIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.engine = distant{w.fake, 65 * time.Second, func() {}, nil}
		w.run(t.Context())
		want := []string{
			"00:00 debian-12 image        pulling debian-12:latest",
			"00:30 debian-12 image        … pulling debian-12:latest  38.2 MB of 112.0 MB",
			"01:00 debian-12 image        … pulling debian-12:latest  38.2 MB of 112.0 MB",
			"01:05 debian-12 image        pulled debian-12:latest: 112.0 MB in 65.0s",
		}
		if d := cmp.Diff(want, w.console.lines("debian-12:latest")); d != "" {
			t.Error(d)
		}
	})
}

func TestABootstrapTellsWhatItMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		screen, looks := newTerminal(w, 200, 60), ""
		w.in.Settings.ImageSource = "bootstrap"
		w.o.Bootstrap = func(context.Context, plan.Bootstrap, string, io.Writer) (io.ReadCloser, error) {
			<-time.After(20 * time.Second)
			f, err := os.CreateTemp(t.TempDir(), "rootfs")
			if err == nil {
				err = sourceTar(f)
			}
			if err == nil {
				_, err = f.Seek(0, io.SeekStart)
			}
			return f, err
		}
		w.engine = distant{w.fake, 10 * time.Second, func() { looks += "\n" + screen.shown() }, nil}
		w.run(t.Context())
		if want := "debian-12 image        importing debian-12  1 kB of 2 kB"; !strings.Contains(looks, want) {
			t.Errorf("want %q in:\n%s", want, looks)
		}
		if want := "00:30 debian-12 image        made debian-12: 2 kB in 30.0s"; !strings.Contains(screen.shown(), want) {
			t.Errorf("want %q in:\n%s", want, screen.shown())
		}
	})
}

func TestWhatDidNotMoveIsNotSaidToHave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.engine = distant{w.fake, time.Second, func() {}, errors.New("no room")}
		w.run(t.Context())
		if text := w.console.String(); strings.Contains(text, "pulled") || !strings.Contains(text, "no room") {
			t.Errorf("%s", text)
		}
	})
	w := newWorld(t, "debian-12")
	w.fake.Fails = []enginetest.Failure{{Call: "copyin drone-packages-k7q2-debian-12-build", Err: errors.New("no room")}}
	w.run(t.Context())
	if log := w.file("debian-12/build-greeter.log"); strings.Contains(log, " in 0.") || !strings.Contains(log, "no room") {
		t.Errorf("%s", log)
	}
}
