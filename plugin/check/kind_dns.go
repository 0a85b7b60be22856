package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
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
	if recordTypes[record] == 0 {
		return fmt.Errorf("unknown record type %s%s", quote(record), didYouMean(record, slices.Sorted(maps.Keys(recordTypes))))
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

// askRecords asks the machine's own resolver, or a server. What they say is
// sorted.
func askRecords(ctx context.Context, t Test) ([]string, error) {
	record, name := splitRecord(t.text("resolve"))
	server := t.text("server")
	if server == "" {
		found, err := net.DefaultResolver.LookupHost(ctx, name)
		slices.Sort(found)
		return found, err
	}
	types := []string{record}
	if record == "" {
		types = []string{"A", "AAAA"}
	}
	var found []string
	var failure error
	for _, record := range types {
		some, err := query(ctx, withPort(server, "53"), record, name)
		found, failure = append(found, some...), cmp.Or(failure, err)
	}
	slices.Sort(found)
	if len(found) > 0 {
		return found, nil // one kind of address is enough
	}
	return nil, failure
}

func withPort(server, port string) string {
	if _, _, err := net.SplitHostPort(server); err == nil {
		return server
	}
	return net.JoinHostPort(server, port)
}
