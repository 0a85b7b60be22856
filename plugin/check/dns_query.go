package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// A server is asked here and not by net.Resolver, which looks into /etc/hosts
// first, follows aliases, and knows few types of records.

// recordTypes that can be asked for. The last two have no type of their own in
// dnsmessage: RFC 8659, RFC 4255.
var recordTypes = map[string]dnsmessage.Type{
	"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "CNAME": dnsmessage.TypeCNAME, "MX": dnsmessage.TypeMX,
	"NS": dnsmessage.TypeNS, "PTR": dnsmessage.TypePTR, "SRV": dnsmessage.TypeSRV, "TXT": dnsmessage.TypeTXT,
	"CAA": 257, "SSHFP": 44,
}

// query asks a server, host:port, for the records of a name. None is no error.
func query(ctx context.Context, server, record, name string) ([]string, error) {
	if record == "PTR" {
		reversed, err := reverse(name)
		if err != nil {
			return nil, err
		}
		name = reversed
	}
	fqdn, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil {
		return nil, fmt.Errorf("%s is no name", quote(name))
	}
	question := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: uint16(rand.Uint32()), RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: fqdn, Type: recordTypes[record], Class: dnsmessage.ClassINET}},
	}
	answer, err := exchange(ctx, "udp", server, question)
	if err == nil && answer.Truncated {
		answer, err = exchange(ctx, "tcp", server, question)
	}
	if err != nil {
		return nil, err
	}
	return recordsOf(answer, recordTypes[record])
}

// recordsOf are what the records of one type say. An answer without any may
// say why.
func recordsOf(answer dnsmessage.Message, wanted dnsmessage.Type) ([]string, error) {
	var found []string
	for _, r := range answer.Answers {
		if r.Header.Type == wanted {
			found = append(found, recordText(r.Body)...)
		}
	}
	switch {
	case len(found) > 0 || answer.RCode == dnsmessage.RCodeSuccess:
		return found, nil
	case answer.RCode == dnsmessage.RCodeNameError:
		return nil, errors.New("no such name")
	}
	return nil, fmt.Errorf("the server says %s", strings.TrimPrefix(answer.RCode.String(), "RCode"))
}

// reverse is the name under which an address has its PTR record.
func reverse(address string) (string, error) {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "", fmt.Errorf("%s is no IP address", quote(address))
	}
	b := ip.Unmap().AsSlice()
	slices.Reverse(b)
	var labels []string
	for _, one := range b {
		if len(b) == 4 {
			labels = append(labels, fmt.Sprint(one))
			continue
		}
		labels = append(labels, fmt.Sprintf("%x.%x", one&15, one>>4))
	}
	if len(b) == 4 {
		return strings.Join(labels, ".") + ".in-addr.arpa.", nil
	}
	return strings.Join(labels, ".") + ".ip6.arpa.", nil
}

// exchange sends a question and waits for its answer.
func exchange(ctx context.Context, network, server string, question dnsmessage.Message) (answer dnsmessage.Message, err error) {
	packed, err := question.Pack()
	if err != nil {
		return answer, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, server)
	if err != nil {
		return answer, err
	}
	defer conn.Close() //nolint:errcheck // there is nothing more to say on it
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return answer, err
		}
	}
	if network == "tcp" {
		packed = slices.Concat(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed)
	}
	if _, err := conn.Write(packed); err != nil {
		return answer, err
	}
	for {
		reply, err := readReply(network, conn)
		if err != nil {
			return answer, err
		}
		if err := answer.Unpack(reply); err == nil && answer.Response && answer.ID == question.ID {
			return answer, nil
		}
		if network == "tcp" {
			return answer, errors.New("the server sends no answer")
		}
	}
}

func readReply(network string, conn net.Conn) ([]byte, error) {
	buffer := make([]byte, 1<<16)
	if network == "udp" {
		n, err := conn.Read(buffer)
		return buffer[:n], err
	}
	if _, err := io.ReadFull(conn, buffer[:2]); err != nil {
		return nil, err
	}
	reply := buffer[:binary.BigEndian.Uint16(buffer)]
	_, err := io.ReadFull(conn, reply)
	return reply, err
}

// recordText is what a record says, as zone files write it.
func recordText(body dnsmessage.ResourceBody) []string {
	switch r := body.(type) {
	case *dnsmessage.AResource:
		return []string{netip.AddrFrom4(r.A).String()}
	case *dnsmessage.AAAAResource:
		return []string{netip.AddrFrom16(r.AAAA).String()}
	case *dnsmessage.CNAMEResource:
		return []string{r.CNAME.String()}
	case *dnsmessage.MXResource:
		return []string{fmt.Sprintf("%d %s", r.Pref, r.MX)}
	case *dnsmessage.NSResource:
		return []string{r.NS.String()}
	case *dnsmessage.PTRResource:
		return []string{r.PTR.String()}
	case *dnsmessage.SRVResource:
		return []string{fmt.Sprintf("%d %d %d %s", r.Priority, r.Weight, r.Port, r.Target)}
	case *dnsmessage.TXTResource:
		return r.TXT
	case *dnsmessage.UnknownResource:
		return rawText(r)
	}
	return nil
}

// rawText reads records that dnsmessage leaves alone.
func rawText(r *dnsmessage.UnknownResource) []string {
	data := r.Data
	switch {
	case r.Type == recordTypes["SSHFP"] && len(data) > 2:
		return []string{fmt.Sprintf("%d %d %X", data[0], data[1], data[2:])}
	case r.Type == recordTypes["CAA"] && len(data) > 2 && len(data) >= 2+int(data[1]):
		tag := 2 + int(data[1])
		return []string{fmt.Sprintf("%d %s %s", data[0], data[2:tag], data[tag:])}
	}
	return nil
}
