package apk

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Package is one apk file, as its .PKGINFO names it.
type Package struct {
	Name string
	// Version with its release: 1.4.0-r0.
	Version string
	// File is its name without a directory.
	File string
}

// PackageError is what is wrong with a package: no fault of the host's.
type PackageError struct {
	// File is its name without a directory.
	File string
	Err  error
}

// Error names the file first.
func (e *PackageError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap is what is wrong.
func (e *PackageError) Unwrap() error { return e.Err }

// member is one thing in a tar.
type member struct {
	header  *tar.Header
	content []byte
}

// file is an apk file that was read up to its data.
type file struct {
	Package
	control []member
	// data is the rest, still compressed.
	data io.Reader
	// close ends the reading of data.
	close func() error
}

const (
	infoFile  = ".PKGINFO"
	signature = ".SIGN."
)

// largestControl is what a control part may be in bytes.
const largestControl = 64 << 20

// open reads a file up to its data. The caller closes it.
func open(name string) (file, error) {
	f := file{Package: Package{File: filepath.Base(name)}}
	r, err := os.Open(name)
	if err != nil {
		return f, err
	}
	f.close = r.Close
	if err := f.read(bufio.NewReader(r)); err != nil {
		return f, errors.Join(&PackageError{f.File, fmt.Errorf("no apk package: %w", err)}, r.Close())
	}
	return f, nil
}

// read takes in the streams before the data: those that begin with a signature,
// and one more.
func (f *file) read(r *bufio.Reader) error {
	f.data = r
	for {
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		z.Multistream(false)
		if f.control, err = members(io.LimitReader(z, largestControl)); err != nil {
			return err
		}
		if len(f.control) == 0 || !strings.HasPrefix(f.control[0].header.Name, signature) {
			break
		}
	}
	f.Name, f.Version = f.says("pkgname"), f.says("pkgver")
	if f.Name == "" || f.Version == "" {
		return errors.New("its " + infoFile + " says no pkgname or pkgver")
	}
	return nil
}

// members are all of a tar, which need not have an end.
func members(r io.Reader) ([]member, error) {
	var all []member
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			// What is after its end belongs to the stream.
			_, err := io.Copy(io.Discard, r)
			return all, err
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(t)
		if err != nil {
			return nil, err
		}
		all = append(all, member{h, content})
	}
}

// says is what .PKGINFO has for a key, the first of several.
func (f file) says(key string) string {
	for _, m := range f.control {
		if m.header.Name != infoFile {
			continue
		}
		for line := range strings.Lines(string(m.content)) {
			if k, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " = "); ok && k == key {
				return value
			}
		}
	}
	return ""
}

// packed are members as a gzip stream of a tar without an end.
func packed(all []member) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	for _, m := range all {
		if err := add(t, m); err != nil {
			return nil, err
		}
	}
	err := errors.Join(t.Flush(), z.Close())
	return b.Bytes(), err
}

func add(t *tar.Writer, m member) error {
	m.header.Size = int64(len(m.content))
	if err := t.WriteHeader(m.header); err != nil {
		return err
	}
	_, err := t.Write(m.content)
	return err
}
