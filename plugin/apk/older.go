package apk

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha1" //nolint:gosec // apk's own
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Older writes to OUT, which it makes, for each apk file in DIR one that
// upgrades to it: the same files and scripts, an older version, and
// configuration and init scripts that differ in an empty line and are a day
// older. What must be of the same version as another of the packages stays so.
// Nobody signs them. A file that is no package is a *PackageError.
func Older(dir, out string) ([]Package, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.apk"))
	if err != nil {
		return nil, err
	}
	versions := map[string]string{}
	for _, name := range names {
		f, err := open(name)
		if err != nil {
			return nil, err
		}
		versions[f.Version] = olderVersion(f.Version)
		if err := f.close(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	var made []Package
	for _, name := range names {
		p, err := older(name, out, versions)
		if err != nil {
			return nil, err
		}
		made = append(made, p)
	}
	return made, nil
}

// olderVersion is the release before a version's, or what comes before its
// first release: what depends on at least that version can be without it then.
func olderVersion(version string) string {
	base, release, _ := strings.Cut(version, "-r")
	if n, err := strconv.Atoi(release); err == nil && n > 0 {
		return base + "-r" + strconv.Itoa(n-1)
	}
	base, commit, known := strings.Cut(base, "~")
	if known {
		commit = "~" + commit
	}
	return base + "_alpha" + commit + "-r0"
}

// older writes one package.
func older(name, out string, versions map[string]string) (p Package, err error) {
	f, err := open(name)
	if err != nil {
		return Package{}, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	data, err := olderData(f.data)
	if err != nil {
		return Package{}, &PackageError{f.File, err}
	}
	sum := sha256.Sum256(data)
	for i, m := range f.control {
		if m.header.Name == infoFile {
			f.control[i].content = []byte(olderInfo(string(m.content), versions, hex.EncodeToString(sum[:])))
		}
	}
	control, err := packed(f.control)
	if err != nil {
		return Package{}, &PackageError{f.File, err}
	}
	p = Package{Name: f.Name, Version: versions[f.Version]}
	p.File = p.Name + "-" + p.Version + ".apk"
	return p, os.WriteFile(filepath.Join(out, p.File), append(control, data...), 0o644) //nolint:gosec // for everybody to read
}

// olderInfo is a .PKGINFO with other versions, and the sum of other data.
func olderInfo(text string, versions map[string]string, sum string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
		switch {
		case !ok:
			b.WriteString(line)
			continue
		case key == "pkgver":
			value = versions[value]
		case key == "datahash":
			value = sum
		case key == "depend" || key == "provides" || key == "replaces" || key == "install_if":
			value = olderWords(value, versions)
		}
		b.WriteString(key + " = " + value + "\n")
	}
	return b.String()
}

// olderWords are dependencies, with another version where they name one.
func olderWords(text string, versions map[string]string) string {
	words := strings.Fields(text)
	for i, word := range words {
		at := strings.LastIndexAny(word, "<>=~")
		if other := versions[word[at+1:]]; at >= 0 && other != "" {
			words[i] = word[:at+1] + other
		}
	}
	return strings.Join(words, " ")
}

// sumRecord is where a tar has the SHA-1 of a file for apk's database.
const sumRecord = "APK-TOOLS.checksum.SHA1"

const day = 24 * time.Hour

// olderData is a package's data, compressed, whose configuration and init
// scripts differ. There may be none.
func olderData(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	packing := gzip.NewWriter(&b)
	to := tar.NewWriter(packing)
	plain, err := gzip.NewReader(r)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for from := tar.NewReader(plain); ; {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			err := errors.Join(to.Close(), packing.Close())
			return b.Bytes(), err
		}
		if err != nil {
			return nil, err
		}
		if err := copyOlder(to, h, from); err != nil {
			return nil, err
		}
	}
}

// copyOlder copies one member, changed if that is to be told by an upgrade.
func copyOlder(to *tar.Writer, h *tar.Header, from io.Reader) error {
	if h.Typeflag != tar.TypeReg || h.Size == 0 || !strings.HasPrefix(h.Name, "etc/") {
		if err := to.WriteHeader(h); err != nil {
			return err
		}
		_, err := io.Copy(to, from)
		return err
	}
	content, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	content = append(content, '\n')
	h.ModTime = h.ModTime.Add(-day)
	if h.PAXRecords[sumRecord] != "" {
		sum := sha1.Sum(content) //nolint:gosec // apk's own
		h.PAXRecords[sumRecord] = hex.EncodeToString(sum[:])
	}
	return add(to, member{h, content})
}
