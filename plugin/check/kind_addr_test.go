package check

import (
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
)

// listen opens a port of this machine that accepts and says nothing.
func listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// refused is an address on which nothing listens.
func refused() string {
	s := httptest.NewServer(nil)
	defer s.Close()
	return s.Listener.Addr().String()
}

func TestAddr(t *testing.T) {
	open, closed := listen(t), refused()
	holdKind(t, "addr", files(t, nil), nil, []kindCase{
		{"addr: {tcp://" + open + ": {reachable: true}}", []string{"passed addr tcp://" + open + " reachable | want true | found true"}},
		{"addr: {\"" + open + "\": {reachable: false}}", []string{"failed addr " + open + " reachable | want false | found true"}},
		{"addr: {x: {address: \"tcp://" + open + "\", local-address: 127.0.0.1, reachable: true}}", []string{
			"passed addr x: tcp://" + open + " reachable | want true | found true",
		}},
		{"addr: {tcp://" + closed + ": {reachable: true}}", []string{
			"failed addr tcp://" + closed + " reachable | want true | found false (connect: connection refused)",
		}},
		{"addr: {tcp://" + open + ": {reachable: true, local-address: 192.0.2.1}}", []string{
			"failed addr tcp://" + open + " reachable | want true | found false (bind: cannot assign requested address)",
		}},
		{"addr: {udp://" + closed + ": {reachable: true, local-address: 127.0.0.1}}", []string{"passed addr udp://" + closed + " reachable | want true | found true"}},
	})
}

func TestAddrOfNoName(t *testing.T) {
	got := askAll(t, files(t, nil), nil, "addr: {tcp://no-such-name.invalid:80: {reachable: true, timeout: 5s}}")
	if len(got) != 1 || !strings.HasPrefix(got[0], "failed addr tcp://no-such-name.invalid:80 reachable | want true | found false (") ||
		!strings.Contains(got[0], "no-such-name.invalid)") {
		t.Errorf("got %q", got)
	}
}

func TestNetReason(t *testing.T) {
	if got := netReason(errors.New("plain")); got != "plain" {
		t.Errorf("got %q", got)
	}
	if got := netReason(&net.OpError{Op: "dial", Err: timeoutError{}}); got != "no answer in time" {
		t.Errorf("got %q", got)
	}
}

type timeoutError struct{ error }

func (timeoutError) Timeout() bool { return true }
