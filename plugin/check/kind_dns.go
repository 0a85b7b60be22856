package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"sync"
)

// recordType is the beginning of a name such as MX:example.org.
var recordType = regexp.MustCompile(`^([A-Z]+):(.*)$`)

// splitRecord parts the type from the name; empty: addresses.
func splitRecord(written string) (record, name string) {
	if part := recordType.FindStringSubmatch(written); part != nil {
		return part[1], part[2]
	}
	return "", written
}

func refuseDNS(t Test) error {
	record, name := splitRecord(t.text("resolve"))
	if record == "" {
		return nil
	}
	if record == "CAA" || record == "SSHFP" {
		return fmt.Errorf("records of type %s are not supported", record)
	}
	if lookups[record] == nil {
		return fmt.Errorf("unknown record type %s%s", quote(record), didYouMean(record, []string{"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"}))
	}
	if t.text("server") == "" {
		return fmt.Errorf("a record type needs a server to ask, such as server: 127.0.0.1; for addresses write %s", quote(name))
	}
	return nil
}

func (a *agent) lookDNS(ctx context.Context, t Test) facts {
	records := sync.OnceValues(func() ([]string, error) { return askRecords(ctx, t) })
	return facts{found: map[string]func() (any, error){
		"resolvable": func() (any, error) {
			all, err := records()
			if err != nil {
				return seen{false, netReason(err)}, nil
			}
			return len(all) > 0, nil
		},
		"addrs": func() (any, error) { return records() },
	}}
}

// askRecords asks the machine's resolver, or a server.
func askRecords(ctx context.Context, t Test) ([]string, error) {
	record, name := splitRecord(t.text("resolve"))
	r := &net.Resolver{PreferGo: true}
	if server := t.text("server"); server != "" {
		r.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, withPort(server, "53"))
		}
		name = rooted(record, name)
	}
	look := lookups[record]
	if look == nil {
		return nil, errors.New("nothing that this agent knows of")
	}
	found, err := look(ctx, r, name)
	slices.Sort(found)
	return found, err
}

// rooted ends a name with a dot: a server is asked for it as it is, in no
// search domain.
func rooted(record, name string) string {
	if record == "PTR" || name == "" || name[len(name)-1] == '.' {
		return name
	}
	return name + "."
}

func withPort(server, port string) string {
	if _, _, err := net.SplitHostPort(server); err == nil {
		return server
	}
	return net.JoinHostPort(server, port)
}

// lookup asks for the records of a name.
type lookup func(ctx context.Context, r *net.Resolver, name string) ([]string, error)

// lookups are the record types that can be asked for.
var lookups = map[string]lookup{
	"": lookupHost, "A": lookupIP("ip4"), "AAAA": lookupIP("ip6"), "CNAME": lookupCNAME, "MX": lookupMX,
	"NS": lookupNS, "PTR": lookupPTR, "SRV": lookupSRV, "TXT": lookupTXT,
}

func lookupHost(ctx context.Context, r *net.Resolver, name string) ([]string, error) {
	return r.LookupHost(ctx, name)
}

func lookupIP(network string) lookup {
	return func(ctx context.Context, r *net.Resolver, name string) ([]string, error) {
		ips, err := r.LookupIP(ctx, network, name)
		return each(ips, net.IP.String), err
	}
}

func lookupCNAME(ctx context.Context, r *net.Resolver, name string) ([]string, error) {
	target, err := r.LookupCNAME(ctx, name)
	if err != nil {
		return nil, err
	}
	return []string{target}, nil
}

func lookupMX(ctx context.Context, r *net.Resolver, name string) ([]string, error) {
	records, err := r.LookupMX(ctx, name)
	return each(records, func(m *net.MX) string { return fmt.Sprintf("%d %s", m.Pref, m.Host) }), err
}

func lookupNS(ctx context.Context, r *net.Resolver, name string) ([]string, error) {
	records, err := r.LookupNS(ctx, name)
	return each(records, func(n *net.NS) string { return n.Host }), err
}

func lookupPTR(ctx context.Context, r *net.Resolver, name string) ([]string, error) {
	return r.LookupAddr(ctx, name)
}

func lookupSRV(ctx context.Context, r *net.Resolver, name string) ([]string, error) {
	_, records, err := r.LookupSRV(ctx, "", "", name)
	return each(records, func(s *net.SRV) string {
		return fmt.Sprintf("%d %d %d %s", s.Priority, s.Weight, s.Port, s.Target)
	}), err
}

func lookupTXT(ctx context.Context, r *net.Resolver, name string) ([]string, error) {
	return r.LookupTXT(ctx, name)
}

// each turns records into text.
func each[T any](records []T, say func(T) string) []string {
	var all []string
	for _, r := range records {
		all = append(all, say(r))
	}
	return all
}
