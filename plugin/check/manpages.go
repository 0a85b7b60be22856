package check

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

var (
	// manPage is where man(1) looks: the section and the name. A language may
	// come before it.
	manPage = regexp.MustCompile(`^/usr/share/man/(?:[^/]+/)?man([0-9ln])[^/]*/([^/]+)$`)
	// strayPage looks like a page and is in no section's directory.
	strayPage = regexp.MustCompile(`^/usr/(?:share/man/(?:[^/]+/)?|share/man[0-9]/|man/.*/)[^/]+\.[0-9][a-z]*(?:\.gz)?$`)
	// packed are the ends of names that say how a page is compressed.
	packed = regexp.MustCompile(`\.(?:gz|bz2|xz|zst|lzma|Z)$`)
)

// manChecks are whether man(1) finds and reads the pages of a package. Images
// for containers leave them out: then there is what the package lists.
func (m machine) manChecks(_ context.Context, p Package, files []string) []result.Check {
	var checks []result.Check
	pages := 0
	for _, f := range files {
		place := manPage.FindStringSubmatch(f)
		if place == nil && !strayPage.MatchString(f) {
			continue
		}
		pages++
		if why := misplaced(f, place); why != "" {
			checks = append(checks, warned("manpage", f, "section", "a page where man finds it", why, "man looks for NAME.SECTION in the directory of that section"))
			continue
		}
		if err := m.readPage(f); err != nil {
			checks = append(checks, failed("manpage", f, "reads", "a page that man can read", err.Error(), "man reads a page as it is, or as gzip packs it"))
		}
	}
	if pages > 0 && len(checks) == 0 {
		checks = append(checks, passed("manpage", p.Name, "installed", plural(pages, "page")))
	}
	return checks
}

// misplaced is why man does not find a page; place is its section and its
// name, nil where it is in none.
func misplaced(file string, place []string) string {
	if place == nil {
		return "it is in no section's directory: " + path.Dir(file)
	}
	section, name := place[1], packed.ReplaceAllString(place[2], "")
	end := strings.TrimPrefix(path.Ext(name), ".")
	if end == "" {
		return "its name has no section"
	}
	if !strings.HasPrefix(end, section) {
		return fmt.Sprintf("a page of section %s in the directory of section %s", end, section)
	}
	return ""
}

// readPage reads a page that is compressed by gzip, or not. One that is not
// there, and links, are asked about by other checks.
func (m machine) readPage(file string) error {
	info, err := m.lstat(file)
	if err != nil || !info.Mode().IsRegular() {
		return nil //nolint:nilerr // as the comment says
	}
	f, err := os.Open(m.at(file))
	if err != nil {
		return fmt.Errorf("it cannot be opened: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	if path.Ext(file) != ".gz" {
		if info.Size() == 0 {
			return errors.New("it is empty")
		}
		return nil
	}
	text, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("it is not what gzip makes: %w", err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(text, maxContent))
	switch {
	case err != nil:
		return fmt.Errorf("it is not what gzip makes: %w", err)
	case n == 0:
		return errors.New("it is empty")
	}
	return nil
}
