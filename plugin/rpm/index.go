package rpm

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
)

// part is one file of a repository's metadata.
type part struct {
	kind string
	open []byte
}

// Index writes DIR/repodata for the rpm files in DIR: what createrepo does. It
// returns them in the order of their names, those that are left out too.
// Packages of one name are one: the highest version. No time of day is in it:
// the same packages make the same metadata.
func Index(dir string) ([]Package, error) {
	all, err := readDir(dir)
	if err != nil {
		return nil, err
	}
	choose(all)
	var listed []file
	var packages []Package
	revision := int64(0)
	for _, f := range all {
		packages = append(packages, f.Package)
		if f.LeftOut == "" {
			listed = append(listed, f)
			revision = max(revision, f.mtime)
		}
	}
	parts, err := describe(listed)
	if err != nil {
		return nil, err
	}
	return packages, writeRepodata(filepath.Join(dir, "repodata"), parts, revision)
}

// describe makes the three documents about packages.
func describe(all []file) ([]part, error) {
	primary := primaryDoc{XMLNS: "http://linux.duke.edu/metadata/common", RPM: rpmNamespace, Count: len(all)}
	lists := listsDoc{XMLNS: "http://linux.duke.edu/metadata/filelists", Count: len(all)}
	other := otherDoc{XMLNS: "http://linux.duke.edu/metadata/other", Count: len(all)}
	for _, f := range all {
		files, err := f.files()
		if err != nil {
			return nil, f.wrong("%w", err)
		}
		primary.Packages = append(primary.Packages, f.primary(files))
		lists.Packages = append(lists.Packages, f.list(files))
		other.Packages = append(other.Packages, f.other())
	}
	var parts []part
	for _, doc := range []struct {
		kind string
		v    any
	}{{"primary", primary}, {"filelists", lists}, {"other", other}} {
		text, err := document(doc.v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doc.kind, err)
		}
		parts = append(parts, part{doc.kind, text})
	}
	return parts, nil
}

func document(v any) ([]byte, error) {
	text, err := xml.MarshalIndent(v, "", " ")
	return append([]byte(xml.Header), append(text, '\n')...), err
}

// writeRepodata writes the parts, compressed, and repomd.xml, which names
// them, last.
func writeRepodata(dir string, parts []part, revision int64) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	index := repomdDoc{XMLNS: "http://linux.duke.edu/metadata/repo", RPM: rpmNamespace, Revision: revision}
	for _, p := range parts {
		packed, err := compress(p.open)
		if err != nil {
			return err
		}
		name := p.kind + ".xml.gz"
		if err := os.WriteFile(filepath.Join(dir, name), packed, 0o644); err != nil { //nolint:gosec // for everybody to read
			return err
		}
		index.Data = append(index.Data, repomdData{
			Type: p.kind, Checksum: sum256(packed), OpenChecksum: sum256(p.open), Location: location{"repodata/" + name},
			Timestamp: revision, Size: len(packed), OpenSize: len(p.open),
		})
	}
	text, err := document(index)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "repomd.xml"), text, 0o644) //nolint:gosec // for everybody to read
}

func compress(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

func sum256(b []byte) checksum {
	sum := sha256.Sum256(b)
	return checksum{Type: "sha256", Sum: hex.EncodeToString(sum[:])}
}
