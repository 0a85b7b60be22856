package rpm

import (
	"crypto/md5"  //nolint:gosec // rpm's own
	"crypto/sha1" //nolint:gosec // rpm's own
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// Older writes to OUT, which it makes, for each package of a repository in
// DIR one that upgrades to it: the same files and scriptlets, a lower Release,
// and configuration files and units that differ in a letter of a comment. What
// must be of the same version as another of the packages stays so. All is a
// day older. Packages for debuggers, and those that Index leaves out, have
// none. It is an error if a package is signed: nobody here has its key.
func Older(dir, out string) ([]Package, error) {
	all, err := readDir(dir)
	if err != nil {
		return nil, err
	}
	choose(all)
	all = slices.DeleteFunc(all, func(f file) bool { return f.LeftOut != "" || f.Debug() })
	versions := map[string]string{}
	for _, f := range all {
		release := olderRelease(f.nevra.Release)
		versions[f.nevra.Version+"-"+f.nevra.Release] = f.nevra.Version + "-" + release
		versions[f.Version] = strings.TrimSuffix(f.Version, f.nevra.Release) + release
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	var made []Package
	for _, f := range all {
		p, err := f.older(dir, out, versions)
		if err != nil {
			return nil, err
		}
		made = append(made, p)
	}
	return made, nil
}

// olderRelease is lower than a release and has its length: a digit less, or
// the tilde that rpm sorts before everything.
func olderRelease(release string) string {
	first := byte('~')
	if c := release[0]; c > '0' && c <= '9' {
		first = c - 1
	}
	return string(first) + release[1:]
}

// older writes one package.
func (f file) older(dir, out string, versions map[string]string) (Package, error) {
	raw, err := os.ReadFile(filepath.Join(dir, f.File))
	if err != nil {
		return Package{}, err
	}
	at := f.header.GetRange()
	signature, err := openBlob(raw[leadSize:at.Start])
	if err != nil {
		return Package{}, f.wrong("%w", err)
	}
	main, err := openBlob(raw[at.Start:at.End])
	if err != nil {
		return Package{}, f.wrong("%w", err)
	}
	if signature.isSigned() {
		return Package{}, f.wrong("it is signed, so an older version of it cannot be made up: name a real one (test.upgrade_from), or test it unsigned")
	}
	release := olderRelease(f.nevra.Release)
	if err := main.setVersions(release, versions); err != nil {
		return Package{}, f.wrong("%w", err)
	}
	main.makeOlder()
	packed, err := f.olderPayload(main, raw[at.End:])
	if err != nil {
		return Package{}, f.wrong("%w", err)
	}
	signature.sign(main.all, packed)
	p := f.Package
	p.Version = versions[p.Version]
	p.File = fmt.Sprintf("%s-%s-%s.%s.rpm", f.Name, f.nevra.Version, release, f.Arch)
	return p, os.WriteFile(filepath.Join(out, p.File), slices.Concat(raw[:at.End], packed), 0o644) //nolint:gosec // for everybody to read
}

// leadSize is the beginning of every rpm file, which says nothing any more.
const leadSize = 96

// day in seconds.
const day = 24 * 60 * 60

// setVersions changes the release, and every relation to one of the versions.
func (h blob) setVersions(release string, versions map[string]string) error {
	for _, old := range h.texts(rpmutils.RELEASE) {
		if err := replace(old, release); err != nil {
			return err
		}
	}
	for _, tags := range []relationTags{provides, requires, conflicts, obsoletes, weak(recommendName), weak(suggestName), weak(supplementName), weak(enhanceName)} {
		for _, text := range h.texts(tags.version) {
			if older := versions[string(text)]; older != "" {
				if err := replace(text, older); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// makeOlder dates the files a day back: systemd looks at that.
func (h blob) makeOlder() {
	for _, when := range h.numbers(rpmutils.FILEMTIMES) {
		binary.BigEndian.PutUint32(when, binary.BigEndian.Uint32(when)-day)
	}
}

// payloadDigests are those in the header: of the payload as it is in the file,
// or unpacked. rpm 6 has three of each; their numbers are rpmtag.h's.
var payloadDigests = []struct {
	tag  int
	open bool
	hash func() hash.Hash
}{
	{5092, false, sha256.New}, {5097, true, sha256.New}, {5121, false, sha512.New}, {5122, true, sha512.New},
	{5123, false, func() hash.Hash { return sha3.New256() }}, {5124, true, func() hash.Hash { return sha3.New256() }},
}

// payloadSize is the payload's size in the file, since rpm 6.
const payloadSize = 5112

// olderPayload is one whose configuration and units differ, told to the
// header; the same one, if nothing is to be changed, or cannot be.
func (f file) olderPayload(h blob, packed []byte) ([]byte, error) {
	changed, different, open, err := f.touch(packed, func(info rpmutils.FileInfo) bool {
		unit := path.Base(path.Dir(info.Name())) == "system" && strings.Contains(info.Name(), "/systemd/")
		return info.Mode()&modeType == modeRegular && (unit || info.Flags()&rpmutils.RPMFILE_CONFIG != 0)
	})
	if err != nil || len(changed) == 0 {
		return packed, err
	}
	sums := h.texts(rpmutils.FILEDIGESTS)
	for _, c := range changed {
		if err := replace(sums[c.index], c.digest); err != nil {
			return nil, err
		}
	}
	for _, d := range payloadDigests {
		b := different
		if d.open {
			b = open
		}
		for _, text := range h.texts(d.tag) {
			if err := replace(text, hexOf(d.hash, b)); err != nil {
				return nil, err
			}
		}
	}
	if at, n := h.at(payloadSize); n > 0 {
		binary.BigEndian.PutUint64(at, uint64(len(different)))
	}
	return different, nil
}

func hexOf(sum func() hash.Hash, b []byte) string {
	h := sum()
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// sha3Header is the sum of the header that rpm 6 adds.
const sha3Header = 279

// sign puts right what a signature header says of a header and its payload:
// sums and sizes.
func (h blob) sign(header, payload []byte) {
	size := len(header) + len(payload)
	for _, n := range h.numbers(rpmutils.SIG_SIZE - signatureBase) {
		binary.BigEndian.PutUint32(n, uint32(size)) //nolint:gosec // larger ones have the other tag
	}
	if at, n := h.at(rpmutils.SIG_LONGSIGSIZE); n > 0 {
		binary.BigEndian.PutUint64(at, uint64(size)) //nolint:gosec // a size is positive
	}
	for _, text := range h.texts(rpmutils.SIG_SHA256) {
		copy(text, hexOf(sha256.New, header))
	}
	for _, text := range h.texts(sha3Header) {
		copy(text, hexOf(func() hash.Hash { return sha3.New256() }, header))
	}
	for _, text := range h.texts(rpmutils.SIG_SHA1) {
		copy(text, hexOf(sha1.New, header))
	}
	if at, n := h.at(rpmutils.SIG_MD5 - signatureBase); n == md5.Size {
		sum := md5.New() //nolint:gosec // rpm's own
		sum.Write(header)
		sum.Write(payload)
		copy(at, sum.Sum(nil))
	}
}
