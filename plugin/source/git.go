package source

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// anyOwner lets git work in a directory whoever owns it: in a container we
// are root and the workspace is somebody's.
const anyOwner = "safe.directory=*"

// elsewhere are the variables that make git work on another repository than
// that of its directory: a hook or a rebase that runs us sets them.
var elsewhere = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX",
	"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_NAMESPACE",
}

// here is the environment without what leads git elsewhere.
func here(environ []string) []string {
	return slices.DeleteFunc(environ, func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(elsewhere, name)
	})
}

// git runs git in a directory.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", anyOwner, "-C", dir}, args...)...)
	cmd.Env = here(cmd.Environ())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, withoutUser(strings.TrimSpace(stderr.String())))
	}
	return stdout.String(), nil
}

// directoryOf is the directory of a source, checked out if it names a git
// revision or URL, and then the temporary directory to remove.
func directoryOf(ctx context.Context, src string) (dir, temporary string, err error) {
	url, revision, at := strings.Cut(src, "#")
	if isDirectory(src) || !at && !isURL(src) {
		return src, "", nil
	}
	temporary, err = os.MkdirTemp("", "drone-packages-source-")
	if err != nil {
		return "", "", fmt.Errorf("source: %w", err)
	}
	if err := checkOut(ctx, url, revision, temporary); err != nil {
		_ = os.RemoveAll(temporary) // the first error is the one to tell
		return "", "", fmt.Errorf("source %s: %w", withoutUser(src), err)
	}
	return temporary, temporary, nil
}

// isDirectory tells a directory with # in its name from a revision.
func isDirectory(src string) bool {
	info, err := os.Stat(src)
	return err == nil && info.IsDir()
}

func checkOut(ctx context.Context, url, revision, dir string) error {
	args := []string{"clone", "--quiet"}
	if !isURL(url) || strings.HasPrefix(url, "file:") {
		// The other end of a local clone is a process that forgets -c.
		args = append(args, "--upload-pack", "git -c "+anyOwner+" upload-pack")
	}
	if _, err := git(ctx, ".", append(args, "--", url, dir)...); err != nil {
		return err
	}
	if revision == "" {
		return nil
	}
	// A tag, a commit or the default branch; else another branch.
	for _, name := range []string{revision, "origin/" + revision} {
		if _, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", name+"^{commit}"); err == nil {
			_, err := git(ctx, dir, "checkout", "--quiet", "--detach", name)
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("there is no revision %q: give a tag, a branch or a commit of it", revision)
}

var urlForm = regexp.MustCompile(`^([a-z+]+://|[\w.-]+@[\w.-]+:)`)

func isURL(src string) bool { return urlForm.MatchString(src) }

var userOfURL = regexp.MustCompile(`(https?://)[^/@\s]*@`)

// withoutUser leaves user and password out of web addresses: who sees the
// source's name in a log need not see the token it is fetched with.
func withoutUser(text string) string { return userOfURL.ReplaceAllString(text, "$1") }

// gitFiles lists what git tracks or would track; false outside git.
func gitFiles(ctx context.Context, dir string) ([]string, bool) {
	out, err := git(ctx, dir, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil || out == "" {
		return nil, false
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"), true
}

// describe is what git calls the tree; empty outside git. It is the long form,
// which tells a tag of digits from a commit.
func describe(ctx context.Context, dir string) string {
	out, err := git(ctx, dir, "describe", "--tags", "--always", "--long", "--dirty")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// isShallow says whether git's history was cut.
func isShallow(ctx context.Context, dir string) bool {
	out, err := git(ctx, dir, "rev-parse", "--is-shallow-repository")
	return err == nil && strings.TrimSpace(out) == "true"
}
