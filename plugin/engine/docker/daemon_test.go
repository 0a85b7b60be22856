package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// standIn answers as a Docker daemon would; it is none. It is for what a real
// one cannot be made to do at will.
type standIn struct {
	mu    sync.Mutex
	asked []string
	over  chan struct{} // closed when the test is over
}

// silence is an answer that does not come.
type silence struct{}

// newStandIn is an engine on a stand-in that speaks an API version and has
// answers by "METHOD /path", without the version: text is a JSON body.
func newStandIn(t *testing.T, api string, answers map[string]any) (*Engine, *standIn) {
	t.Helper()
	d := &standIn{over: make(chan struct{})}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", api)
		path := r.URL.Path
		if i := strings.Index(path, "/v1."); i == 0 {
			path = path[strings.Index(path[1:], "/")+1:]
		}
		d.mu.Lock()
		d.asked = append(d.asked, r.Method+" "+r.URL.Path)
		d.mu.Unlock()
		switch a := answers[r.Method+" "+path].(type) {
		case func(http.ResponseWriter, *http.Request):
			a(w, r)
		case silence:
			<-d.over
		case int:
			refuse(w, a, "no, as told")
		case nil:
			if path != "/_ping" {
				refuse(w, http.StatusNotFound, "nothing at "+path)
			}
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(a) // the client hears or it does not
		}
	}))
	t.Cleanup(s.Close)
	e := openHere(t, Options{Host: "tcp://" + s.Listener.Addr().String()})
	t.Cleanup(func() { close(d.over) })
	return e, d
}

func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text}) // as above
}

// times is how often something was asked.
func (d *standIn) times(request string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, a := range d.asked {
		if strings.Contains(a, request) {
			n++
		}
	}
	return n
}

type object = map[string]any

var plainDaemon = map[string]any{
	"GET /info":    object{"NCPU": 2, "MemTotal": 1 << 30, "OperatingSystem": "stand-in", "CgroupVersion": "2"},
	"GET /version": object{"Version": "99.1", "Os": "linux", "Arch": "amd64"},
}

func TestAPIVersionsAreAgreedOn(t *testing.T) {
	for _, tt := range []struct{ daemon, want, path string }{
		{"1.41", "1.41", "/v1.41/info"},
		{"1.45", "1.45", "/v1.45/info"},
		{"1.55", "1.51", "/v1.51/info"}, // ours is the older one
	} {
		t.Run(tt.daemon, func(t *testing.T) {
			// Of users who have it for another client.
			t.Setenv("DOCKER_API_VERSION", "1.24")
			e, d := newStandIn(t, tt.daemon, plainDaemon)
			h, err := e.Host(t.Context())
			if err != nil || h.API != tt.want || d.times(tt.path) != 1 {
				t.Errorf("API %s, %v, asked %q", h.API, err, d.asked)
			}
		})
	}
	t.Run("too old", func(t *testing.T) {
		e, _ := newStandIn(t, "1.40", plainDaemon)
		_, err := e.Host(t.Context())
		want := "speaks API 1.40; 1.41 is the oldest that will do (Docker 20.10): update it"
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, engine.ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	})
}

