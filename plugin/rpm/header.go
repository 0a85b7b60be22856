package rpm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// blob is one of the two headers of an rpm file, in the file's own bytes: an
// index of entries and a store that they point into. What has the same length
// afterwards is changed in place. rpm's docs/manual/format_header.md.
type blob struct {
	// all is the header, its magic included.
	all   []byte
	index []entry
	store []byte
}

// entry of the index: a tag, and where in the store its values are.
type entry struct{ Tag, Type, Offset, Count int32 }

// introSize is magic, version, and the two counts; each entry is indexSize.
const (
	introSize = 16
	indexSize = 16
)

// errHeader: go-rpmutils has read the file before us, so it does not come.
var errHeader = errors.New("the header does not hold what it says")

// openBlob views the header at the beginning of b.
func openBlob(b []byte) (blob, error) {
	if len(b) < introSize {
		return blob{}, errHeader
	}
	n, size := int(binary.BigEndian.Uint32(b[8:])), int(binary.BigEndian.Uint32(b[12:]))
	end := introSize + n*indexSize + size
	if n < 0 || size < 0 || end > len(b) {
		return blob{}, errHeader
	}
	h := blob{all: b[:end], index: make([]entry, n), store: b[introSize+n*indexSize : end]}
	err := binary.Read(bytes.NewReader(b[introSize:]), binary.BigEndian, h.index)
	return h, err
}

// at is the store from a tag's values on, and how many they are.
func (h blob) at(tag int) ([]byte, int) {
	for _, e := range h.index {
		if int(e.Tag) == tag && e.Offset >= 0 && int(e.Offset) <= len(h.store) {
			return h.store[e.Offset:], int(e.Count)
		}
	}
	return nil, 0
}

// texts are a tag's strings, each the bytes that they are in the store.
func (h blob) texts(tag int) [][]byte {
	rest, n := h.at(tag)
	var all [][]byte
	for range n {
		end := bytes.IndexByte(rest, 0)
		if end < 0 {
			return all
		}
		all, rest = append(all, rest[:end]), rest[end+1:]
	}
	return all
}

// replace puts text in the place of one that has the same length.
func replace(old []byte, text string) error {
	if len(old) != len(text) {
		return fmt.Errorf("%q is not as long as %q", text, old)
	}
	copy(old, text)
	return nil
}

// numbers are the bytes of a tag's 32-bit values.
func (h blob) numbers(tag int) [][]byte {
	rest, n := h.at(tag)
	var all [][]byte
	for ; n > 0 && len(rest) >= 4; n-- {
		all, rest = append(all, rest[:4]), rest[4:]
	}
	return all
}

// signed are the tags of signatures, in the signature header.
var signed = []int{
	rpmutils.SIG_DSA, rpmutils.SIG_RSA, openPGP,
	rpmutils.SIG_PGP - signatureBase, rpmutils.SIG_GPG - signatureBase,
}

// signatureBase is what go-rpmutils adds to tags of the signature header;
// openPGP has all signatures since rpm 6.
const (
	signatureBase = 16384
	openPGP       = 278
)

// isSigned says whether there is a signature that a change would break.
func (h blob) isSigned() bool {
	for _, tag := range signed {
		if _, n := h.at(tag); n > 0 {
			return true
		}
	}
	return false
}
