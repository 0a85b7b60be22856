package docker

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
)

var native = "linux/" + runtime.GOARCH

// pushTiny pushes a new image of one small file, which is then only there.
func pushTiny(t *testing.T, r *enginetest.Registry, name string) (ref string) {
	t.Helper()
	e := openHere(t, Options{})
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	text := r.Addr + name // so that no two are the same
	if err := tw.WriteHeader(&tar.Header{Name: "x", Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := tw.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	i, err := e.Import(t.Context(), "drone-packages-test/tiny:"+strings.ReplaceAll(r.Addr, ":", "-"), native, nil, &b)
	if err != nil {
		t.Fatal(err)
	}
	ref = r.Push(t, i.ID, name)
	if err := e.Remove(t.Context(), i.ID); err != nil {
		t.Fatal(err)
	}
	return ref
}

func configOf(addr, user, password string) string {
	return fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, addr, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

func TestPullAsWhom(t *testing.T) {
	needDocker(t)
	r := enginetest.NewRegistry(t)
	ref := pushTiny(t, r, "lab/tiny:1")
	right := &engine.Login{Username: r.User, Password: r.Password}
	const wrong = "wrong-horse-battery"
	helper := fmt.Sprintf(`{"credHelpers": {%q: "drone-packages-none"}}`, r.Addr)
	for _, tt := range []struct {
		name  string
		o     Options
		login *engine.Login
		want  error
		words []string
	}{
		{"the settings' user", Options{}, right, nil, nil},
		{"the user of a configuration", Options{Config: configOf(r.Addr, r.User, r.Password)}, nil, nil, nil},
		{"the user of a configuration file", Options{ConfigDir: r.ConfigDir}, nil, nil, nil},
		{"the settings' user before that of a configuration", Options{Config: configOf(r.Addr, r.User, wrong)}, right, nil, nil},
		{"a configuration before a file", Options{Config: configOf(r.Addr, r.User, wrong), ConfigDir: r.ConfigDir}, nil,
			engine.ErrUnauthorized, []string{"asked as " + r.User + " of the configuration"}},
		{"nobody", Options{}, nil, engine.ErrUnauthorized, []string{"asked without credentials: there are none for " + r.Addr}},
		{"nobody: a configuration of other registries", Options{Config: configOf("registry.example", r.User, r.Password)}, nil,
			engine.ErrUnauthorized, []string{"there are none for " + r.Addr}},
		{"a wrong password", Options{}, &engine.Login{Username: r.User, Password: wrong}, engine.ErrUnauthorized, []string{"asked as " + r.User}},
		{"a wrong password in a configuration", Options{Config: configOf(r.Addr, r.User, wrong)}, nil, engine.ErrUnauthorized, []string{"asked as " + r.User}},
		{"a helper that is not there", Options{Config: helper}, nil, engine.ErrUnauthorized,
			[]string{"those configured for " + r.Addr + " are not available", "docker-credential-drone-packages-none", "executable file not found"}},
		{"the settings' user before a helper", Options{Config: helper}, right, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := openHere(t, tt.o)
			p := engine.Pull{Ref: ref, Platform: native, Login: tt.login}
			offered := e.Offers(t.Context(), p)
			if !errors.Is(offered, tt.want) || (offered == nil) != (tt.want == nil) {
				t.Errorf("offered: %v, want %v", offered, tt.want)
			}
			tellsAndKeeps(t, offered, tt.words, wrong, base64.StdEncoding.EncodeToString([]byte(r.User+":"+wrong)))
			if found, err := e.Find(t.Context(), ref, nil); err != nil || len(found) > 0 {
				t.Errorf("it was fetched: %v, %v", found, err)
			}
			i, err := e.Pull(t.Context(), p, nil)
			if err == nil {
				defer func() {
					if err := e.Remove(t.Context(), ref); err != nil {
						t.Error(err)
					}
				}()
			}
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err == nil && (i.Platform != native || len(i.Refs) == 0 || i.Refs[0] != ref) {
				t.Errorf("got %+v", i)
			}
			tellsAndKeeps(t, err, tt.words, wrong, base64.StdEncoding.EncodeToString([]byte(r.User+":"+wrong)))
		})
	}
}

// tellsAndKeeps wants words in an error, and no secrets.
func tellsAndKeeps(t *testing.T, err error, words []string, secrets ...string) {
	t.Helper()
	text := fmt.Sprint(err)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("want %q in %s", w, text)
		}
	}
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("it shows a secret: %s", text)
		}
	}
}

