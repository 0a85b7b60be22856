package run_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// given is a world whose one package is finished.
func given(t *testing.T, open func(name string) (io.ReadCloser, error)) *world {
	t.Helper()
	w := newWorld(t, "debian-12")
	w.in.Source.Packages = nil
	w.in.Settings.Packages = map[string]settings.Package{"greeter": {Finished: settings.Origins{"dist"}}}
	w.in.Finished = map[plan.Origin][]string{{Setting: "packages.greeter", Format: "deb", Where: "dist"}: {"dist/greeter_1.4.0_amd64.deb"}}
	w.o.Source = func(io.Writer) error { return errors.New("nothing is built of it") }
	w.o.Finished = func(_ context.Context, name, format string) (io.ReadCloser, error) { return open(name) }
	return w
}

func TestFinishedPackagesAreHandedOverAsBuiltOnesAre(t *testing.T) {
	w := given(t, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("content of " + name)), nil
	})
	w.rule(enginetest.Rule{Match: "<index>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		text, err := c.ReadFile("/build/out/greeter/greeter_1.4.0_amd64.deb")
		if err != nil || text != "content of dist/greeter_1.4.0_amd64.deb" {
			t.Errorf("%q, %v", text, err)
		}
		c.WriteFile("/build/out/greeter/Packages", "the index")
		return engine.Exit{}, c.Print("package greeter 1.4.0 amd64 greeter_1.4.0_amd64.deb\n", "")
	}})
	w.rule(enginetest.Rule{Match: "<install>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		if _, err := c.ReadFile(c.Getenv("DP_REPO") + "/greeter/greeter_1.4.0_amd64.deb"); err != nil {
			t.Error(err)
		}
		return engine.Exit{}, nil
	}})
	got := w.run(t.Context())
	if got.Outcome != result.Passed || len(got.Packages) != 1 || got.Packages[0].Name != "greeter" {
		t.Errorf("%s: %+v", got.Outcome, got.Packages)
	}
	w.says("greeter_1.4.0_amd64.deb (39 B, sha256 c7ec8cce")
	if text := w.file("debian-12/greeter_1.4.0_amd64.deb"); text != "content of dist/greeter_1.4.0_amd64.deb" {
		t.Errorf("handed over %q", text)
	}
}

// broken off is a stream that ends with an error.
type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenOff) Close() error             { return nil }

func TestFinishedPackagesThatCannotBeHad(t *testing.T) {
	for name, c := range map[string]struct {
		stream io.ReadCloser
		err    error
		want   result.Outcome
		reason string
	}{
		"not there":  {nil, fs.ErrNotExist, result.Failed, "file does not exist"},
		"no network": {nil, errors.New("download: no route"), result.Fault, "download: no route"},
		"broken off": {brokenOff{}, nil, result.Fault, "come by greeter_1.4.0_amd64.deb: unexpected EOF"},
	} {
		w := given(t, func(string) (io.ReadCloser, error) { return c.stream, c.err })
		got := w.run(t.Context())
		if p := phaseOf(t, got, "debian-12/fetch/greeter", "fetch"); p.Outcome != c.want || p.Reason != c.reason {
			t.Errorf("%s: %s: %s", name, p.Outcome, p.Reason)
		}
		if j := jobOf(t, got, "debian-12/test"); j.Outcome != result.Skipped {
			t.Errorf("%s: tested: %s", name, j.Outcome)
		}
	}
}

func TestNoneForThisMachineIsTold(t *testing.T) {
	w := given(t, func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil })
	w.rule(enginetest.Rule{Match: "<index>"})
	p := phaseOf(t, w.run(t.Context()), "debian-12/fetch/greeter", "fetch")
	if p.Outcome != result.Failed || p.Reason != "none of the finished packages is for this machine" || p.Problem.Hint == "" {
		t.Errorf("%s: %+v", p.Outcome, p.Problem)
	}
}
