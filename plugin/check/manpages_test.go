package check

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestManPages(t *testing.T) {
	page := gzipped(t, ".TH GREETER 1\n")
	place := " section | want a page where man finds it | found "
	look := " | why man looks for NAME.SECTION in the directory of that section"
	reads := " reads | want a page that man can read | found "
	gzip := " | why man reads a page as it is, or as gzip packs it"
	for name, c := range map[string]struct {
		// there is what the machine has of the files that the package lists.
		there  map[string]string
		listed []string
		want   []string
	}{
		"pages in their places": {
			map[string]string{"/usr/share/man/man1/a.1.gz": page, "/usr/share/man/man8/c.8": ".TH"},
			[]string{"/usr/share/man", "/usr/share/man/man1", "/usr/share/man/man1/a.1.gz", "/usr/share/man/de/man1/a.1.gz", "/usr/share/man/man3/b.3pm.gz", "/usr/share/man/man8/c.8", "/usr/share/man/man1/l.1.gz"},
			[]string{"passed manpage p installed | found 5 pages"}},
		"of a container's image, which has none of them": {nil,
			[]string{"/usr/share/man/man1/a.8.gz", "/usr/share/man/man1/README.gz", "/usr/share/man/a.1.gz", "/usr/share/man/de/a.1", "/usr/man/man1/a.1"},
			[]string{
				"warning failed manpage /usr/share/man/man1/a.8.gz" + place + "a page of section 8 in the directory of section 1" + look,
				"warning failed manpage /usr/share/man/man1/README.gz" + place + "its name has no section" + look,
				"warning failed manpage /usr/share/man/a.1.gz" + place + "it is in no section's directory: /usr/share/man" + look,
				"warning failed manpage /usr/share/man/de/a.1" + place + "it is in no section's directory: /usr/share/man/de" + look,
				"warning failed manpage /usr/man/man1/a.1" + place + "it is in no section's directory: /usr/man/man1" + look,
			}},
		"that cannot be read": {
			map[string]string{"/usr/share/man/man1/a.1.gz": "no gzip", "/usr/share/man/man1/b.1.gz": page[:len(page)-9], "/usr/share/man/man1/c.1.gz": gzipped(t, ""), "/usr/share/man/man1/d.1": "", "/usr/share/man/man1/e.1.gz": "-> none"},
			[]string{"/usr/share/man/man1/a.1.gz", "/usr/share/man/man1/b.1.gz", "/usr/share/man/man1/c.1.gz", "/usr/share/man/man1/d.1", "/usr/share/man/man1/e.1.gz"},
			[]string{
				"failed manpage /usr/share/man/man1/a.1.gz" + reads + "it is not what gzip makes: unexpected EOF" + gzip,
				"failed manpage /usr/share/man/man1/b.1.gz" + reads + "it is not what gzip makes: unexpected EOF" + gzip,
				"failed manpage /usr/share/man/man1/c.1.gz" + reads + "it is empty" + gzip,
				"failed manpage /usr/share/man/man1/d.1" + reads + "it is empty" + gzip,
			}},
		"none": {nil, []string{"/usr/share/doc/a.1", "/usr/share/man"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := files(t, c.there)
			if d := cmp.Diff(c.want, sayAll(m.manChecks(t.Context(), Package{Name: "p"}, c.listed))); d != "" {
				t.Error(d)
			}
		})
	}
}
