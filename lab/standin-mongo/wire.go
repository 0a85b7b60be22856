package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// The three kinds of messages that a first conversation consists of. Drivers
// greet with the oldest one, as the server may be old.
const (
	opReply = 1
	opQuery = 2004
	opMsg   = 2013
)

// longest is more than any hello or ping has.
const longest = 1 << 20

// header begins every message, in little-endian order.
type header struct {
	Length, ID, InReplyTo, Op int32
}

const headerSize = 16

var errMalformed = errors.New("not a message of MongoDB's wire protocol")

// serve answers one message.
func serve(conn io.ReadWriter) error {
	h, body, err := receive(conn)
	if err != nil {
		return err
	}
	command, err := commandOf(h.Op, body)
	if err != nil {
		return err
	}
	return send(conn, header{InReplyTo: h.ID, Op: replyTo(h.Op)}, answer(command))
}

// ask sends a command and wants it to be answered with ok.
func ask(conn io.ReadWriter, command string) error {
	if err := send(conn, header{ID: 1, Op: opMsg}, new(document).integer(command, 1).text("$db", "admin")); err != nil {
		return err
	}
	_, body, err := receive(conn)
	if err != nil {
		return err
	}
	if !bytes.Contains(body, new(document).number("ok", 1).Bytes()) {
		return fmt.Errorf("%s was answered with %q", command, body)
	}
	return nil
}

func receive(r io.Reader) (header, []byte, error) {
	var h header
	if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
		return h, nil, err
	}
	if h.Length < headerSize || h.Length > longest {
		return h, nil, errMalformed
	}
	body := make([]byte, h.Length-headerSize)
	_, err := io.ReadFull(r, body)
	return h, body, err
}

func replyTo(op int32) int32 {
	if op == opQuery {
		return opReply
	}
	return opMsg
}

func send(w io.Writer, h header, d *document) error {
	body := new(bytes.Buffer)
	if h.Op == opReply {
		body.Write(append(make([]byte, 16), 1, 0, 0, 0)) // flags, cursor, first; one document
	} else {
		body.Write(make([]byte, 4+1)) // flags; a section with a document
	}
	body.Write(d.encode())
	h.Length = int32(headerSize + body.Len())
	message := new(bytes.Buffer)
	if err := binary.Write(message, binary.LittleEndian, h); err != nil {
		return err
	}
	message.Write(body.Bytes())
	_, err := w.Write(message.Bytes())
	return err
}

// commandOf is the name of the first field of the message's document.
func commandOf(op int32, body []byte) (string, error) {
	var skip int
	switch op {
	case opMsg:
		skip = 4 + 1
	case opQuery:
		name := bytes.IndexByte(body[min(4, len(body)):], 0)
		skip = 4 + name + 1 + 8
	default:
		return "", errMalformed
	}
	skip += 4 + 1 // the document's length, the field's type
	if len(body) <= skip {
		return "", errMalformed
	}
	name, _, ok := bytes.Cut(body[skip:], []byte{0})
	if !ok {
		return "", errMalformed
	}
	return string(name), nil
}

// answer is what a command is answered with.
func answer(command string) *document {
	d := new(document)
	switch command {
	case "hello", "isMaster", "ismaster":
		return d.boolean("helloOk", true).boolean("ismaster", true).boolean("isWritablePrimary", true).
			integer("maxBsonObjectSize", 16<<20).integer("maxMessageSizeBytes", 48000000).integer("maxWriteBatchSize", 100000).
			date("localTime", time.Now()).integer("minWireVersion", 0).integer("maxWireVersion", 25).number("ok", 1)
	case "ping", "endSessions":
		return d.number("ok", 1)
	}
	return d.number("ok", 0).integer("code", 59).text("codeName", "CommandNotFound").
		text("errmsg", "a stand-in for MongoDB, which knows hello and ping: "+command)
}

// document is one of BSON, as its fields are added.
type document struct{ bytes.Buffer }

func (d *document) field(kind byte, name string, value any) *document {
	d.WriteByte(kind)
	d.WriteString(name + "\x00")
	_ = binary.Write(d, binary.LittleEndian, value) // a buffer takes everything
	return d
}

func (d *document) number(name string, v float64) *document { return d.field(1, name, v) }
func (d *document) boolean(name string, v bool) *document   { return d.field(8, name, v) }
func (d *document) date(name string, v time.Time) *document { return d.field(9, name, v.UnixMilli()) }
func (d *document) integer(name string, v int32) *document  { return d.field(16, name, v) }
func (d *document) text(name, v string) *document {
	d.field(2, name, int32(len(v)+1))
	d.WriteString(v + "\x00")
	return d
}

func (d *document) encode() []byte {
	all := binary.LittleEndian.AppendUint32(nil, uint32(4+d.Len()+1))
	return append(append(all, d.Bytes()...), 0)
}
