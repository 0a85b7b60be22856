package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// udpUnconnected is the state of a UDP socket that has no peer:
// include/net/tcp_states.h.
const udpUnconnected = 7

// otherFamily is the protocol that a listener may be taken for.
var otherFamily = map[string]string{"tcp": "tcp6", "tcp6": "tcp", "udp": "udp6", "udp6": "udp"}

// splitPort reads tcp:80; a number alone is tcp.
func splitPort(written string) (protocol string, number uint64, err error) {
	protocol, digits, found := strings.Cut(written, ":")
	if !found {
		protocol, digits = "tcp", written
	}
	number, err = strconv.ParseUint(digits, 10, 16)
	if err != nil || otherFamily[protocol] == "" {
		return "", 0, fmt.Errorf("found the port %s, wanted tcp, tcp6, udp or udp6 and a number, such as tcp:80", quote(written))
	}
	return protocol, number, nil
}

func refusePort(t Test) error {
	_, _, err := splitPort(t.text("port"))
	return err
}

func (a *agent) lookPort(_ context.Context, t Test) facts {
	protocol, number, err := splitPort(t.text("port"))
	var ips []string
	if err == nil {
		ips, err = a.machine.listeners(protocol, number)
	}
	return facts{found: map[string]func() (any, error){
		"listening": func() (any, error) {
			if len(ips) > 0 || err != nil {
				return seen{len(ips) > 0, strings.Join(ips, ", ")}, err
			}
			return seen{false, a.machine.otherListener(protocol, number)}, nil
		},
		"ip": func() (any, error) { return ips, err },
	}}
}

// otherListener tells that the same port listens, of the other family.
func (m machine) otherListener(protocol string, number uint64) string {
	other := otherFamily[protocol]
	ips, err := m.listeners(other, number)
	if err != nil || len(ips) == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d listens, on %s", other, number, strings.Join(ips, ", "))
}

// listeners are the addresses on which a port listens, sorted.
func (m machine) listeners(protocol string, number uint64) ([]string, error) {
	fs, err := procfs.NewFS(m.at("/proc"))
	if err != nil {
		return nil, err
	}
	var ips []string
	add := func(ip net.IP, port uint64) {
		if port == number && !slices.Contains(ips, ip.String()) {
			ips = append(ips, ip.String())
		}
	}
	switch protocol {
	case "tcp":
		err = eachTCP(fs.NetTCP, add) //nolint:staticcheck // netlink needs one more library
	case "tcp6":
		err = eachTCP(fs.NetTCP6, add) //nolint:staticcheck // as above
	case "udp":
		err = eachUDP(fs.NetUDP, add)
	case "udp6":
		err = eachUDP(fs.NetUDP6, add)
	}
	if errors.Is(err, os.ErrNotExist) {
		err = nil // a machine without IPv6 listens on none
	}
	slices.Sort(ips)
	return ips, err
}

func eachTCP(read func() (procfs.NetTCP, error), visit func(net.IP, uint64)) error {
	sockets, err := read()
	for _, s := range sockets {
		if s.St == tcpListen {
			visit(s.LocalAddr, s.LocalPort)
		}
	}
	return err
}

func eachUDP(read func() (procfs.NetUDP, error), visit func(net.IP, uint64)) error {
	sockets, err := read()
	for _, s := range sockets {
		if s.St == udpUnconnected {
			visit(s.LocalAddr, s.LocalPort)
		}
	}
	return err
}
