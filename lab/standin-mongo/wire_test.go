package main

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

// pair is what a message and its answer go through.
type pair struct {
	*bytes.Buffer
	out bytes.Buffer
}

func (p *pair) Write(b []byte) (int, error) { return p.out.Write(b) }

// query is a command in the oldest kind of message.
func query(command string) []byte {
	body := append([]byte("\x00\x00\x00\x00admin.$cmd\x00\x00\x00\x00\x00\xff\xff\xff\xff"), new(document).integer(command, 1).encode()...)
	h := []byte{byte(headerSize + len(body)), 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0xd4, 0x07, 0, 0}
	return append(h, body...)
}

func TestOldestGreetingIsAnsweredInKind(t *testing.T) {
	p := &pair{Buffer: bytes.NewBuffer(query("isMaster"))}
	if err := serve(p); err != nil {
		t.Fatal(err)
	}
	h, body, err := receive(&p.out)
	if err != nil {
		t.Fatal(err)
	}
	if h.Op != opReply || h.InReplyTo != 7 {
		t.Errorf("answered with %+v", h)
	}
	if want := "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"; !strings.HasPrefix(string(body), want) {
		t.Errorf("a reply begins with no flag, no cursor, one document; got %q", body)
	}
	if !bytes.Contains(body, new(document).boolean("isWritablePrimary", true).Bytes()) {
		t.Errorf("hello is not answered: %q", body)
	}
}

func TestPingOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- listen(l) }()
	t.Cleanup(func() {
		_ = l.Close() // it ends by this
		<-ended       //nolint:errcheck // it tells that it was closed
	})
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := shell([]string{"--quiet", "--port", port, "--eval", "db.adminCommand('ping')"}); err != nil {
		t.Error(err)
	}
	if err := shell([]string{"--port=" + port, "--eval", "db.stats()"}); err == nil {
		t.Error("the shell pretends to know more than ping")
	}
}

func TestAnythingElseIsRefused(t *testing.T) {
	client, server := net.Pipe()
	go func() { _ = serve(server) }() // what it answers is looked at
	err := ask(client, "insert")
	if err == nil || !strings.Contains(err.Error(), "knows hello and ping: insert") {
		t.Errorf("insert: %v", err)
	}
}

func TestMalformedMessagesEndTheConversation(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":     "",
		"HTTP":        "GET / HTTP/1.1\r\n\r\n",
		"too short":   "\x0f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00",
		"no document": "\x10\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00",
		"no name":     "\x12\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00ab",
		"unknown":     "\x12\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00ab",
	} {
		if err := serve(&pair{Buffer: bytes.NewBufferString(text)}); err == nil {
			t.Errorf("%s is answered", name)
		}
	}
}
