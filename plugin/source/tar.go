package source

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// WriteTar writes the tree as an uncompressed tar stream: numeric owner 0,
// modes and times as they are, links as links, nothing else.
func (c *Checkout) WriteTar(w io.Writer) error {
	tw := tar.NewWriter(w)
	for _, name := range c.files {
		if err := c.writeFile(tw, name); err != nil {
			return fmt.Errorf("copy the source: %s: %w", name, err)
		}
	}
	return tw.Close()
}

func (c *Checkout) writeFile(tw *tar.Writer, name string) error {
	info, err := c.root.Lstat(name)
	if err != nil {
		return err
	}
	if !isSource(info.Mode()) {
		return nil // it was when it was listed
	}
	h, err := c.header(info, name)
	if err != nil {
		return err
	}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	f, err := c.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	if _, err = io.CopyN(tw, f, h.Size); errors.Is(err, io.EOF) {
		return errors.New("it shrank while it was read")
	}
	return err
}

func (c *Checkout) header(info os.FileInfo, name string) (*tar.Header, error) {
	var link string
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if link, err = c.root.Readlink(name); err != nil {
			return nil, err
		}
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return nil, err
	}
	h.Name, h.Uid, h.Gid, h.Uname, h.Gname = name, 0, 0, "", ""
	h.AccessTime, h.ChangeTime = time.Time{}, time.Time{}
	h.Format = tar.FormatPAX
	return h, nil
}
