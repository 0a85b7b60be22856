package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// Caps on what a build may hand over: a build is untrusted code.
const (
	maxFiles = 10_000
	maxBytes = 16 << 30
)

// copyOut hands over what the build left: into the output directory for the
// user, and as it is for the machines it is tested on.
func (j *job) copyOut(ctx context.Context, s plan.CopyOut) error {
	err := j.fetch(ctx, s.Path)
	if err == nil {
		err = j.unpack(j.output())
	}
	if errors.Is(err, errNoPackage) || errors.Is(err, engine.ErrNotFound) {
		return j.unhanded()
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("hand over the packages: %w", err)
	if errors.Is(err, engine.ErrHostile) {
		return &failure{*j.evidence(err)}
	}
	return err
}

var errNoPackage = errors.New("the build made no package")

// fetch holds what the build left for the machines it is tested on.
func (j *job) fetch(ctx context.Context, dir string) error {
	out := j.output()
	stream, err := j.engine.CopyOut(ctx, j.id, dir)
	if err != nil {
		return err
	}
	err = j.carry("handing over "+dir, stream, func(r io.Reader) (err error) {
		out.tar, err = spool(r, maxBytes)
		return err
	})
	if err := errors.Join(err, stream.Close()); err != nil {
		return err
	}
	if len(out.packages) == 0 {
		return errNoPackage
	}
	return nil
}

// spool holds a stream in a temporary file, up to a limit.
func spool(r io.Reader, limit int64) (*os.File, error) {
	f, err := scratch()
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(f, io.LimitReader(r, limit+1))
	if n > limit {
		err = fmt.Errorf("%w: more than %s", engine.ErrHostile, sizeWords(limit))
	}
	return f, err
}

// unpack writes the packages into the distro's directory. Builds of the same
// distro do so in turn: each brings an index of the same name.
func (j *job) unpack(out *output) error {
	j.unpacking.Lock()
	defer j.unpacking.Unlock()
	if err := j.o.Dir.MkdirAll(j.Distro, 0o755); err != nil {
		return err
	}
	dir, err := j.o.Dir.OpenRoot(j.Distro)
	if err != nil {
		return err
	}
	defer dir.Close() //nolint:errcheck // nothing buffered
	from, err := reread(out.tar)
	if err != nil {
		return err
	}
	names, err := engine.Unpack(from, dir, engine.UnpackLimits{Files: maxFiles, Bytes: maxBytes, Owner: j.o.Owner})
	if err != nil {
		return err
	}
	return j.describeFiles(dir, names, out)
}

// describeFiles lists what was handed over, with sizes and digests, and
// leaves the repository's index out of it.
func (j *job) describeFiles(dir *os.Root, names []string, out *output) error {
	var files []result.Package
	defer dir.Remove(indexDir) //nolint:errcheck // mostly there is none
	for _, name := range names {
		if isIndex(name) {
			if err := dir.Remove(name); err != nil {
				return err
			}
			continue
		}
		p := result.Package{}
		if i := slices.IndexFunc(out.announced, func(a result.Package) bool { return path.Base(a.Path) == path.Base(name) }); i >= 0 {
			p = out.announced[i]
		}
		p.Distro, p.Path = j.Distro, path.Join(j.Distro, name)
		var err error
		if p.SHA256, p.Size, err = sum(dir, name); err != nil {
			return err
		}
		j.list(dir, name, &p)
		files = append(files, p)
		if p.Name != "" {
			j.say("✓ %s (%s)", path.Base(name), sizeWords(p.Size))
		}
	}
	out.files = files
	return nil
}

// list tells what is in a package. What cannot be read is told in the log: it
// is tested whether it can be installed.
func (j *job) list(dir *os.Root, name string, p *result.Package) {
	if j.o.Contents == nil || p.Name == "" {
		return
	}
	f, err := dir.Open(name)
	if err == nil {
		defer f.Close() //nolint:errcheck // read only
		p.Files, p.FileCount, err = j.o.Contents(name, p.Size, f)
	}
	if err != nil {
		j.log.line(fmt.Sprintf("what is in %s is not listed: %v", path.Base(name), err))
	}
}

// isIndex says whether a file is of a repository's index, by the formats'
// customs.
func isIndex(name string) bool {
	return path.Base(name) == "Packages" || strings.HasPrefix(name, indexDir+"/") || path.Base(name) == pacmanIndex || path.Base(name) == apkIndex
}

// indexDir is where an rpm repository has its index.
const indexDir = "repodata"

// pacmanIndex is what a repository for pacman has.
const pacmanIndex = "drone-packages.db"

// apkIndex is what a repository for apk has.
const apkIndex = "APKINDEX.tar.gz"

func sum(dir *os.Root, name string) (string, int64, error) {
	f, err := dir.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// sizeWords is a size as people say it.
func sizeWords(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes >= 1e3:
		return fmt.Sprintf("%d kB", bytes/1e3)
	}
	return fmt.Sprintf("%d B", bytes)
}
