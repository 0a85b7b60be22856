package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

var addrNetworks = []string{"tcp", "tcp4", "tcp6", "udp", "udp4", "udp6"}

// splitAddress reads tcp://host:port; host:port alone is tcp.
func splitAddress(written string) (network, address string) {
	network, address, found := strings.Cut(written, "://")
	if !found {
		return "tcp", written
	}
	return network, address
}

func refuseAddr(t Test) error {
	network, address := splitAddress(t.text("address"))
	_, _, err := net.SplitHostPort(address)
	if err != nil || !slices.Contains(addrNetworks, network) {
		return fmt.Errorf("found the address %s, wanted tcp://host:port or udp://host:port", quote(t.text("address")))
	}
	if local := t.text("local-address"); local != "" && net.ParseIP(local) == nil {
		return fmt.Errorf("found the local-address %s, wanted an IP address", quote(local))
	}
	return nil
}

func (a *agent) lookAddr(ctx context.Context, t Test) facts {
	return facts{found: map[string]func() (any, error){
		"reachable": func() (any, error) {
			network, address := splitAddress(t.text("address"))
			dialer := net.Dialer{LocalAddr: localAddress(network, t.text("local-address"))}
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return seen{false, netReason(err)}, nil
			}
			_ = conn.Close() // all that was asked is whether it opens
			return true, nil
		},
	}}
}

// localAddress is nil where none is given.
func localAddress(network, ip string) net.Addr {
	switch {
	case ip == "":
		return nil
	case strings.HasPrefix(network, "udp"):
		return &net.UDPAddr{IP: net.ParseIP(ip)}
	}
	return &net.TCPAddr{IP: net.ParseIP(ip)}
}

// netReason is why something on the network failed, without what the reader
// knows already: who was asked, and by whom.
func netReason(err error) string {
	var (
		slow    interface{ Timeout() bool }
		dns     *net.DNSError
		op      *net.OpError
		request *url.Error
	)
	switch {
	case errors.As(err, &slow) && slow.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &dns):
		return dns.Err + ": " + dns.Name
	case errors.As(err, &op):
		return op.Err.Error()
	case errors.As(err, &request):
		return request.Err.Error()
	}
	return err.Error()
}
