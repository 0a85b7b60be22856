package plugin

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a merge writes is the workspace owner's, and what was there is still
// whose it was; elsewhere nothing changes hands.
func TestMergedFilesAreTheWorkspaceOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	const owner = 4711
	for name, c := range map[string]struct {
		output string
		want   map[string]uint32
	}{
		"in the workspace": {"here/dist", map[string]uint32{".": owner, "debian-12": owner, "debian-12/a.deb": owner, "debian-12/old.deb": 0, "notes": 0, "notes/n": 0}},
		"beside it":        {"dist", map[string]uint32{".": 0, "debian-12": 0, "debian-12/a.deb": 0}},
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			s := &session{world: World{Dir: filepath.Join(top, "here")}}
			output := filepath.Join(top, c.output)
			for _, file := range []string{"debian-12/a.deb", "debian-12/old.deb", "notes/n"} {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(output, file)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(output, file), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.MkdirAll(s.world.Dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(s.world.Dir, owner, owner); err != nil {
				t.Fatal(err)
			}
			var err error
			if s.outputDir, err = s.mergedDir(output); err != nil {
				t.Fatal(err)
			}
			defer s.outputDir.Close() //nolint:errcheck // nothing buffered
			if err := s.ownMerged([]string{"debian-12/a.deb"}); err != nil {
				t.Fatal(err)
			}
			got := map[string]uint32{}
			for file := range c.want {
				info, err := s.outputDir.Lstat(file)
				if err != nil {
					t.Fatal(err)
				}
				got[file] = info.Sys().(*syscall.Stat_t).Uid
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("owners: want (-), got (+):\n%s", d)
			}
		})
	}
}