func TestPullOfWhatIsNotThere(t *testing.T) {
	needDocker(t)
	r := enginetest.NewRegistry(t)
	ref := pushTiny(t, r, "lab/tiny:1")
	e := openHere(t, Options{ConfigDir: r.ConfigDir})
	other := "linux/s390x"
	for _, tt := range []struct {
		name string
		p    engine.Pull
		want error
		word string
	}{
		{"repository", engine.Pull{Ref: r.Addr + "/lab/none:1", Platform: native}, engine.ErrNoImage, "lab/none"},
		{"tag", engine.Pull{Ref: r.Addr + "/lab/tiny:2", Platform: native}, engine.ErrNoImage, "tiny:2"},
		{"digest", engine.Pull{Ref: r.Addr + "/lab/tiny@sha256:" + strings.Repeat("0a", 32), Platform: native}, engine.ErrNoImage, "0a0a"},
		{"platform", engine.Pull{Ref: ref, Platform: other}, engine.ErrNoImage, other},
		{"registry", engine.Pull{Ref: "127.0.0.1:" + enginetest.FreePort(t) + "/lab/tiny:1", Platform: native}, engine.ErrTransient, "connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := e.Pull(t.Context(), tt.p, nil)
			offered := e.Offers(t.Context(), tt.p)
			if !errors.Is(err, tt.want) || !errors.Is(offered, tt.want) {
				t.Errorf("got %v, offered: %v, want %v", err, offered, tt.want)
			}
			tellsAndKeeps(t, err, []string{tt.word}, r.Password)
			tellsAndKeeps(t, offered, nil, r.Password)
		})
	}
	t.Run("a reference that is none", func(t *testing.T) {
		_, err := e.Pull(t.Context(), engine.Pull{Ref: "lab/TINY:1", Platform: native}, nil)
		if err == nil || errors.Is(err, engine.ErrTransient) {
			t.Errorf("got %v", err)
		}
		tellsAndKeeps(t, err, []string{`image "lab/TINY:1"`, "must be lowercase"})
	})
}

func TestPullTellsHowFarItIs(t *testing.T) {
	needDocker(t)
	r := enginetest.NewRegistry(t)
	ref := pushTiny(t, r, "lab/tiny:1")
	e := openHere(t, Options{ConfigDir: r.ConfigDir})
	var told [][2]int64
	if _, err := e.Pull(t.Context(), engine.Pull{Ref: ref, Platform: native}, func(done, total int64) { told = append(told, [2]int64{done, total}) }); err != nil {
		t.Fatal(err)
	}
	if len(told) == 0 || told[len(told)-1][0] < 1 || told[len(told)-1][0] != told[len(told)-1][1] {
		t.Errorf("got %v", told)
	}
}

// What a daemon says of three layers, one of which is here.
func TestLayersAreSummedUp(t *testing.T) {
	const said = `{"status":"Pulling from library/debian","id":"13"}
{"status":"Pulling fs layer","progressDetail":{},"id":"a"}
{"status":"Already exists","progressDetail":{},"id":"b"}
{"status":"Waiting","progressDetail":{},"id":"c"}
{"status":"Downloading","progressDetail":{"current":10,"total":100},"id":"a"}
{"status":"Downloading","progressDetail":{"current":5,"total":12},"id":"c"}
{"status":"Download complete","progressDetail":{},"id":"c"}
{"status":"Downloading","progressDetail":{"current":70},"id":"d"}
{"status":"Verifying Checksum","progressDetail":{},"id":"a"}
{"status":"Extracting","progressDetail":{"current":3,"total":100},"id":"a"}
{"status":"Pull complete","progressDetail":{},"id":"a"}
`
	var got []string
	if err := follow(strings.NewReader(said), func(done, total int64) { got = append(got, fmt.Sprint(done, "/", total)) }); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(got, " "); all != "10/100 15/112 22/112 92/182 182/182" {
		t.Errorf("got %s", all)
	}
	if err := follow(strings.NewReader(`{"errorDetail":{"message":"no room"},"error":"no room"}`), nil); err == nil || err.Error() != "no room" {
		t.Errorf("got %v", err)
	}
}

