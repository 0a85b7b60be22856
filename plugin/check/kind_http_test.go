package check

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// webServer answers with what it was asked.
func webServer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", "today")
	w.Header().Set("X-Greeting", "hello")
	body, _ := io.ReadAll(r.Body)
	user, password, _ := r.BasicAuth()
	switch r.URL.Path {
	case "/redirect":
		http.Redirect(w, r, "/", http.StatusFound)
	case "/private":
		if user != "tester" || password != "secret" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	case "/none":
		http.NotFound(w, r)
	default:
		_, _ = fmt.Fprintf(w, "%s %s %q from %s to %s, x %q", r.Method, r.URL.Path, body, r.UserAgent(), r.Host, r.Header.Values("X-Test"))
	}
}

func TestHTTP(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(webServer))
	defer s.Close()
	host := s.Listener.Addr().String()
	ask := func(path, attributes string) string {
		return "http: {x: {url: \"" + s.URL + path + "\", " + attributes + "}}"
	}
	for _, c := range []struct {
		path, attributes string
		want             []string
	}{
		{"/", `status: 200, headers: ["X-Greeting: hello", "!Server"], body: ["/^GET / /", from drone-packages]`, []string{
			"passed status | want 200 | found 200",
			`passed headers | want a line with "X-Greeting: hello", no line with "Server" | found 4 lines`,
			`passed body | want a line with /^GET / /, a line with "from drone-packages" | found 1 line`,
		}},
		{"/", `status: 200, headers: [X-Farewell], body: {have-len: 3}`, []string{
			"passed status | want 200 | found 200",
			`failed headers | want a line with "X-Farewell" | found 4 lines without it, from "Content-Length: 53" to "X-Greeting: hello"`,
			`failed body | want length 3 | found length 53: "GET / \"\" from drone-packages to HOST, x []"`,
		}},
		{"/none", `status: 200, headers: [a], body: [b]`, []string{
			"failed status | want 200 | found 404", "skipped headers | why status failed", "skipped body | why status failed",
		}},
		{"/none", `status: {or: [200, 404]}, body: [not found]`, []string{
			"passed status | want 404 | found 404", `passed body | want a line with "not found" | found 1 line`,
		}},
		{"/redirect", `status: 200, body: [GET /]`, []string{"passed status | want 200 | found 200", `passed body | want a line with "GET /" | found 1 line`}},
		{"/redirect", `status: 302, no-follow-redirects: true, headers: ["Location: /"]`, []string{
			"passed status | want 302 | found 302", `passed headers | want a line with "Location: /" | found 5 lines`,
		}},
		{"/private", "status: 401", []string{"passed status | want 401 | found 401"}},
		{"/private", "status: 200, username: tester, password: secret", []string{"passed status | want 200 | found 200"}},
		{"/private", "status: 200, username: tester, password: wrong", []string{"failed status | want 200 | found 401"}},
		{"/a", `method: POST, request-body: some, request-headers: ["X-Test: a b", "X-Test:c", "User-Agent: me", "Host: other.test"], status: 200, body: {have-suffix: "POST /a \"some\" from me to other.test, x [\"a b\" \"c\"]"}`, []string{
			"passed status | want 200 | found 200",
			`passed body | want suffix "POST /a \"some\" from me to other.test, x [\"a b\" \"c\"]" | found "POST /a \"some\" from me to other.test, x [\"a b\" \"c\"]"`,
		}},
	} {
		got := askAll(t, files(t, nil), nil, ask(c.path, c.attributes))
		for i := range got {
			got[i] = strings.ReplaceAll(strings.Replace(got[i], "http x: "+s.URL+c.path+" ", "", 1), host, "HOST")
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s %s\n%s", c.path, c.attributes, d)
		}
	}
	holdKind(t, "http", files(t, nil), nil, []kindCase{
		{ask("/", "status: 200, headers: [hello], body: [GET]"), nil}, {ask("/", "status: 200, headers: [bye], body: [PUT]"), nil},
		{ask("/", "status: 201"), nil},
	})
}

func TestHTTPWithoutAnAnswer(t *testing.T) {
	silent, closed := listen(t), refused()
	got := askAll(t, files(t, nil), nil, "http: {http://"+closed+"/: {status: 200, body: [x]}, http://"+silent+"/: {status: 200, timeout: 100}}")
	if d := cmp.Diff([]string{
		"failed http http://" + closed + "/ status | want 200 | found connect: connection refused",
		"skipped http http://" + closed + "/ body | why status failed",
		"failed http http://" + silent + "/ status | want 200 | found no answer in time",
	}, got); d != "" {
		t.Error(d)
	}
}

func TestHTTPS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(webServer))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	m := files(t, map[string]string{"/etc/none.pem": "hello"})
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(m.at("/etc/ca.pem"), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	for option, want := range map[string]string{
		"allow-insecure: true":                              "passed",
		"ca-file: /etc/ca.pem":                              "passed",
		"allow-insecure: false":                             "failed | found tls: failed to verify certificate: x509: certificate signed by unknown authority",
		"ca-file: /etc/none.pem":                            "failed | found ca-file: /etc/none.pem holds no certificate",
		"ca-file: /etc/other.pem":                           "failed | found ca-file: open " + m.at("/etc/other.pem") + ": no such file or directory",
		"cert-file: /etc/none.pem, key-file: /etc/none.pem": "failed | found cert-file: tls: failed to find any PEM data in certificate input",
	} {
		got := askAll(t, m, nil, "http: {"+s.URL+": {status: 200, "+option+"}}")
		outcome, _, _ := strings.Cut(got[0], " ")
		if _, found, _ := strings.Cut(got[0], " | found "); outcome == "failed" {
			outcome += " | found " + found
		}
		if outcome != want {
			t.Errorf("%s\ngot  %s\nwant %s", option, outcome, want)
		}
	}
}

// A proxy is asked instead of the server.
func TestHTTPProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "asked for ", r.URL)
	}))
	defer proxy.Close()
	got := askAll(t, files(t, nil), nil, "http: {http://name.invalid/: {status: 200, body: \"asked for http://name.invalid/\", proxy: \""+proxy.URL+"\"}}")
	if len(got) != 2 || !strings.HasPrefix(got[1], "passed http http://name.invalid/ body") {
		t.Errorf("got %q", got)
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	got := askAll(t, files(t, nil), nil, "http: {http://me:secret@"+refused()+"/: {status: 200}}")
	if strings.Contains(got[0], "secret") || !strings.Contains(got[0], "http://me:xxxxx@") {
		t.Errorf("got %q", got)
	}
}
