package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// procNet are listeners of all families: tcp on 0.0.0.0:80 and 127.0.0.1:80,
// tcp6 on [::]:9101 and [::1]:80, udp on 0.0.0.0:53; and what does not listen:
// a TCP connection on port 81 and a connected UDP socket on port 54.
var procNet = map[string]string{
	"/proc/net/tcp": `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100007F:0051 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
`,
	"/proc/net/tcp6": `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:238D 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4 1 0 100 0 0 10 0
   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5 1 0 100 0 0 10 0
`,
	"/proc/net/udp": `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  10: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 6 2 0 0
  11: 0100007F:0036 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 7 2 0 0
`,
}

func TestPort(t *testing.T) {
	holdKind(t, "port", files(t, procNet), nil, []kindCase{
		{"port: {tcp:80: {listening: true, ip: [127.0.0.1, 0.0.0.0]}}", []string{
			"passed port tcp:80 listening | want true | found true (0.0.0.0, 127.0.0.1)",
			`passed port tcp:80 ip | want elements "127.0.0.1", "0.0.0.0" | found ["0.0.0.0", "127.0.0.1"]`,
		}},
		{"port: {\"80\": {listening: true, ip: {consist-of: [0.0.0.0]}}}", []string{
			"passed port 80 listening | want true | found true (0.0.0.0, 127.0.0.1)",
			`failed port 80 ip | want exactly the elements "0.0.0.0" | found ["0.0.0.0", "127.0.0.1"], with "127.0.0.1"`,
		}},
		{"port: {tcp6:80: {listening: true, ip: [\"::1\"]}, tcp6:9101: {listening: true, ip: [\"::\"]}}", []string{
			"passed port tcp6:80 listening | want true | found true (::1)",
			`passed port tcp6:80 ip | want elements "::1" | found ["::1"]`,
			"passed port tcp6:9101 listening | want true | found true (::)",
			`passed port tcp6:9101 ip | want elements "::" | found ["::"]`,
		}},
		{"port: {tcp:9101: {listening: true, ip: [0.0.0.0]}}", []string{
			"failed port tcp:9101 listening | want true | found false (tcp6:9101 listens, on ::)",
			"skipped port tcp:9101 ip | why listening failed",
		}},
		{"port: {tcp:81: {listening: false}, udp:54: {listening: false}, udp6:53: {listening: false}}", []string{
			"passed port tcp:81 listening | want false | found false",
			"passed port udp:54 listening | want false | found false",
			"passed port udp6:53 listening | want false | found false (udp:53 listens, on 0.0.0.0)",
		}},
		{"port: {x: {port: \"udp:53\", listening: false}}", []string{"failed port x: udp:53 listening | want false | found true (0.0.0.0)"}},
	})
}

func TestPortWithoutProc(t *testing.T) {
	m := files(t, nil)
	got := askAll(t, m, nil, "port: {tcp:80: {listening: true}}")
	want := []string{"failed port tcp:80 listening | want true | found could not read \"" + m.at("/proc") + "\": stat " + m.at("/proc") + ": no such file or directory"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
