package check

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// probing is what the agent answers to a probe.
func probing(t *testing.T, p *Probing) []Answer {
	t.Helper()
	text, err := json.Marshal(Request{Question: Probe, Probe: p})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Serve(t.Context(), bytes.NewReader(text), &out); err != nil {
		t.Fatal(err)
	}
	var all []Answer
	if err := Read(&out, func(a Answer) { all = append(all, a) }); err != nil || len(all) != 1 {
		t.Fatalf("%v: %+v", err, all)
	}
	return all
}

func TestProbes(t *testing.T) {
	mux := http.NewServeMux()
	status := func(path string, code int) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	status("/fine", http.StatusNoContent)
	status("/busy", http.StatusServiceUnavailable)
	status("/none", http.StatusNotFound)
	// Where it points to is nothing to this machine.
	mux.Handle("/moved", http.RedirectHandler("http://localhost:1/", http.StatusFound))
	server := httptest.NewServer(mux)
	defer server.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTP_PROXY", "http://"+nobody) // is not asked
	here := server.Listener.Addr().String()
	for name, c := range map[string]struct {
		probe Probing
		found string
	}{
		"tcp":          {Probing{"tcp", here}, ""},
		"tcp, nobody":  {Probing{"tcp", nobody}, "connection refused"},
		"tcp, no host": {Probing{"tcp", "no-such-host.invalid:80"}, "no-such-host.invalid"},
		"http":         {Probing{"http", "http://" + here + "/fine"}, ""},
		"http, moved":  {Probing{"http", "http://" + here + "/moved"}, ""},
		"http, busy":   {Probing{"http", "http://" + here + "/busy"}, "it answers 503 Service Unavailable"},
		"http, none":   {Probing{"http", "http://" + here + "/none"}, "it answers 404 Not Found"},
		"http, nobody": {Probing{"http", "http://" + nobody + "/"}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			got := probing(t, &c.probe)[0].Check
			if got == nil || got.Kind != c.probe.Kind || got.Subject != c.probe.Target || got.Attribute != "reachable" {
				t.Fatalf("got %+v", got)
			}
			want := result.Passed
			if c.found != "" {
				want = result.Failed
			}
			if got.Outcome != want || !strings.Contains(got.Found, c.found) {
				t.Errorf("%s: %s", got.Outcome, got.Found)
			}
		})
	}
}

// What will not pass with time is a fault, so that nobody waits for it.
func TestProbesThatCannotHoldAreFaults(t *testing.T) {
	for want, p := range map[string]*Probing{
		"probe: a probe of what?":                                  nil,
		`probe: no probe of kind "icmp" is known`:                  {"icmp", "x"},
		`probe: parse "http://x:80/%zz": invalid URL escape "%zz"`: {"http", "http://x:80/%zz"},
		`probe: parse "http://x:a/": invalid port ":a" after host`: {"http", "http://x:a/"},
	} {
		if got := probing(t, p)[0].Fault; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
