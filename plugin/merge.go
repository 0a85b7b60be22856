package plugin

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/sirupsen/logrus"

	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// Merge makes one run of what shards reported: the packages, logs and reports
// of all of them in the folder output, relative to the workspace. Each of dirs
// is the output folder of a shard; one in which there is nothing to read is told,
// and what it should have reported is a fault of the run, as is a package that is
// not what its shard reported. The file named planned says what to expect: it is
// what plan --format json printed.
func Merge(w World, planned string, dirs []string, output string) (result.Outcome, error) {
	log := w.host().Log(w.Stdout)
	log.InRepository = w.inRepository
	w.Stdout = log
	outcome, err := merge(w, log, planned, dirs, output)
	return outcome, errors.Join(err, log.Close())
}

func merge(w World, log *host.Log, planned string, dirs []string, output string) (result.Outcome, error) {
	e, err := readExpected(planned)
	if err != nil {
		return result.Fault, &SettingsError{err}
	}
	parts := readParts(dirs)
	merged, err := result.Merge(e, parts)
	if err != nil {
		return result.Fault, &SettingsError{err}
	}
	merged.Output = output
	s := &session{world: w}
	if s.outputDir, err = s.mergedDir(output); err != nil {
		return result.Fault, err
	}
	defer s.close()
	if dir := s.isOutput(dirs); dir != "" {
		return result.Fault, &SettingsError{fmt.Errorf("--output: %s is a shard's own, %s: merge into another folder", output, dir)}
	}
	files, err := s.collect(parts, &merged)
	if err != nil {
		return result.Fault, fmt.Errorf("merge into %s: %w", output, err)
	}
	if err := report.Write(s.outputDir, merged.Run, report.Names()); err != nil {
		return result.Fault, fmt.Errorf("write the reports: %w", err)
	}
	err = errors.Join(s.ownMerged(append(files, report.Files()...)), report.Console(w.Stdout, merged.Run, s.style()))
	return merged.Outcome, errors.Join(err, s.handOver(log, merged.Run))
}

// isOutput is which of folders the output directory is, by whatever name;
// empty: none.
func (s *session) isOutput(dirs []string) string {
	output, err := s.outputDir.Stat(".")
	if err != nil {
		return ""
	}
	i := slices.IndexFunc(dirs, func(dir string) bool {
		info, err := os.Stat(dir)
		return err == nil && os.SameFile(info, output)
	})
	if i < 0 {
		return ""
	}
	return dirs[i]
}

func readExpected(file string) (result.Expected, error) {
	if file == "" {
		return result.Expected{}, errors.New("no --plan: it says what is expected, and so what is not there; make it with plan --format json >plan.json")
	}
	return readFile(file, result.ReadExpected)
}

// readParts reads what each folder's shard reported. Where that cannot be read
// the shard did not report, and it is told why.
func readParts(dirs []string) []result.Part {
	var parts []result.Part
	for _, dir := range dirs {
		run, err := readResults(filepath.Join(dir, report.ResultsFile))
		if err != nil {
			logrus.Warnf("no shard reported in %s: %v", dir, err)
			continue
		}
		parts = append(parts, result.Part{From: dir, Run: run})
	}
	return parts
}

// mergedDir makes the folder that shards are merged into.
func (s *session) mergedDir(output string) (*os.Root, error) {
	if !filepath.IsAbs(output) {
		output = filepath.Join(s.world.Dir, output)
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return nil, fmt.Errorf("make the output directory: %w", err)
	}
	return os.OpenRoot(output)
}

// ownMerged gives files of the output directory, and the folders they are in,
// to the workspace's owner, if they are in there.
func (s *session) ownMerged(files []string) error {
	info, err := os.Stat(s.world.Dir)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	inside, err := filepath.Rel(s.world.Dir, s.outputDir.Name())
	if !ok || err != nil || !filepath.IsLocal(inside) {
		return nil //nolint:nilerr // what has no way to it is not in there
	}
	var errs []error
	owned := map[string]bool{}
	for _, name := range files {
		for ; !owned[name]; name = path.Dir(name) {
			owned[name] = true
			errs = append(errs, s.outputDir.Lchown(name, int(owner.Uid), int(owner.Gid)))
		}
	}
	return errors.Join(errs...)
}
