package main_test

import (
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
)

// mirror is one that containers reach: it hands on to where lab/debian:12
// came from.
type mirror struct {
	// url of Debian's archive on it.
	url string

	mu    sync.Mutex
	paths []string
}

func (m *mirror) served(part string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.paths, func(p string) bool { return strings.Contains(p, part) })
}

// serveMirror starts a mirror that has these archives besides debian.
func serveMirror(t *testing.T, more ...string) *mirror {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(gateway(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	m := &mirror{}
	mux := http.NewServeMux()
	for _, archive := range append(more, "debian") {
		mux.Handle("/"+archive+"/", m.handOn(sourceOf(t, archive)))
	}
	s := httptest.NewUnstartedServer(mux)
	s.Listener.Close() //nolint:errcheck // ours takes its place
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	m.url = s.URL + "/debian"
	return m
}

// gateway is the address that containers reach this machine by.
func gateway(t *testing.T) string {
	t.Helper()
	for line := range strings.Lines(docker(t, "run", "--rm", nobodyElse, "lab/debian:12", "cat", "/proc/net/route")) {
		word := strings.Fields(line)
		if len(word) < 3 || word[1] != "00000000" {
			continue
		}
		// In the machine's byte order, which is little-endian wherever this runs.
		address, err := hex.DecodeString(word[2])
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(address)
		return net.IP(address).String()
	}
	t.Fatal("containers have no default route")
	return ""
}

// sourceOf is where lab/debian:12 has an archive from.
func sourceOf(t *testing.T, archive string) *url.URL {
	t.Helper()
	for _, word := range strings.Fields(docker(t, "run", "--rm", nobodyElse, "lab/debian:12", "cat", "/etc/apt/sources.list")) {
		if u, err := url.Parse(word); err == nil && u.Host != "" && strings.TrimSuffix(u.Path, "/") == "/"+archive {
			return u
		}
	}
	t.Skipf("lab/debian:12 has no archive %s", archive)
	return nil
}

func (m *mirror) handOn(to *url.URL) http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		m.mu.Lock()
		m.paths = append(m.paths, r.In.URL.Path)
		m.mu.Unlock()
		r.SetURL(&url.URL{Scheme: to.Scheme, Host: to.Host})
	}}
}

// Debian's security archive is not in the archive that a mirror is one of.
func TestMirrorAndTheSecurityArchive(t *testing.T) {
	if testing.Short() {
		t.Skip("short: needs the real engine")
	}
	families, err := distros.Families()
	if err != nil {
		t.Fatal(err)
	}
	security := sourceOf(t, "debian-security").String()
	for _, tt := range []struct {
		name string
		more []string
		want func(m *mirror) string
	}{
		{"beside the mirror", []string{"debian-security"}, func(m *mirror) string { return m.url + "-security" }},
		{"stays where it was", nil, func(*mirror) string { return security }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := serveMirror(t, tt.more...)
			for _, form := range []string{"", deb822} {
				got := docker(t, "run", "--rm", nobodyElse, "-e=DP_MIRROR="+m.url, "-e=DP_CHECK_VALID_UNTIL=true", "-e=DP_VAULT=", "lab/debian:12",
					"sh", "-euc", form+families["debian"].Recipes[distros.Mirror]+"\necho ==; cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null || :")
				_, sources, _ := strings.Cut(got, "\n==\n")
				for _, want := range []string{" " + m.url + " bookworm ", " " + m.url + " bookworm-updates ", " " + tt.want(m) + " bookworm-security "} {
					if !strings.Contains(flat(sources), want) {
						t.Errorf("%q is not in\n%s", want, sources)
					}
				}
			}
		})
	}
}

// deb822 makes the other form of the image's sources.
const deb822 = `while read -r _ uri suite rest; do
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n' "$uri" "$suite" "$rest"
done </etc/apt/sources.list >/etc/apt/sources.list.d/debian.sources
rm /etc/apt/sources.list
`

// flat is sources of either form as words.
func flat(sources string) string {
	words := strings.NewReplacer("URIs: ", "", "Suites: ", "", "\n", " ").Replace(sources)
	return strings.Join(strings.Fields(words), " ") + " "
}
