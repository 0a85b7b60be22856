package source_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/source"
)

func patterns(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == '|' }) }

// checkSame compares names without regard to their order.
func checkSame(t *testing.T, got, want string) {
	t.Helper()
	a, b := strings.Fields(got), strings.Fields(want)
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTheTreeIsMeasured(t *testing.T) {
	dir := tree(t, "link->12345")
	write(t, dir+"/a", "1234567890")
	write(t, dir+"/empty", "")
	got := open(t, source.Options{Source: dir}).Tree
	want := source.Tree{Path: dir, Files: 3, Size: 15, UID: os.Getuid(), GID: os.Getgid()}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func TestWhatIsExcludedIsNotMeasured(t *testing.T) {
	dir := repository(t, "a.c dist/b")
	add(t, dir, "big.iso")
	got := open(t, source.Options{Source: dir, Output: "dist", Exclude: []string{"*.iso"}}).Tree
	if got.Files != 1 {
		t.Errorf("%d files, want 1", got.Files)
	}
}

func TestPackagesAreFound(t *testing.T) {
	for files, want := range map[string]string{
		"a":                               "",
		packaged:                          "TOP debian",
		"debian/control debian/rules":     "",
		"debian/control debian/changelog": "",
		packaged + " debian/tests/control sub/debian/control":                                                   "TOP debian",
		packaged + " x/debian/control x/debian/changelog x/debian/rules":                                        "TOP debian",
		"b/debian/control b/debian/changelog b/debian/rules a/debian/control a/debian/changelog a/debian/rules": "a a/debian, b b/debian",
		"packaging/jammy/control packaging/jammy/changelog packaging/jammy/rules":                               "TOP packaging/jammy",
	} {
		dir := tree(t, files)
		var found []string
		for _, p := range open(t, source.Options{Source: dir}).Tree.Packages {
			if p.Control != "Source: "+p.Name+"\n" {
				t.Errorf("%s: its control is %q", p.Where, p.Control)
			}
			name := strings.Replace(p.Name, filepath.Base(dir), "TOP", 1)
			found = append(found, name+" "+p.Where)
		}
		if got := strings.Replace(strings.Join(found, ", "), "packaging packaging", "TOP packaging", 1); got != want {
			t.Errorf("%s: found %q, want %q", files, got, want)
		}
	}
}

func TestControlFiles(t *testing.T) {
	for control, want := range map[string]string{
		"Source: greeter\nSection: misc\n\nPackage: greeter\n": "greeter",
		"# why\nSource:greeter\n":                              "greeter",
		"\n\nsource: \t greeter \r\n":                          "greeter",
		"Section: misc\nSource: greeter\n":                     "greeter",
		"Package: greeter\n\nSource: greeter\n":                "",
		"Source:\n":                                            "",
		"":                                                     "",
	} {
		dir := tree(t, packaged)
		write(t, dir+"/debian/control", control)
		c, err := source.Open(t.Context(), source.Options{Source: dir})
		if want == "" {
			checkError(t, err, "debian/control:1: no Source field: the first paragraph of a debian/control names the source package")
			continue
		}
		if err != nil || c.Tree.Packages[0].Name != want {
			t.Errorf("%q: %v", control, err)
			continue
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A tree's test data may be broken on purpose.
func TestControlFilesBelowThePackageAreNotRead(t *testing.T) {
	dir := tree(t, packaged+" testdata/debian/control testdata/debian/changelog testdata/debian/rules")
	write(t, dir+"/testdata/debian/control", "broken")
	if got := open(t, source.Options{Source: dir}).Tree.Packages; len(got) != 1 {
		t.Errorf("found %d packages", len(got))
	}
}

func TestWhatIsNoSource(t *testing.T) {
	dir := tree(t, "a")
	for src, want := range map[string]string{
		dir + "/nothing": "source: stat " + dir + "/nothing: no such file or directory: give a directory, or a git URL with #revision",
		dir + "/a":       "source: " + dir + "/a is a file: give a directory, or a git URL with #revision",
		dir + "#v1":      "source " + dir + "#v1: git clone: exit status 128: fatal: repository '" + dir + "' does not exist",
	} {
		_, err := source.Open(t.Context(), source.Options{Source: src})
		checkError(t, err, want)
	}
}

// bare makes a repository with a tag, a second commit on main and a branch.
func bare(t *testing.T) string {
	t.Helper()
	work := repository(t, "one")
	git(t, work, "tag", "v1.0")
	git(t, work, "checkout", "--quiet", "-b", "feature/x")
	add(t, work, "feature")
	commit(t, work)
	git(t, work, "checkout", "--quiet", "main")
	add(t, work, "two")
	commit(t, work)
	dir := t.TempDir()
	git(t, work, "clone", "--quiet", "--bare", work, dir)
	return dir
}

func TestAGitURLIsCheckedOut(t *testing.T) {
	dir := bare(t)
	second := git(t, dir, "rev-parse", "main")
	for revision, want := range map[string]string{
		"":                "one two",
		"#":               "one two",
		"#main":           "one two",
		"#v1.0":           "one",
		"#main~1":         "one",
		"#feature/x":      "feature one",
		"#" + second:      "one two",
		"#" + second[:8]:  "one two",
		"#refs/tags/v1.0": "one",
	} {
		checkSame(t, names(t, source.Options{Source: "file://" + dir + revision}), want)
	}
	checkSame(t, names(t, source.Options{Source: dir + "#v1.0"}), "one")
}

func TestARevisionOfADirectoryIsItsCommitNotItsFiles(t *testing.T) {
	dir := repository(t, "a")
	add(t, dir, "new")
	c := open(t, source.Options{Source: dir + "#HEAD"})
	if len(packed(t, c)) != 1 || strings.HasSuffix(c.Tree.Revision, "-dirty") {
		t.Errorf("%+v", c.Tree)
	}
}

func TestWhatWasCheckedOutIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := bare(t)
	before := len(glob(t))
	c, err := source.Open(t.Context(), source.Options{Source: dir + "#v1.0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Open(t.Context(), source.Options{Source: dir + "#v1.0", Exclude: []string{"["}}); err == nil {
		t.Error("no error")
	}
	if left := glob(t); len(left) != before {
		t.Errorf("left: %v", left)
	}
}

func glob(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.TempDir(), "drone-packages-source-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestARevisionThatIsNotThere(t *testing.T) {
	dir := bare(t)
	for _, revision := range []string{"v2.0", "--force", "v1.0:one"} {
		_, err := source.Open(t.Context(), source.Options{Source: dir + "#" + revision})
		checkError(t, err, "source "+dir+"#"+revision+`: there is no revision "`+revision+`": give a tag, a branch or a commit of it`)
	}
}

func TestAnInterruptIsNoMissingRevision(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := source.Open(ctx, source.Options{Source: bare(t) + "#v1.0"})
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestADirectoryMayHaveAHashInItsName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "build#7")
	add(t, dir, "a")
	checkSame(t, names(t, source.Options{Source: dir}), "a")
}

// Who fetches with a token in the address does not want it in a log.
func TestTokensOfAddressesAreNotShown(t *testing.T) {
	const src = "http://user:hunter2@localhost:1/x.git#v1"
	_, err := source.Open(t.Context(), source.Options{Source: src})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "source http://localhost:1/x.git#v1: git clone: ") {
		t.Errorf("got %v", err)
	}
}

func TestRevisions(t *testing.T) {
	dir := repository(t, "a")
	hash := func() string { return git(t, dir, "rev-parse", "--short", "HEAD") }
	revision := func() string { return open(t, source.Options{Source: dir}).Tree.Revision }
	check := func(want string) {
		t.Helper()
		if got := revision(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check(hash())
	git(t, dir, "tag", "v1.0")
	check("v1.0-0-g" + hash())
	add(t, dir, "untracked")
	check("v1.0-0-g" + hash())
	write(t, dir+"/a", "changed")
	check("v1.0-0-g" + hash() + "-dirty")
	commit(t, dir)
	check("v1.0-1-g" + hash())
	git(t, dir, "tag", "--annotate", "--message", "x", "20240115")
	check("20240115-0-g" + hash())
}

func TestWithoutACommitThereIsNoRevision(t *testing.T) {
	dir := tree(t, "a")
	if got := open(t, source.Options{Source: dir}).Tree.Revision; got != "" {
		t.Errorf("got %q", got)
	}
	git(t, dir, "init", "--quiet")
	if got := open(t, source.Options{Source: dir}).Tree.Revision; got != "" {
		t.Errorf("got %q", got)
	}
}

// CI hosts clone with depth 1: no history, no tags.
func TestAShallowCloneSaysSo(t *testing.T) {
	origin := bare(t)
	dir := filepath.Join(t.TempDir(), "clone")
	git(t, origin, "clone", "--quiet", "--depth", "1", "file://"+origin, dir)
	tree := open(t, source.Options{Source: dir}).Tree
	if !tree.Shallow || tree.Revision != git(t, dir, "rev-parse", "--short", "HEAD") {
		t.Errorf("%+v", tree)
	}
	git(t, dir, "fetch", "--quiet", "--unshallow", "--tags")
	tree = open(t, source.Options{Source: dir}).Tree
	if tree.Shallow || !strings.HasPrefix(tree.Revision, "v1.0-1-g") {
		t.Errorf("after a fetch: %+v", tree)
	}
}

// In a container we are root, and the workspace is somebody's.
func TestAWorkspaceOfSomebodyElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := repository(t, "a .gitignore")
	write(t, dir+"/.gitignore", "*.o\n")
	git(t, dir, "tag", "v1.0")
	add(t, dir, "b.o")
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 12345, 54321)
	})
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, source.Options{Source: dir})
	if c.Tree.UID != 12345 || c.Tree.GID != 54321 || !strings.HasPrefix(c.Tree.Revision, "v1.0-0-g") || c.Tree.Files != 2 {
		t.Errorf("%+v", c.Tree)
	}
	checkSame(t, names(t, source.Options{Source: dir + "#v1.0"}), ".gitignore a")
	checkSame(t, names(t, source.Options{Source: "file://" + dir + "#v1.0"}), ".gitignore a")
}
