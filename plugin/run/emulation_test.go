package run_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// twoPlatforms is a world of one distro on the host's platform and on another.
func twoPlatforms(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "debian-12")
	w.in.Distros = append(w.in.Distros, w.in.Distros[0].On("linux/arm64"))
	return w
}

func TestAnEmulatedPlatformIsTriedOnceWithOurOwnProgram(t *testing.T) {
	w := twoPlatforms(t)
	w.in.Distros = append(w.in.Distros, w.in.Distros[1])
	w.in.Distros[2].Name = "debian-13-arm64"
	w.fake.Mains = []enginetest.Main{{Match: "agent version", Ends: true}}
	got := w.run(t.Context())
	if got.Outcome != result.Passed {
		t.Errorf("%s: %s", got.Outcome, got.Reason)
	}
	tries := 0
	for _, line := range w.fake.Journal() {
		if strings.HasPrefix(line, "import drone-packages/platform") {
			tries++
		}
	}
	if tries != 1 {
		t.Errorf("tried %d times:\n%s", tries, strings.Join(w.fake.Journal(), "\n"))
	}
	for _, j := range got.Jobs {
		if want := strings.HasSuffix(j.Distro, "-arm64"); (j.Platform == "linux/arm64") != want {
			t.Errorf("%s is done on %s", j.Name, j.Platform)
		}
	}
}

func TestAPlatformThatTheHostDoesNotRunIsAFault(t *testing.T) {
	const says = "this fake host (linux/amd64) does not run programs for linux/arm64: register an emulator for them on it " +
		"(Debian: the packages qemu-user-static and binfmt-support), or leave linux/arm64 out of platforms: "
	for name, c := range map[string]struct {
		change func(*world)
		want   string
	}{
		"it ends badly": {func(w *world) {
			w.fake.Mains = []enginetest.Main{{Match: "agent version", Ends: true, ExitCode: 1}}
		}, says + "our own program ended with exit code 1"},
		"it does not start": {func(w *world) {
			w.fake.Fails = []enginetest.Failure{{Call: "start drone-packages-k7q2-platform", Err: fmt.Errorf("%w: exec format error", engine.ErrRefused)}}
		}, says + "start drone-packages-k7q2-platform-linux-arm64/platform"},
		"no program for it": {func(w *world) {
			w.o.Agent = func(platform string) (io.ReadCloser, error) {
				if platform == "linux/arm64" {
					return nil, errors.New("there is none")
				}
				return io.NopCloser(strings.NewReader("the agent")), nil
			}
		}, "linux/arm64: there is none"},
	} {
		t.Run(name, func(t *testing.T) {
			w := twoPlatforms(t)
			c.change(w)
			got := w.run(t.Context())
			for _, j := range got.Jobs {
				if j.Name == "debian-12-arm64/image" && (j.Outcome != result.Fault || !strings.HasPrefix(j.Reason, c.want)) {
					t.Errorf("%s: %s\nwant %s", j.Outcome, j.Reason, c.want)
				}
				if j.Distro == "debian-12" && j.Outcome != result.Passed {
					t.Errorf("%s: %s", j.Name, j.Outcome)
				}
			}
			if left, err := w.fake.Find(t.Context(), "", map[string]string{engine.LabelGroup: "drone-packages-k7q2-platform-linux-arm64"}); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
