package distros_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
)

var update = flag.Bool("update", false, "write the documents anew")

func all(t *testing.T) []distros.Distro {
	t.Helper()
	list, err := distros.All()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func families(t *testing.T) map[string]distros.Family {
	t.Helper()
	byName, err := distros.Families()
	if err != nil {
		t.Fatal(err)
	}
	return byName
}

func TestEveryReleaseIsSound(t *testing.T) {
	image := regexp.MustCompile(`^([a-z0-9.-]+/)*[a-z0-9-]+:[a-z0-9.]+$`)
	library := regexp.MustCompile(`^(2\.\d\d/|/1\.\d\.\d)$`)
	taken := map[string]string{}
	for _, d := range all(t) {
		if _, err := os.Stat(d.Name + ".yml"); err != nil {
			t.Errorf("%s: the file is not named after it", d.Name)
		}
		family, ok := families(t)[d.Family]
		if !ok {
			t.Errorf("%s: there is no family %q", d.Name, d.Family)
		}
		// What is kept by a vault has no mirror to make an image of.
		if (d.Suite != "") != (family.Bootstrap != "" && d.Vault == "") || (d.Dist != "") != (d.Family == "rhel") {
			t.Errorf("%s: suite or dist is missing or odd: %+v", d.Name, d)
		}
		if !image.MatchString(d.Image) || d.Init == "" || d.Boots == "" && d.Systemd < 200 || !library.MatchString(d.Glibc+"/"+d.Musl) || d.Title == "" {
			t.Errorf("%s: image, suite, init, systemd, glibc, musl or title is missing or odd: %+v", d.Name, d)
		}
		if !d.EndOfLife.IsZero() && d.EndOfLife.Before(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)) && d.Vault == "" {
			t.Errorf("%s: its end of life was %s, and no vault is named", d.Name, d.EndOfLife)
		}
		for _, name := range append(d.Aliases, d.Name) {
			if other, twice := taken[name]; twice {
				t.Errorf("%q names both %s and %s", name, other, d.Name)
			}
			taken[name] = d.Name
		}
	}
}