// A container can end between the making of a command and its start.
func TestExecInAContainerThatEndsJustNow(t *testing.T) {
	for _, tt := range []struct {
		name     string
		start    int
		running  any
		wantGone bool
	}{
		{"it ended", http.StatusConflict, object{"State": object{"Running": false}}, true},
		{"it is removed", http.StatusNotFound, http.StatusNotFound, true},
		{"it runs", http.StatusInternalServerError, object{"State": object{"Running": true}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := newStandIn(t, "1.41", map[string]any{
				"POST /containers/c/exec": object{"Id": "x"}, "POST /exec/x/start": tt.start, "GET /containers/c/json": tt.running,
			})
			_, err := e.Exec(t.Context(), "c", engine.Cmd{Args: []string{"true"}})
			if errors.Is(err, engine.ErrGone) != tt.wantGone || !strings.Contains(fmt.Sprint(err), fmt.Sprint(tt.start)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestExecEndsWithItsContextWhileTheDaemonIsSilent(t *testing.T) {
	for _, call := range []string{"POST /containers/c/exec", "POST /exec/x/start", "GET /exec/x/json"} {
		t.Run(call, func(t *testing.T) {
			answers := map[string]any{"POST /containers/c/exec": object{"Id": "x"}, "POST /exec/x/start": upgradeAndEnd}
			answers[call] = silence{}
			e, d := newStandIn(t, "1.41", answers)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := e.Exec(ctx, "c", engine.Cmd{Args: []string{"true"}})
			if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
				t.Errorf("after %s: %v", took, err)
			}
			if _, path, _ := strings.Cut(call, " "); d.times(path) != 1 {
				t.Errorf("asked %q", d.asked)
			}
		})
	}
}

// upgradeAndEnd is a command without output. The request is read first: a
// connection that is closed with some of it unread is reset.
func upgradeAndEnd(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // what is amiss with it shows in what follows
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = fmt.Fprint(c, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	_ = c.Close() // a command that prints nothing
}

// A command that is not known to have ended has no exit code, even where the
// daemon says 0.
func TestExecWaitsUntilTheDaemonKnowsTheExitCode(t *testing.T) {
	asked := 0
	e, _ := newStandIn(t, "1.41", map[string]any{
		"POST /containers/c/exec": object{"Id": "x"}, "POST /exec/x/start": upgradeAndEnd,
		"GET /exec/x/json": func(w http.ResponseWriter, _ *http.Request) {
			asked++
			state := object{"Running": asked < 3, "ExitCode": 0}
			if asked >= 3 {
				state["ExitCode"] = 4
			}
			_ = json.NewEncoder(w).Encode(state) // the client hears or it does not
		},
	})
	exit, err := e.Exec(t.Context(), "c", engine.Cmd{Args: []string{"false"}})
	if err != nil || exit.Code != 4 {
		t.Errorf("exit %d, %v", exit.Code, err)
	}
}

func TestAwaitEnd(t *testing.T) {
	running := object{"State": object{"Running": true}}
	t.Run("of what is not known", func(t *testing.T) {
		e, _ := newStandIn(t, "1.41", nil)
		if err := e.AwaitEnd(t.Context(), "c"); err != nil {
			t.Error(err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		e, _ := newStandIn(t, "1.41", map[string]any{
			"GET /containers/c/json":  running,
			"POST /containers/c/wait": silence{},
		})
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if err := e.AwaitEnd(ctx, "c"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("when the connection is cut and the daemon errs", func(t *testing.T) {
		asked := 0
		e, d := newStandIn(t, "1.41", map[string]any{
			"GET /containers/c/json": func(w http.ResponseWriter, _ *http.Request) {
				asked++
				switch asked {
				case 1:
					_ = json.NewEncoder(w).Encode(running) // the client hears or it does not
				case 2:
					refuse(w, http.StatusInternalServerError, "restarting")
				default:
					refuse(w, http.StatusNotFound, "No such container: c")
				}
			},
			"POST /containers/c/wait": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		})
		if err := e.AwaitEnd(t.Context(), "c"); err != nil || d.times("/containers/c/json") != 3 {
			t.Errorf("%v, asked %q", err, d.asked)
		}
	})
}

// self is our container with the socket mounted.
func self(mounts ...object) object {
	return object{"Config": object{"User": "1000"}, "HostConfig": object{"GroupAdd": []string{"999"}}, "Mounts": mounts}
}

func TestGuardThatCannotStartLeavesNothing(t *testing.T) {
	socket := object{"Type": "bind", "Source": "/run/docker.sock", "Destination": "/var/run/docker.sock"}
	e, d := newStandIn(t, "1.41", map[string]any{
		"GET /containers/me/json": self(socket), "POST /containers/create": object{"Id": "w"},
		"POST /containers/w/start": http.StatusInternalServerError, "DELETE /containers/w": object{},
	})
	e.host = defaultHost
	_, err := e.Guard(t.Context(), engine.Host{Self: "me", SelfImage: "i"}, "run", []string{"/bin/x"})
	if err == nil || err.Error() != "start the watchdog: Error response from daemon: no, as told" {
		t.Errorf("got %v", err)
	}
	if d.times("DELETE /v1.41/containers/w") != 1 {
		t.Errorf("asked %q", d.asked)
	}
}

func TestGuardWithoutAWaySaysWhy(t *testing.T) {
	e, _ := newStandIn(t, "1.41", map[string]any{"GET /containers/me/json": self()})
	for _, tt := range []struct{ host, self, want string }{
		{"tcp://127.0.0.1:2376", "me", "the daemon is reached by tcp://127.0.0.1:2376, which a sibling may not reach"},
		{defaultHost, "me", "/var/run/docker.sock is no mount of our container"},
		{defaultHost, "other", "look at our own container: Error response from daemon: nothing at /containers/other/json"},
	} {
		e.host = tt.host
		if _, err := e.Guard(t.Context(), engine.Host{Self: tt.self}, "run", nil); err == nil || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

func TestSweepsTakeWatchdogsThatWatchNothing(t *testing.T) {
	watchdog := func(id, state, owner string) object {
		return object{"Id": id, "Names": []string{"/" + id}, "State": state, "Labels": object{labelWatchdog: "r", engine.LabelOwner: owner}}
	}
	list := func(w http.ResponseWriter, r *http.Request) {
		all := []object{}
		if strings.Contains(r.URL.Query().Get("filters"), labelWatchdog) {
			all = []object{
				watchdog("watches", "running", "lives"), watchdog("begins", "created", "lives"), watchdog("works", "running", "gone"),
				watchdog("never-began", "created", "gone"), watchdog("ended", "exited", "gone"),
			}
		}
		_ = json.NewEncoder(w).Encode(all) // the client hears or it does not
	}
	answers := map[string]any{"GET /containers/json": list, "GET /networks": []object{}, "GET /volumes": object{}, "GET /images/json": []object{}}
	answers["GET /containers/lives/json"] = object{"State": object{"Running": true}}
	for _, id := range []string{"watches", "begins", "works", "never-began", "ended"} {
		answers["DELETE /containers/"+id] = object{}
	}
	for _, tt := range []struct {
		name string
		w    engine.Which
		want []string
	}{
		{"orphans", engine.Which{Orphans: true}, []string{"container never-began", "container ended"}},
		{"all", engine.Which{All: true}, []string{"container watches", "container begins", "container works", "container never-began", "container ended"}},
		{"a run", engine.Which{Run: "r"}, nil},
		{"what expired", engine.Which{ExpiredAt: time.Now()}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := newStandIn(t, "1.41", answers)
			got, err := e.Sweep(t.Context(), tt.w)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// An owner that nobody verified is none, and nothing is an orphan because the
// daemon did not answer.
func TestOrphansHaveAnOwnerThatIsKnownToBeGone(t *testing.T) {
	e, _ := newStandIn(t, "1.41", map[string]any{
		"GET /containers/runs/json": object{"State": object{"Running": true}}, "GET /containers/ended/json": object{"State": object{}},
		"GET /containers/errs/json": http.StatusInternalServerError,
	})
	for owner, want := range map[string]bool{"": false, "runs": false, "errs": false, "ended": true, "removed": true} {
		labels := map[string]string{engine.LabelRun: "r", engine.LabelOwner: owner}
		if got := e.orphaned(t.Context(), thing{labels: labels}, map[string]bool{}); got != want {
			t.Errorf("owner %q: %t", owner, got)
		}
		labels[engine.LabelKeep] = "1"
		if e.orphaned(t.Context(), thing{labels: labels}, map[string]bool{}) {
			t.Errorf("owner %q: a kept thing is an orphan", owner)
		}
	}
}

// What the daemon is asked for, in words of its API.
func TestContainersAreMadeWithTheirPlatform(t *testing.T) {
	var query string
	e, _ := newStandIn(t, "1.41", map[string]any{
		"POST /containers/create": func(w http.ResponseWriter, r *http.Request) {
			query = r.URL.Query().Get("platform")
			refuse(w, http.StatusNotFound, "image with reference i was found but does not match the specified platform")
		},
	})
	_, err := e.Start(t.Context(), engine.Group{Name: "g"}, engine.Spec{Name: "n", Image: "i", Platform: "linux/arm64/v8"})
	if query != "linux/arm64/v8" || !errors.Is(err, engine.ErrNoImage) {
		t.Errorf("platform %q, %v", query, err)
	}
}

func TestGuardThatHasNoWayIsKnownBefore(t *testing.T) {
	socket := object{"Type": "bind", "Source": "/run/docker.sock", "Destination": "/var/run/docker.sock"}
	for want, mounts := range map[string]object{
		"<nil>": self(socket), "/var/run/docker.sock is no mount of our container": self(),
	} {
		e, d := newStandIn(t, "1.41", map[string]any{"GET /containers/me/json": mounts})
		e.host = defaultHost
		if err := e.CanGuard(t.Context(), engine.Host{Self: "me"}); fmt.Sprint(err) != want || d.times("POST") > 0 {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// A registry that says for which platforms an image is, and one that does not.
func TestWhatIsOfferedForAPlatform(t *testing.T) {
	platform := func(os, arch string) object { return object{"os": os, "architecture": arch} }
	for name, tt := range map[string]struct {
		platforms []object
		want      string
	}{
		"for it":         {[]object{platform("linux", "arm64"), platform("linux", "s390x")}, ""},
		"for others":     {[]object{platform("linux", "arm64"), platform("linux", "arm"), platform("linux", "arm")}, "no such image: x:1 is for linux/arm64, linux/arm, not for linux/s390x"},
		"it is not said": {nil, ""},
	} {
		e, _ := newStandIn(t, "1.41", map[string]any{"GET /distribution/x:1/json": object{"Platforms": tt.platforms}})
		err := e.Offers(t.Context(), engine.Pull{Ref: "x:1", Platform: "linux/s390x"})
		if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
