package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// notPackage is what is there and is no package: fs.ErrInvalid.
type notPackage struct{ words string }

func (e notPackage) Error() string      { return e.words }
func (notPackage) Is(target error) bool { return target == fs.ErrInvalid }

// packageFiles are, by format, how its files are called and how they begin.
var packageFiles = map[string]struct{ ending, magic string }{
	"deb":    {"deb", "!<arch>\ndebian-binary"},
	"rpm":    {"rpm", "\xed\xab\xee\xdb"},
	"pacman": {"pkg.tar.zst", "\x28\xb5\x2f\xfd"},
	"apk":    {"apk", "\x1f\x8b"},
}

// Ending is how the files of a format are called: deb, rpm, pkg.tar.zst, apk.
func Ending(format string) string { return packageFiles[format].ending }

// notThere is what a server does not give, however often: fs.ErrNotExist.
type notThere struct{ words string }

func (e notThere) Error() string      { return e.words }
func (notThere) Is(target error) bool { return target == fs.ErrNotExist }

// Finished are the package files of a format that an origin means: a file, a
// directory's, or what a glob matches; relative to dir, or absolute as the
// origin is. Debug symbols are left out. A URL means itself. The error says
// what there is instead and what to do; ErrEmpty is a directory without any.
func Finished(dir, origin, format string) ([]string, error) {
	if IsURL(origin) {
		return []string{origin}, nil
	}
	names, err := matching(dir, origin, format)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, isDebug)
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: nothing but debug symbols there: name the packages that they belong to", origin)
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, isPackage(inside(dir, name), format))
	}
	return names, errors.Join(errs...)
}

// IsURL says whether an origin is downloaded.
func IsURL(origin string) bool {
	return strings.HasPrefix(origin, "https://") || strings.HasPrefix(origin, "http://")
}

func isDebug(name string) bool { return strings.Contains(filepath.Base(name), "-dbgsym_") }

func inside(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// matching are the files that an origin means, whatever they are.
func matching(dir, origin, format string) ([]string, error) {
	pattern := origin
	info, err := os.Stat(inside(dir, origin))
	if err == nil && !info.IsDir() {
		return []string{origin}, nil
	}
	if err == nil {
		pattern = filepath.Join(origin, "*."+Ending(format))
	}
	found, err := filepath.Glob(inside(dir, pattern))
	if err != nil {
		return nil, fmt.Errorf("%s: %w: quote [ and \\ in names with \\", origin, err)
	}
	if len(found) == 0 {
		return nil, nothingAt(dir, origin, format)
	}
	for i, name := range found {
		if short, err := filepath.Rel(dir, name); err == nil && !filepath.IsAbs(origin) {
			found[i] = short
		}
	}
	return found, nil
}

// ErrEmpty is a directory that is there and holds no package.
var ErrEmpty = errors.New("no package there")

// emptyDir says so in words that suit the user: ErrEmpty.
type emptyDir struct{ error }

func (emptyDir) Is(target error) bool { return target == ErrEmpty }

// nothingAt says what is wrong with an origin that means no file.
func nothingAt(dir, origin, format string) error {
	below, _ := filepath.Glob(inside(dir, filepath.Join(origin, "*", "*."+Ending(format)))) // the pattern is ours
	if len(below) > 0 {
		return fmt.Errorf("%s: no .%s there, but one level below: write %s/{{ .distro.name }}, or a glob", origin, Ending(format), filepath.Clean(origin))
	}
	err := fmt.Errorf("%s: no .%s there: finished packages are a file, a directory or a glob of the workspace, or a URL; packages to build are a mapping: {NAME: {deb: DIR}}", origin, Ending(format))
	if info, bad := os.Stat(inside(dir, origin)); bad == nil && info.IsDir() {
		return emptyDir{err}
	}
	return err
}

// isPackage looks at how a file begins.
func isPackage(file, format string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("%w: let the plugin's user read it", err)
	}
	_, err = knowPackage(f, file, format)
	return errors.Join(err, f.Close())
}

// knowPackage reads a stream that has to be a package.
func knowPackage(r io.Reader, name, format string) (io.Reader, error) {
	want := packageFiles[format].magic
	b := bufio.NewReader(r)
	begin, err := b.Peek(len(want))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", withoutUser(name), err)
	}
	if string(begin) != want {
		return nil, notPackage{fmt.Sprintf("%s is not a .%s: it begins with %.24q", withoutUser(name), Ending(format), begin)}
	}
	return b, nil
}

// slowest is how long a server may take to begin an answer.
const slowest = 30 * time.Second

// OpenFinished opens a file that Finished found, or downloads it. What cannot
// be had however often it is tried is fs.ErrNotExist or fs.ErrInvalid; other
// errors are the host's or its network's. The caller closes what it reads.
func OpenFinished(ctx context.Context, dir, name, format string) (io.ReadCloser, error) {
	if !IsURL(name) {
		return os.Open(inside(dir, name))
	}
	body, err := download(ctx, name)
	if err != nil {
		return nil, err
	}
	known, err := knowPackage(body, name, format)
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{known, body}, nil
}

func download(ctx context.Context, name string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, name, nil)
	if err != nil {
		return nil, fmt.Errorf("download %s: %w", withoutUser(name), err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout, transport.DisableKeepAlives = slowest, true
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err) // it names the URL, without the password
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	err = fmt.Errorf("download %s: %s", withoutUser(name), answer.Status)
	if answer.StatusCode/100 == 4 && answer.StatusCode != http.StatusTooManyRequests {
		err = notThere{err.Error() + ": mend the URL, or give user and password in it"}
	}
	return nil, errors.Join(err, answer.Body.Close())
}
