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
	out := j.output()
	stream, err := j.engine.CopyOut(ctx, j.id, s.Path)
	if err != nil {
		return fmt.Errorf("hand over the packages: %w", err)
	}
	out.tar, err = spool(stream)
	if err := errors.Join(err, stream.Close()); err != nil {
		return fmt.Errorf("hand over the packages: %w", err)
	}
	if len(out.packages) == 0 {
		return &failure{result.Problem{
			Title: "the build made no package",
			Hint:  "does debian/control have a binary package for this architecture?",
			Lines: j.log.tail(), Log: j.log.here(),
		}}
	}
	return j.unpack(out)
}

func spool(r io.Reader) (*os.File, error) {
	f, err := scratch()
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(f, r)
	return f, err
}

// unpack writes the packages into the distro's directory.
func (j *job) unpack(out *output) error {
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
		return fmt.Errorf("hand over the packages: %w", err)
	}
	return j.describeFiles(dir, names, out)
}

// describeFiles lists what was handed over, with sizes and digests, and
// leaves the repository's index out of it.
func (j *job) describeFiles(dir *os.Root, names []string, out *output) error {
	known := out.files
	out.files = nil
	for _, name := range names {
		if path.Base(name) == "Packages" {
			if err := dir.Remove(name); err != nil {
				return err
			}
			continue
		}
		p := result.Package{}
		if i := slices.IndexFunc(known, func(k result.Package) bool { return path.Base(k.Path) == path.Base(name) }); i >= 0 {
			p = known[i]
		}
		p.Distro, p.Path = j.Distro, path.Join(j.Distro, name)
		var err error
		if p.SHA256, p.Size, err = sum(dir, name); err != nil {
			return err
		}
		out.files = append(out.files, p)
		if p.Name != "" {
			j.say("✓ %s (%s)", path.Base(name), sizeWords(p.Size))
		}
	}
	return nil
}

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
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes >= 1e3:
		return fmt.Sprintf("%d kB", bytes/1e3)
	}
	return fmt.Sprintf("%d B", bytes)
}
