package run

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
)

// maxFinished is how large one finished package may be, in bytes.
const maxFinished = 4 << 30

// copyFinished brings packages that were built elsewhere into the container.
// One that cannot be used, however often it is tried, is no fault of the
// host's.
func (j *job) copyFinished(ctx context.Context, s plan.CopyIn) error {
	for _, f := range s.Finished {
		err := j.copyFile(ctx, s.Dir, f)
		for _, ours := range []error{fs.ErrNotExist, fs.ErrPermission, fs.ErrInvalid, engine.ErrHostile} {
			if errors.Is(err, ours) {
				return &failure{*j.evidence(err)}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyFile comes by one package and says what it is.
func (j *job) copyFile(ctx context.Context, dir string, f plan.FinishedFile) error {
	stream, err := j.o.Finished(ctx, f.From, f.Format)
	if err != nil {
		return err
	}
	h := sha256.New()
	var file *os.File
	err = j.carry("fetching "+f.Name, stream, func(r io.Reader) (err error) {
		file, err = spool(io.TeeReader(r, h), maxFinished)
		return err
	})
	if err := errors.Join(err, stream.Close()); err != nil {
		return fmt.Errorf("come by %s: %w", f.Name, err)
	}
	defer file.Close() //nolint:errcheck // it has no name
	packed, size, err := tarOfFile(f.Name, file)
	if err != nil {
		return err
	}
	j.say("%s (%s, sha256 %s)", f.Name, sizeWords(size), hex.EncodeToString(h.Sum(nil)))
	return j.engine.CopyIn(ctx, j.id, dir, packed)
}

// tarOfFile packs one file, which may be large.
func tarOfFile(name string, file *os.File) (io.Reader, int64, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	content, err := reread(file)
	if err != nil {
		return nil, 0, err
	}
	var head bytes.Buffer
	err = tar.NewWriter(&head).WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size(), Typeflag: tar.TypeReg})
	const block = 512
	end := make([]byte, (block-info.Size()%block)%block+2*block)
	return io.MultiReader(&head, content, bytes.NewReader(end)), info.Size(), err
}

// unhanded is why nothing was handed over.
func (j *job) unhanded() *failure {
	if j.Kind == plan.Fetch {
		p := j.evidence(errors.New("none of the finished packages is for this machine"))
		p.Hint = "is there one of its architecture, or of architecture all?"
		return &failure{*p}
	}
	p := j.evidence(errNoPackage)
	p.Hint = "does debian/control have a binary package for this architecture?"
	return &failure{*p}
}
