package rpm

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"  //nolint:gosec // what old rpms name their files by
	"crypto/sha1" //nolint:gosec // what old rpms name their files by
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"regexp"

	"github.com/klauspost/compress/zstd"
	rpmutils "github.com/sassoftware/go-rpmutils"
	"github.com/sassoftware/go-rpmutils/cpio"
	"github.com/ulikunitz/xz"
)

// compressor packs and unpacks a payload.
type compressor struct {
	reader func(io.Reader) (io.Reader, error)
	writer func(io.Writer) (io.WriteCloser, error)
}

var compressors = map[string]compressor{
	"gzip": {
		func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
	},
	"zstd": {
		func(r io.Reader) (io.Reader, error) {
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2<<30))
		},
		func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) },
	},
	"xz": {
		func(r io.Reader) (io.Reader, error) { return xz.NewReader(r) },
		func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
	},
}

// digests are what FILEDIGESTALGO names; none named is MD5.
var digests = map[uint32]func() hash.Hash{
	0: md5.New, rpmutils.HASH_MD5: md5.New, rpmutils.HASH_SHA1: sha1.New, rpmutils.HASH_SHA256: sha256.New,
}

func digestOf(algorithm uint32, b []byte) string { return hexOf(digests[algorithm], b) }

// touched is a file whose content was changed: its place in the header's
// lists, and its new digest.
type touched struct {
	index  int
	digest string
}

// touch changes a letter in those files of a payload that wanted names,
// without changing what they mean, nor their length. It returns the payload
// packed as it was, and unpacked; nothing touched: neither.
func (f file) touch(packed []byte, wanted func(rpmutils.FileInfo) bool) ([]touched, []byte, []byte, error) {
	how, ok := compressors[f.text(rpmutils.PAYLOADCOMPRESSOR)]
	algorithm := f.number(rpmutils.FILEDIGESTALGO)
	if !ok || digests[algorithm] == nil {
		return nil, nil, nil, nil
	}
	r, err := how.reader(bytes.NewReader(packed))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("unpack: %w", err)
	}
	open, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("unpack: %w", err)
	}
	changed, err := f.touchFiles(open, algorithm, wanted)
	if err != nil || len(changed) == 0 {
		return nil, nil, nil, err
	}
	var b bytes.Buffer
	w, err := how.writer(&b)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("pack: %w", err)
	}
	_, err = w.Write(open)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, nil, nil, fmt.Errorf("pack: %w", err)
	}
	return changed, b.Bytes(), open, nil
}

// touchFiles changes an unpacked payload in place. A file whose bytes are not
// those that the header tells is left alone: hard links have theirs elsewhere.
func (f file) touchFiles(open []byte, algorithm uint32, wanted func(rpmutils.FileInfo) bool) ([]touched, error) {
	files, err := f.files()
	if err != nil {
		return nil, err
	}
	byName := map[string]int{}
	for i, info := range files {
		byName[info.Name()] = i
	}
	rest := bytes.NewReader(open)
	archive := cpio.NewReader(rest)
	var changed []touched
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return changed, nil
		}
		if errors.Is(err, cpio.ErrStrippedHeader) {
			return nil, nil // a package of rpm 6's own format: only its version is older
		}
		if err != nil {
			return nil, fmt.Errorf("read the payload: %w", err)
		}
		i, known := byName[path.Join("/", head.Filename())]
		start := len(open) - rest.Len()
		if !known || !wanted(files[i]) || int64(rest.Len()) < files[i].Size() {
			continue
		}
		content := open[start : start+int(files[i].Size())]
		if digestOf(algorithm, content) == files[i].Digest() && vary(content) {
			changed = append(changed, touched{i, digestOf(algorithm, content)})
		}
	}
}

// remark is a comment, or a unit's description: text that nothing is made of.
// "#include", "#!" and "# -*-" are none.
var remark = regexp.MustCompile(`(?m)^[ \t]*(?:[#;] |Description=)[ \t]*[A-Za-z]`)

// vary changes the case of a letter in a comment; where there is none, it
// takes away the last line's end. It says whether there was something to
// change.
func vary(content []byte) bool {
	switch at := remark.FindIndex(content); {
	case bytes.IndexByte(content, 0) >= 0:
		return false
	case at != nil:
		content[at[1]-1] ^= 'a' ^ 'A'
		return true
	case len(content) > 1 && content[len(content)-1] == '\n':
		content[len(content)-1] = ' '
		return true
	}
	return false
}
