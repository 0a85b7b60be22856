package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
)

var errBusy = fmt.Errorf("%w: 503 Service Unavailable", engine.ErrTransient)

// baseJob is a job that comes by a base image of a registry.
func baseJob(t *testing.T, f *enginetest.Fake) (*job, *strings.Builder) {
	t.Helper()
	l, _, _ := testLog(t)
	var console strings.Builder
	l.console.w = &console
	f.Registry = map[string]engine.Image{"registry.example/debian:12": {ID: "sha256:1", Platform: "linux/amd64"}}
	r := &runner{engine: f, console: l.console, o: Options{Now: time.Now}}
	return &job{runner: r, log: l, Job: plan.Job{
		Name: "debian-12/base", Platform: "linux/amd64",
		Base: &plan.Base{Ref: "registry.example/debian:12", Pull: "always"},
	}}, &console
}

// pulls are the pulls that the engine was asked for.
func pulls(f *enginetest.Fake) int {
	n := 0
	for _, line := range f.Journal() {
		if strings.HasPrefix(line, "pull ") {
			n++
		}
	}
	return n
}

func TestPullIsTriedAgainWhereThatMayHelp(t *testing.T) {
	for _, tt := range []struct {
		name      string
		err       error
		times     int
		bootstrap bool
		pulls     int
		passes    bool
		least     time.Duration
	}{
		{"at once", nil, 0, false, 1, true, 0},
		{"after one", errBusy, 1, false, 2, true, time.Second / 2},
		{"after three", errBusy, 3, false, 4, true, 6 * time.Second},
		{"never", errBusy, 0, false, 4, false, 6 * time.Second},
		{"never, and there is a mirror", errBusy, 0, true, 2, false, time.Second / 2},
		{"no such image", engine.ErrNoImage, 0, false, 1, false, 0},
		{"other credentials", engine.ErrUnauthorized, 0, false, 1, false, 0},
		{"what is not known", errors.New("x509: certificate signed by unknown authority"), 0, false, 1, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &enginetest.Fake{}
				if tt.err != nil {
					f.Fails = []enginetest.Failure{{Call: "pull", Err: tt.err, Times: tt.times}}
				}
				j, console := baseJob(t, f)
				if tt.bootstrap {
					j.Base.Bootstrap = &plan.Bootstrap{}
				}
				begin := time.Now()
				i, err := j.fromRegistry(t.Context())
				took := time.Since(begin)
				if tt.passes != (err == nil) || tt.passes != (i.ID == "sha256:1") {
					t.Errorf("got %+v, %v", i, err)
				}
				if err != nil && !errors.Is(err, tt.err) {
					t.Errorf("the error is another: %v", err)
				}
				if n := pulls(f); n != tt.pulls {
					t.Errorf("%d pulls, want %d", n, tt.pulls)
				}
				if took < tt.least || took > 4*tt.least {
					t.Errorf("it took %s", took)
				}
				if n := strings.Count(console.String(), "503 Service Unavailable; once more in"); n != tt.pulls-1 {
					t.Errorf("%d words of it:\n%s", n, console)
				}
			})
		})
	}
}

func TestPullAsTheSettingsUserOnlyWhereThePlanSaysSo(t *testing.T) {
	for login, want := range map[bool]string{true: " as me", false: " for linux/amd64"} {
		f := &enginetest.Fake{}
		j, _ := baseJob(t, f)
		j.o.Login = &engine.Login{Username: "me", Password: "secret"}
		j.Base.Login = login
		if _, err := j.fromRegistry(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := f.Journal()[0]; !strings.HasSuffix(got, want) {
			t.Errorf("login %t: %s", login, got)
		}
	}
}

func TestPullIsNotTriedAgainWhenTheRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &enginetest.Fake{Fails: []enginetest.Failure{{Call: "pull", Err: errBusy}}}
		j, _ := baseJob(t, f)
		ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errFailFast)
		defer cancel()
		if _, err := j.fromRegistry(ctx); !errors.Is(err, errFailFast) {
			t.Errorf("got %v", err)
		}
		if n := pulls(f); n != 1 {
			t.Errorf("%d pulls", n)
		}
	})
}

// Both ways to an image failed: both reasons are told, in one line.
func TestNoImageFromAnywhereSaysBothReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &enginetest.Fake{Fails: []enginetest.Failure{{Call: "pull", Err: errBusy}}}
		j, _ := baseJob(t, f)
		j.Base.Bootstrap = &plan.Bootstrap{Suite: "bookworm"}
		j.images = map[string]engine.Image{}
		j.o.Bootstrap = func(context.Context, plan.Bootstrap, string, io.Writer) (io.ReadCloser, error) {
			return nil, errors.New("no such tool")
		}
		_, err := j.findBase(t.Context())
		words := []string{"pull registry.example/debian:12", "503 Service Unavailable; and from the mirror: bootstrap bookworm: no such tool"}
		missing := slices.DeleteFunc(words, func(w string) bool { return strings.Contains(fmt.Sprint(err), w) })
		if len(missing) > 0 || strings.Contains(fmt.Sprint(err), "\n") {
			t.Errorf("want %q in %v", missing, err)
		}
	})
}
