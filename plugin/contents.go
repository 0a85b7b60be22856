package plugin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"

	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// Caps on what is read of a package, and on what that takes to unpack: a build
// is untrusted code, and a list is for a reader.
const (
	mostContents  = 1000
	mostUnpacked  = 1 << 30
	largestListed = 64 << 20
	mostMemory    = 256 << 20
)

// contents are the files in a package, the first of them and how many there
// are. It lists debs, pacman's and apk's; of other files it knows nothing.
func contents(name string, size int64, r io.Reader) ([]result.File, int, error) {
	if size > largestListed {
		return nil, 0, nil
	}
	is := func(format string) bool { return strings.HasSuffix(name, "."+source.Ending(format)) }
	ending, data, err := "", r, error(nil)
	switch {
	case is("deb"):
		ending, data, err = arMember(r, "data.tar")
	case is("pacman"):
		ending = path.Ext(name)
	case is("apk"):
		ending = ".gz" // what is signed, and how, comes before it as if it were of the same archive
	default:
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	plain, err := decompressed(ending, data)
	if err != nil {
		return nil, 0, err
	}
	return tarContents(io.LimitReader(plain, mostUnpacked))
}

// tarContents are the files of a tar that are no directories, nor what pacman
// and apk have in a package beside its files: .PKGINFO, .MTREE, .INSTALL.
func tarContents(r io.Reader) (files []result.File, count int, err error) {
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, count, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if h.Typeflag == tar.TypeDir || strings.HasPrefix(h.Name, ".") && !strings.HasPrefix(h.Name, "./") {
			continue
		}
		count++
		if len(files) < mostContents {
			files = append(files, result.File{Path: path.Join("/", h.Name), Size: h.Size})
		}
	}
}

// arMember finds the member of an archive of ar's whose name begins so, and how
// that ends: .xz, say.
func arMember(r io.Reader, prefix string) (ending string, data io.Reader, err error) {
	const magic = "!<arch>\n"
	start := make([]byte, len(magic))
	if _, err := io.ReadFull(r, start); err != nil || string(start) != magic {
		return "", nil, errors.New("not a deb")
	}
	for {
		header := make([]byte, 60) // name 16, time 12, owner 6, group 6, mode 8, size 10, end 2
		if _, err := io.ReadFull(r, header); err != nil {
			return "", nil, fmt.Errorf("no %s in it", prefix)
		}
		name := strings.TrimSuffix(string(bytes.TrimRight(header[:16], " ")), "/")
		size, err := strconv.ParseInt(string(bytes.TrimSpace(header[48:58])), 10, 64)
		if err != nil || size < 0 {
			return "", nil, fmt.Errorf("the size of %q is %q", name, header[48:58])
		}
		if strings.HasPrefix(name, prefix) {
			return path.Ext(name), io.LimitReader(r, size), nil
		}
		if _, err := io.CopyN(io.Discard, r, size+size%2); err != nil {
			return "", nil, err
		}
	}
}

// decompressed is what was compressed as a file's ending says.
func decompressed(ending string, r io.Reader) (io.Reader, error) {
	switch ending {
	case ".xz":
		return xz.NewReader(r, mostMemory)
	case ".gz":
		return gzip.NewReader(r)
	case ".zst":
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostMemory))
	case ".tar":
		return r, nil
	}
	return nil, fmt.Errorf("compressed as %q", ending)
}
