package rpm

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// Package is one rpm file, as its header names it.
type Package struct {
	Name string
	// Version is [EPOCH:]VERSION-RELEASE, without an epoch of 0.
	Version string
	// Arch as rpm has it: x86_64, noarch, src.
	Arch string
	// File is its name without a directory.
	File string
	// LeftOut is why it is no part of the repository; empty: it is.
	LeftOut string
}

// Debug says whether a package is what rpmbuild makes for debuggers.
func (p Package) Debug() bool {
	return strings.HasSuffix(p.Name, "-debuginfo") || strings.HasSuffix(p.Name, "-debugsource")
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

// file is an rpm file that was read.
type file struct {
	Package
	nevra  rpmutils.NEVRA
	header *rpmutils.RpmHeader
	// sum is the SHA-256 of the file, size its length in bytes, and mtime when
	// it was written, in seconds of the epoch.
	sum         string
	size, mtime int64
}

// readDir reads the rpm files of a directory, in the order of their names.
func readDir(dir string) ([]file, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.rpm"))
	if err != nil {
		return nil, err
	}
	var all []file
	for _, name := range names {
		f, err := readFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func readFile(name string) (file, error) {
	r, err := os.Open(name)
	if err != nil {
		return file{}, err
	}
	defer r.Close() //nolint:errcheck // read only
	h, err := rpmutils.ReadHeader(r)
	if err != nil {
		return file{}, &PackageError{filepath.Base(name), fmt.Errorf("no rpm package: %w", err)}
	}
	nevra, err := h.GetNEVRA()
	if err != nil {
		return file{}, &PackageError{filepath.Base(name), fmt.Errorf("no rpm package: %w", err)}
	}
	info, err := r.Stat()
	if err != nil {
		return file{}, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return file{}, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return file{}, err
	}
	f := file{nevra: *nevra, header: h, sum: hex.EncodeToString(sum.Sum(nil)), size: info.Size(), mtime: info.ModTime().Unix()}
	f.Package = Package{Name: nevra.Name, Version: versionOf(*nevra), Arch: archOf(h, nevra.Arch), File: filepath.Base(name)}
	return f, nil
}

// wrong is an error that blames this package.
func (f file) wrong(format string, args ...any) error {
	return &PackageError{f.File, fmt.Errorf(format, args...)}
}

func versionOf(n rpmutils.NEVRA) string {
	v := n.Version + "-" + n.Release
	if n.Epoch != "" && n.Epoch != "0" {
		v = n.Epoch + ":" + v
	}
	return v
}

// sourcePackage is a tag that source packages have; what their ARCH says is
// where they were made.
const sourcePackage = 1106

func archOf(h *rpmutils.RpmHeader, arch string) string {
	if h.HasTag(sourcePackage) || !h.HasTag(rpmutils.SOURCERPM) {
		return "src"
	}
	return arch
}

// natives are the architectures that a machine installs, by Go's name for it.
var natives = map[string][]string{
	"amd64": {"noarch", "x86_64", "amd64", "x86_64_v2"}, "arm64": {"noarch", "aarch64"}, "386": {"noarch", "i686", "i586", "i386"},
	"arm": {"noarch", "armv7hl"}, "ppc64le": {"noarch", "ppc64le"}, "s390x": {"noarch", "s390x"}, "riscv64": {"noarch", "riscv64"},
}

// choose says which files are no part of a repository: source packages, what
// this machine cannot install, and all versions of a package but the highest.
func choose(all []file) {
	fits := natives[runtime.GOARCH]
	for i := range all {
		f := &all[i]
		switch {
		case f.Arch == "src":
			f.LeftOut = "it is a source package"
		case !slices.Contains(fits, f.Arch):
			f.LeftOut = fmt.Sprintf("it is for %s, this machine is %s", f.Arch, fits[min(1, len(fits)-1)])
		}
	}
	for i := range all {
		for j := range all {
			if all[i].LeftOut != "" || all[j].LeftOut != "" || i == j || all[i].Name != all[j].Name {
				continue
			}
			if c := rpmutils.NEVRAcmp(all[i].nevra, all[j].nevra); c < 0 || c == 0 && i > j {
				all[i].LeftOut = fmt.Sprintf("%s is %s", all[j].File, all[j].Version)
			}
		}
	}
}

// texts are the strings of a tag; none, if it is not there.
func (f file) texts(tag int) []string {
	all, err := f.header.GetStrings(tag)
	if err != nil {
		return nil
	}
	return all
}

// text is the first string of a tag: of a translated one, the untranslated.
func (f file) text(tag int) string {
	if all := f.texts(tag); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (f file) numbers(tag int) []uint32 {
	all, err := f.header.GetUint32s(tag)
	if err != nil {
		return nil
	}
	return all
}

func (f file) number(tag int) uint32 {
	if all := f.numbers(tag); len(all) > 0 {
		return all[0]
	}
	return 0
}

// files that the package owns. It is an error if its lists do not fit.
func (f file) files() ([]rpmutils.FileInfo, error) {
	all, err := f.header.GetFiles()
	if err != nil {
		return nil, errors.Join(errors.New("its list of files cannot be read"), err)
	}
	return all, nil
}