func TestOneReleaseOfEachFormatIsStable(t *testing.T) {
	families, err := distros.Families()
	if err != nil {
		t.Fatal(err)
	}
	stable := map[string][]string{}
	for _, d := range all(t) {
		if d.Stable {
			format := families[d.Family].Format
			stable[format] = append(stable[format], d.Name)
		}
	}
	want := map[string][]string{"deb": {"debian-13"}, "rpm": {"fedora-44"}, "pacman": {"arch"}, "apk": {"alpine-3.23"}}
	if d := cmp.Diff(want, stable); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
	for asked, want := range map[string]string{"": "debian-13", "rpm deb": "fedora-44", "none": "debian-13", "apk": "alpine-3.23"} {
		if got := distros.Stable(all(t), families, strings.Fields(asked)...).Name; got != want {
			t.Errorf("%q: %s, want %s", asked, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	for asked, want := range map[string]string{
		"debian-12":                     "debian-12",
		"bookworm":                      "debian-12",
		"debian:12,debian-12":           "debian-12",
		"ubuntu-noble,sid":              "ubuntu-24.04 debian-sid",
		"ubuntu-2[24].04":               "ubuntu-22.04 ubuntu-24.04",
		"debian-13,debian-1*,forky,sid": "debian-13 debian-11 debian-12 debian-forky debian-sid",
		"buster,centos-6,el7":           "debian-10 centos-6 centos-7",
		"rhel-9,rocky-*":                "ubi-9 rocky-10 rocky-8 rocky-9",
	} {
		var names []string
		matched, err := distros.Match(all(t), strings.Split(asked, ","))
		for _, d := range matched {
			names = append(names, d.Name)
		}
		if got := strings.Join(names, " "); got != want || err != nil {
			t.Errorf("%s: got %s (%v), want %s", asked, got, err, want)
		}
	}
}

func TestUnknownNamesAreToldAllAtOnce(t *testing.T) {
	_, err := distros.Match(all(t), []string{"debain-12", "22.1", "plan9-from-outer-space", "debian", "Ubuntu", "fedora"})
	want := `distros: there is no "debain-12": did you mean debian-12?
distros: "22.1" is a bare version: write the distro too, as debian-22.1 or ubuntu-22.1; YAML reads a bare 22.10 as the number 22.1
distros: there is no "plan9-from-outer-space"; ` + "`drone-packages distros` lists those there are\n" +
		`distros: there is no "debian": did you mean debian-13? "debian-*" is all of them
distros: there is no "Ubuntu": did you mean ubuntu-26.04? "ubuntu-*" is all of them
distros: there is no "fedora": did you mean fedora-44? "fedora-*" is all of them`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestEveryFamilyHasEveryRecipe(t *testing.T) {
	recipes := []distros.Recipe{
		distros.Mirror, distros.Toolchain, distros.BuildDeps, distros.Version, distros.Revision, distros.Build, distros.Index,
		distros.Machine, distros.Repository, distros.Dependencies,
		distros.Service, distros.Older, distros.Archive, distros.Upgrade, distros.Downgrade,
		distros.Install, distros.Reinstall, distros.Remove, distros.Purge, distros.Linter, distros.Lint,
	}
	onlyDeb := []distros.Recipe{distros.Purge, distros.Revision}
	for name, f := range families(t) {
		known := 0
		for _, r := range recipes {
			if strings.TrimSpace(f.Recipes[r]) != "" {
				known++
			} else if !slices.Contains(onlyDeb, r) || f.Format == "deb" {
				t.Errorf("%s has no recipe %s", name, r)
			}
			cmd := exec.Command("sh", "-n")
			cmd.Stdin = strings.NewReader(f.Functions + f.Recipes[r])
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: recipe %s: %v: %s", name, r, err, out)
			}
		}
		if len(f.Recipes) != known {
			t.Errorf("%s has %d recipes, %d of them known", name, len(f.Recipes), known)
		}
		if f.Format == "" || f.Manager == "" || !strings.Contains(f.Line, "$DIR") {
			t.Errorf("%s says too little: %+v", name, f)
		}
	}
}

// Each init of a family can be installed, made fit and started; without one and
// with what its distros boot every family is tested.
func TestEveryInitOfAFamilyIsSound(t *testing.T) {
	for name, f := range families(t) {
		own := "systemd"
		if name == "alpine" {
			own = "openrc"
		}
		for _, init := range []string{own, "none"} {
			if _, ok := f.Inits[init]; !ok {
				t.Errorf("%s has no init %s", name, init)
			}
		}
		for init, i := range f.Inits {
			if init != "systemd" && len(i.Command) == 0 || init != "none" && !i.Own && len(i.Packages) == 0 {
				t.Errorf("%s has an init %s that nothing starts: %+v", name, init, i)
			}
			for _, script := range []string{i.Prepare, i.Halt} {
				cmd := exec.Command("sh", "-n")
				cmd.Stdin = strings.NewReader(script)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: init %s: %v: %s", name, init, err, out)
				}
			}
		}
	}
}

// No file names a mirror: that is the tool's default, the host's, or a setting's.
func TestNoMirrorIsNamed(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.IsDir() || !strings.HasSuffix(f.Name(), ".yml") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "://") {
			t.Errorf("%s names an address", f.Name())
		}
	}
}

func TestDocumentIsFresh(t *testing.T) {
	const file = "../docs/distros.md"
	var b strings.Builder
	b.WriteString("# Distros\n\nWritten by `make generate` from `distros/*.yml`; adding a release is adding a file there.\n\n")
	b.WriteString("| name | title | family | image | init | systemd | end of life | also |\n|---|---|---|---|---|---|---|---|\n")
	for _, d := range all(t) {
		eol := "rolling"
		if !d.EndOfLife.IsZero() {
			eol = d.EndOfLife.Format(time.DateOnly)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` | %s | %d | %s | %s |\n", d.Name, d.Title, d.Family, d.Image, d.Init, d.Systemd, eol, strings.Join(d.Aliases, ", "))
	}
	b.WriteString("\n## What has run\n\nThe plan of each of them prints in a test. Their families' recipes have run on:\n\n")
	byName := families(t)
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if byName[name].Seen == "" {
			t.Errorf("%s does not say what its recipes have run on", name)
		}
		fmt.Fprintf(&b, "- %s: %s.\n", name, byName[name].Seen)
	}
	fresh(t, file, b.String())
}

// README names them by family.
func TestReadmeNamesEveryDistro(t *testing.T) {
	const file, begin, end = "../README.md", "<!-- distros -->\n", "<!-- /distros -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begins := strings.Cut(string(text), begin)
	_, tail, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s: no %s...%s", file, begin, end)
	}
	named := map[string][]string{}
	for _, d := range all(t) {
		named[d.Family] = append(named[d.Family], d.Name)
	}
	table := "| family | distros |\n|---|---|\n"
	for _, family := range slices.Sorted(maps.Keys(named)) {
		table += fmt.Sprintf("| %s | %s |\n", family, strings.Join(named[family], ", "))
	}
	fresh(t, file, head+begin+table+end+tail)
}

// fresh wants a document to be as it is generated, or writes it.
func fresh(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(text, string(have)); d != "" {
		t.Errorf("%s is stale: make generate\n%s", file, d)
	}
}
