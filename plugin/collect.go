package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// collect copies the shards' packages and logs into the output directory. Of
// the logs of one name, that of the job which counts stays. Packages that are
// not what their shard reported are left out of the run, which is a fault. It
// says which files it wrote.
func (s *session) collect(parts []result.Part, merged *result.Merged) ([]string, error) {
	c := collection{to: s.outputDir, sums: map[string]string{}, counts: map[string]int{}}
	for i, j := range merged.Jobs {
		if j.Log != "" && merged.Of[i] >= 0 {
			c.counts[j.Log] = merged.Of[i]
		}
	}
	for i, part := range parts {
		if err := c.take(i, part.From); err != nil {
			return nil, err
		}
	}
	var wrong []string
	merged.Packages = slices.DeleteFunc(merged.Packages, func(p result.Package) bool {
		problem := c.wrong(p)
		if problem != "" {
			wrong = append(wrong, problem)
		}
		return problem != ""
	})
	files := slices.Collect(maps.Keys(c.sums))
	if len(wrong) == 0 {
		return files, nil
	}
	if merged.Reason != "" {
		wrong = append([]string{merged.Reason}, wrong...)
	}
	merged.Outcome, merged.Reason = result.Worst(merged.Outcome, result.Fault), strings.Join(wrong, "; ")
	return files, nil
}

// collection is what is copied of the shards' folders.
type collection struct {
	to *os.Root
	// sums of what was copied, and the part whose log counts, by path.
	sums   map[string]string
	counts map[string]int
}

// take copies the folders in a shard's: what stands beside them are its reports.
func (c collection) take(part int, dir string) error {
	from, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // read only
	return fs.WalkDir(from.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || path.Dir(name) == "." {
			return err
		}
		whose, told := c.counts[name]
		if _, there := c.sums[name]; told && whose != part || !told && there {
			return nil
		}
		if err := c.to.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		c.sums[name], err = copyFile(from, c.to, name)
		return err
	})
}

// copyFile copies a file from one folder to the same place in another, and says
// its SHA-256 in hexadecimal.
func copyFile(from, to *os.Root, name string) (string, error) {
	in, err := from.Open(name)
	if err != nil {
		return "", err
	}
	defer in.Close() //nolint:errcheck // read only
	out, err := to.Create(name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, out.Close())
}

// sumOf is the SHA-256 of a file, in hexadecimal.
func sumOf(dir *os.Root, name string) (string, error) {
	f, err := dir.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// wrong says what is wrong with a package, if anything is.
func (c collection) wrong(p result.Package) string {
	switch sum, there := c.sums[path.Clean(p.Path)]; {
	case !there:
		return fmt.Sprintf("%s is not in its shard's folder", p.Path)
	case sum != p.SHA256:
		return fmt.Sprintf("%s is not what its shard reported: its SHA-256 is %s", p.Path, sum)
	}
	return ""
}
