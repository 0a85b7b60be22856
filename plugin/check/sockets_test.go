package check

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listenIn makes a socket's file below a directory.
func listenIn(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

func TestSockets(t *testing.T) {
	const columns = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	m := files(t, map[string]string{
		"/proc/net/tcp":  columns + "   0: 00000000:238D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0\n",
		"/proc/net/udp":  columns + "   0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12346 2 0000000000000000 0\n",
		"/proc/net/unix": "Num       RefCount Protocol Flags    Type St Inode Path\n0: 2 0 00010000 0001 01 17 /run/a.sock\n0: 2 0 00010000 0001 01 18 @a\n0: 2 0 0 1 1 19\n",
		"/run/file":      "", "/var/run": "-> ../run",
	})
	listenIn(t, m.at("/run/a.sock"))
	listenIn(t, m.at("/run/stale.sock"))
	why := " | why the unit is active: the daemon closes the socket that it was given, or removes its path when it ends or binds it anew"
	nobody := "failed socket a.socket listens | want somebody listens on all that it declares | found nobody listens on "
	for name, c := range map[string]struct {
		state  string
		listen []string
		want   []string
	}{
		"all are there": {"active", []string{"Stream [::]:9101", "Datagram 0.0.0.0:53", "Stream /run/a.sock", "Stream /var/run/a.sock", "Stream @a", "FIFO /run/none", "Stream vsock::22", "Netlink audit 1"},
			[]string{"passed socket a.socket listens | found tcp:9101, udp:53, /run/a.sock, /var/run/a.sock, @a"}},
		"no such port":         {"active", []string{"Stream 9102", "Stream [::]:9101", "Datagram 0.0.0.0:9101"}, []string{nobody + "tcp:9102, udp:9101" + why}},
		"the path is gone":     {"active", []string{"Stream /run/gone.sock"}, []string{nobody + "/run/gone.sock" + why}},
		"the path is a file":   {"active", []string{"Stream /run/file"}, []string{nobody + "/run/file" + why}},
		"nobody has it open":   {"active", []string{"Stream /run/stale.sock"}, []string{nobody + "/run/stale.sock" + why}},
		"an abstract one":      {"active", []string{"Stream @b"}, []string{nobody + "@b" + why}},
		"one that is inactive": {"inactive", []string{"Stream 9102"}, nil},
		"no socket unit":       {"active", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a, said := asking(t, Request{}, m, nil)
			if err := a.sockets(map[string]unit{"a.socket": {Name: "a.socket", ActiveState: c.state, Listen: c.listen}}); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, *said); d != "" {
				t.Error(d)
			}
		})
	}
}
