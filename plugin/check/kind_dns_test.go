package check

import (
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone has the records of a name server, by name and type.
type zone map[string][]dnsmessage.ResourceBody

func ipv4(s string) *dnsmessage.AResource {
	return &dnsmessage.AResource{A: [4]byte(net.ParseIP(s).To4())}
}

func ipv6(s string) *dnsmessage.AAAAResource {
	return &dnsmessage.AAAAResource{AAAA: [16]byte(net.ParseIP(s))}
}

// serve answers questions by UDP and TCP until the test ends, and returns its
// address. By UDP it sends rubbish first, and cuts what is called big.
func (z zone) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		t.Skipf("the port is taken for UDP: %v", err)
	}
	var done sync.WaitGroup
	t.Cleanup(func() { _, _ = conn.Close(), listener.Close(); done.Wait() })
	done.Go(func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo([]byte("rubbish"), from)
			_, _ = conn.WriteTo(z.reply(buffer[:n], true), from)
		}
	})
	done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			buffer := make([]byte, 1500)
			n, _ := conn.Read(buffer)
			reply := z.reply(buffer[2:max(n, 2)], false)
			_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
			_ = conn.Close()
		}
	})
	return listener.Addr().String()
}

func (z zone) reply(question []byte, udp bool) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Authoritative = true, true
	if udp && strings.HasPrefix(q.Name.String(), "big.") {
		m.Truncated = true
	}
	for _, body := range z[q.Name.String()+" "+strings.TrimPrefix(q.Type.String(), "Type")] {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: typeOf(body, q.Type), Class: q.Class}, Body: body,
		})
	}
	switch {
	case strings.HasPrefix(q.Name.String(), "none."):
		m.RCode = dnsmessage.RCodeNameError
	case strings.HasPrefix(q.Name.String(), "ill."):
		m.RCode = dnsmessage.RCodeServerFailure
	case m.Truncated:
		m.Answers = nil
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

// typeOf is the type asked for, but that of a CNAME in its place.
func typeOf(body dnsmessage.ResourceBody, asked dnsmessage.Type) dnsmessage.Type {
	if _, ok := body.(*dnsmessage.CNAMEResource); ok {
		return dnsmessage.TypeCNAME
	}
	return asked
}

func dnsName(s string) dnsmessage.Name { return dnsmessage.MustNewName(s) }

func TestDNS(t *testing.T) {
	z := zone{
		"a.example.test. A": {ipv4("10.0.0.2"), ipv4("10.0.0.1")}, "a.example.test. AAAA": {ipv6("fd00::1")},
		"example.test. MX":           {&dnsmessage.MXResource{Pref: 10, MX: dnsName("mail.example.test.")}},
		"example.test. NS":           {&dnsmessage.NSResource{NS: dnsName("ns.example.test.")}},
		"txt.example.test. TXT":      {&dnsmessage.TXTResource{TXT: []string{"hello dns"}}},
		"_x._tcp.test. SRV":          {&dnsmessage.SRVResource{Priority: 1, Weight: 2, Port: 443, Target: dnsName("a.example.test.")}},
		"example.test. 257":          {&dnsmessage.UnknownResource{Type: 257, Data: []byte("\x00\x05issueca.example.test")}},
		"example.test. 44":           {&dnsmessage.UnknownResource{Type: 44, Data: []byte{4, 2, 0xab, 0xcd}}},
		"big.example.test. TXT":      {&dnsmessage.TXTResource{TXT: []string{"a lot"}}},
		"1.0.0.10.in-addr.arpa. PTR": {&dnsmessage.PTRResource{PTR: dnsName("a.example.test.")}},
	}
	alias := &dnsmessage.CNAMEResource{CNAME: dnsName("a.example.test.")}
	z["c.example.test. CNAME"] = []dnsmessage.ResourceBody{alias}
	z["c.example.test. A"] = []dnsmessage.ResourceBody{alias, ipv4("10.0.0.1")}
	z["1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. PTR"] = []dnsmessage.ResourceBody{&dnsmessage.PTRResource{PTR: dnsName("six.example.test.")}}
	server := "server: \"" + z.serve(t) + "\", timeout: 5s"
	ask := func(name, more string) string {
		return "dns: {\"" + name + "\": {resolvable: true, " + server + more + "}}"
	}
	holdKind(t, "dns", files(t, nil), nil, []kindCase{
		{ask("a.example.test", ", addrs: {consist-of: [10.0.0.1, 10.0.0.2, \"fd00::1\"]}"), []string{
			"passed dns a.example.test resolvable | want true | found true",
			`passed dns a.example.test addrs | want exactly the elements "10.0.0.1", "10.0.0.2", "fd00::1" | found ["10.0.0.1", "10.0.0.2", "fd00::1"]`,
		}},
		{ask("A:a.example.test", ", addrs: [10.0.0.1]"), []string{
			"passed dns A:a.example.test resolvable | want true | found true",
			`passed dns A:a.example.test addrs | want elements "10.0.0.1" | found ["10.0.0.1", "10.0.0.2"]`,
		}},
		{ask("AAAA:a.example.test", ", addrs: [10.0.0.1]"), []string{
			"passed dns AAAA:a.example.test resolvable | want true | found true",
			`failed dns AAAA:a.example.test addrs | want elements "10.0.0.1" | found ["fd00::1"], without "10.0.0.1"`,
		}},
		{ask("MX:example.test", ", addrs: [10 mail.example.test.]"), []string{
			"passed dns MX:example.test resolvable | want true | found true",
			`passed dns MX:example.test addrs | want elements "10 mail.example.test." | found ["10 mail.example.test."]`,
		}},
		{ask("NS:example.test", ", addrs: [ns.example.test.]"), []string{
			"passed dns NS:example.test resolvable | want true | found true",
			`passed dns NS:example.test addrs | want elements "ns.example.test." | found ["ns.example.test."]`,
		}},
		{ask("TXT:txt.example.test", ", addrs: hello dns"), []string{
			"passed dns TXT:txt.example.test resolvable | want true | found true",
			`passed dns TXT:txt.example.test addrs | want "hello dns" | found ["hello dns"]`,
		}},
		{ask("SRV:_x._tcp.test", ", addrs: [1 2 443 a.example.test.]"), []string{
			"passed dns SRV:_x._tcp.test resolvable | want true | found true",
			`passed dns SRV:_x._tcp.test addrs | want elements "1 2 443 a.example.test." | found ["1 2 443 a.example.test."]`,
		}},
		{ask("PTR:10.0.0.1", ", addrs: [a.example.test.]"), []string{
			"passed dns PTR:10.0.0.1 resolvable | want true | found true",
			`passed dns PTR:10.0.0.1 addrs | want elements "a.example.test." | found ["a.example.test."]`,
		}},
		{ask("CNAME:c.example.test", ", addrs: [a.example.test.]"), []string{
			"passed dns CNAME:c.example.test resolvable | want true | found true",
			`passed dns CNAME:c.example.test addrs | want elements "a.example.test." | found ["a.example.test."]`,
		}},
		{ask("CNAME:a.example.test", ""), []string{"failed dns CNAME:a.example.test resolvable | want true | found false"}},
		{ask("none.example.test", ", addrs: [10.0.0.1]"), []string{
			"failed dns none.example.test resolvable | want true | found false (no such name)",
			"skipped dns none.example.test addrs | why resolvable failed",
		}},
		{ask("c.example.test", ", addrs: {equal: [10.0.0.1]}"), []string{
			"passed dns c.example.test resolvable | want true | found true",
			`passed dns c.example.test addrs | want equal to ["10.0.0.1"] | found ["10.0.0.1"]`,
		}},
		{ask("CAA:example.test", ", addrs: [0 issue ca.example.test]"), []string{
			"passed dns CAA:example.test resolvable | want true | found true",
			`passed dns CAA:example.test addrs | want elements "0 issue ca.example.test" | found ["0 issue ca.example.test"]`,
		}},
		{ask("SSHFP:example.test", ", addrs: [4 2 ABCD]"), []string{
			"passed dns SSHFP:example.test resolvable | want true | found true",
			`passed dns SSHFP:example.test addrs | want elements "4 2 ABCD" | found ["4 2 ABCD"]`,
		}},
		{ask("TXT:big.example.test", ", addrs: [a lot]"), []string{
			"passed dns TXT:big.example.test resolvable | want true | found true",
			`passed dns TXT:big.example.test addrs | want elements "a lot" | found ["a lot"]`,
		}},
		{ask("PTR:fd00::1", ", addrs: [six.example.test.]"), []string{
			"passed dns PTR:fd00::1 resolvable | want true | found true",
			`passed dns PTR:fd00::1 addrs | want elements "six.example.test." | found ["six.example.test."]`,
		}},
		{ask("PTR:me", ""), []string{`failed dns PTR:me resolvable | want true | found false ("me" is no IP address)`}},
		{ask("ill.example.test", ""), []string{"failed dns ill.example.test resolvable | want true | found false (the server says ServerFailure)"}},
		{ask("MX:a.example.test", ""), []string{"failed dns MX:a.example.test resolvable | want true | found false"}},
		{"dns: {here: {resolve: localhost, resolvable: true, addrs: {contain-element: 127.0.0.1}, timeout: 5s}}", []string{
			"passed dns here: localhost resolvable | want true | found true",
			`passed dns here: localhost addrs | want an element "127.0.0.1" | found "127.0.0.1"`,
		}},
	})
}

func TestDNSServerThatIsSilent(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test
	got := askAll(t, files(t, nil), nil, "dns: {x.test: {resolvable: false, server: \""+conn.LocalAddr().String()+"\", timeout: 100}}")
	if len(got) != 1 || got[0] != "passed dns x.test resolvable | want false | found false (no answer in time)" {
		t.Errorf("got %q", got)
	}
}

func TestWithPort(t *testing.T) {
	for server, want := range map[string]string{"10.0.0.1": "10.0.0.1:53", "10.0.0.1:54": "10.0.0.1:54", "fd00::1": "[fd00::1]:53", "[fd00::1]:54": "[fd00::1]:54"} {
		if got := withPort(server, "53"); got != want {
			t.Errorf("%s: got %s, want %s", server, got, want)
		}
	}
}