// What real daemons make of what registries answer.
func TestPullErrorsOfRegistriesAreSorted(t *testing.T) {
	needDocker(t)
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v2/" {
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body)) // the daemon hears or it does not
		}
	}
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"429", status(429, `{"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]}`), engine.ErrTransient},
		{"429 without words", status(429, "slow down"), engine.ErrTransient},
		{"500", status(500, ""), engine.ErrTransient},
		{"502", status(502, ""), engine.ErrTransient},
		{"503", status(503, ""), engine.ErrTransient},
		{"504", status(504, ""), engine.ErrTransient},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, engine.ErrTransient},
		{"401", status(401, `{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}`), engine.ErrUnauthorized},
		{"403", status(403, `{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}`), engine.ErrUnauthorized},
		{"403 without words", status(403, "no"), engine.ErrUnauthorized},
		{"404", status(404, `{"errors": [{"code": "NAME_UNKNOWN", "message": "repository name not known to registry"}]}`), engine.ErrNoImage},
		{"404 without words", status(404, "no"), engine.ErrNoImage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(tt.answer)
			defer s.Close()
			defer s.CloseClientConnections()
			ref := strings.TrimPrefix(s.URL, "http://") + "/lab/x:1"
			e, p := openHere(t, Options{}), engine.Pull{Ref: ref, Platform: native}
			if _, err := e.Pull(t.Context(), p, nil); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err := e.Offers(t.Context(), p); !errors.Is(err, tt.want) {
				t.Errorf("offered: %v, want %v", err, tt.want)
			}
		})
	}
	t.Run("no registry", func(t *testing.T) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
		defer s.Close()
		defer s.CloseClientConnections()
		ref := strings.TrimPrefix(s.URL, "http://") + "/lab/x:1"
		_, err := openHere(t, Options{}).Pull(t.Context(), engine.Pull{Ref: ref, Platform: native}, nil)
		for _, known := range []error{engine.ErrTransient, engine.ErrNoImage, engine.ErrUnauthorized} {
			if err == nil || errors.Is(err, known) {
				t.Errorf("got %v", err)
			}
		}
	})
}

// What other daemons and registries say, as users reported it.
func TestPullErrorWords(t *testing.T) {
	for text, want := range map[string]error{
		"pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied":                    engine.ErrNoImage,
		"pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed":                     engine.ErrNoImage,
		"no matching manifest for linux/s390x in the manifest list entries":                                                                                        engine.ErrNoImage,
		"failed to resolve reference: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials": engine.ErrUnauthorized,
		"unauthorized: incorrect username or password": engine.ErrUnauthorized,
		"denied: denied": engine.ErrUnauthorized,
		`Get "https://registry.example/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`: engine.ErrTransient,
		`Get "https://registry.example/v2/": context deadline exceeded`:                                                                                engine.ErrTransient,
		`Get "https://registry.example/v2/": net/http: TLS handshake timeout`:                                                                          engine.ErrTransient,
		"toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit":                           engine.ErrTransient,
		"unexpected status from HEAD request to https://registry.example/v2/x/manifests/1: 503 Service Unavailable":                                    engine.ErrTransient,
		"read tcp 192.0.2.1:4->192.0.2.2:443: read: connection reset by peer":                                                                          engine.ErrTransient,
	} {
		err := pullError(errors.New(text), identity{words: "asked as nobody"})
		if !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s:\ngot  %v\nwant %v", text, err, want)
		}
	}
	for _, text := range []string{
		`Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host`,
		`Get "https://registry.example/v2/": http: server gave HTTP response to HTTPS client`,
		`Get "https://registry.example/v2/": x509: certificate signed by unknown authority`,
	} {
		if err := pullError(errors.New(text), identity{}); err.Error() != text {
			t.Errorf("another try would not help: %v", err)
		}
	}
}

func TestConfigurationThatIsNone(t *testing.T) {
	_, err := Open(Options{Config: `{"auths": {"x": {"auth": "c2VjcmV0"`})
	if err == nil || err.Error() != "config: not the content of a Docker config.json" {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte("{secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{ConfigDir: dir})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "config.json")) {
		t.Errorf("got %v", err)
	}
}
