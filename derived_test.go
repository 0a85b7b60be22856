package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// packed makes a package of a tree with its DEBIAN directory, in dir.
func packed(t *testing.T, tree, dir string) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: needs the real engine and minutes")
	}
	err := errors.Join(os.MkdirAll(dir, 0o755), exec.CommandContext(t.Context(), "chmod", "-R", "go=rX", tree).Run())
	if err != nil {
		t.Fatal(err)
	}
	if setuid := filepath.Join(tree, "usr/bin/derived"); err == nil {
		_ = os.Chmod(setuid, os.ModeSetuid|0o755) // not every tree has it
	}
	if out, err := exec.CommandContext(t.Context(), "dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// What testdata/derived has planted, one finding each, and what is said of it.
var planted = map[string]string{
	"user derived exists":                                              "no such user",
	"warning user derived-never exists":                                "no such user",
	"cron /etc/cron.d/derived jobs":                                    "line 1: there is no user /usr/bin/derived: a user comes between the time and the command",
	"cron /etc/cron.daily/derived.sh runs":                             "the name derived.sh",
	"logrotate /etc/logrotate.d/derived parses":                        "line 2: unknown option 'rotaet' (and 1 more)",
	"warning manpage /usr/share/man/man1/derived.8 section":            "a page of section 8 in the directory of section 1",
	"manpage /usr/share/man/man8/derived.8.gz reads":                   "it is not what gzip makes: gzip: invalid header",
	"completion /usr/share/bash-completion/completions/derived parses": "bash: exit status 2: /usr/share/bash-completion/completions/derived: line 3: syntax error near unexpected token `}'",
	"warning privilege /usr/bin/derived setuid":                        "mode 4755, owner root:root",
	"socket derived.socket listens":                                    "nobody listens on /run/derived.sock",
}

func TestDerivedChecks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	packed(t, copyTree(t, "testdata/derived"), filepath.Join(dir, "finished"))
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_PACKAGES=finished", `PLUGIN_TEST={"lifecycle": "service,check"}`)
	o.wantRed(t, "debian-13", []string{"check", "service"}, nil)
	found := map[string]string{}
	for _, p := range o.phases("debian-13") {
		for _, c := range p.Checks {
			if c.Outcome != result.Failed || c.Kind == "journal" {
				continue
			}
			what := strings.Join([]string{c.Kind, c.Subject, c.Attribute}, " ")
			if c.Warning {
				what = "warning " + what
			}
			found[what] = c.Found
			if c.Reason == "" {
				t.Errorf("%s gives no reason", what)
			}
		}
	}
	if d := cmp.Diff(planted, found); d != "" {
		t.Error(d)
	}
}

// What is needed and not to be had is told by name, with what there is.
func TestUnavailableDependencies(t *testing.T) {
	t.Parallel()
	dir, tree := t.TempDir(), t.TempDir()
	control := "Package: wants\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: wants what nobody has\n" +
		"Depends: bash, bash (>= 99), libnobody-has-this | hello (<< 1)\n"
	if err := errors.Join(os.Mkdir(filepath.Join(tree, "DEBIAN"), 0o755), os.WriteFile(filepath.Join(tree, "DEBIAN/control"), []byte(control), 0o644)); err != nil {
		t.Fatal(err)
	}
	packed(t, tree, filepath.Join(dir, "finished"))
	o := runIn(t, dir, "PLUGIN_DISTROS=debian-13", "PLUGIN_PACKAGES=finished", `PLUGIN_TEST={"lifecycle": "check"}`)
	o.wantRed(t, "debian-13", []string{"install"}, nil)
	var told []string
	if p := o.phases("debian-13")["install"].Problem; p != nil {
		for _, f := range p.Facts {
			told = append(told, f.Label+" "+f.Text)
		}
	}
	// The archive's versions grow.
	text := regexp.MustCompile(`(archive has|hello) (\d)[^,\n]*`).ReplaceAllString(strings.Join(told, "\n"), "$1 $2…")
	want := "unavailable wants depends on bash (>= 99), the archive has 5…\n" +
		"unavailable wants depends on libnobody-has-this | hello (<< 1), the archive has no libnobody-has-this, hello 2…"
	if d := cmp.Diff(want, text); d != "" {
		t.Error(d)
	}
	if !strings.Contains(o.output, "unavailable wants depends on bash (>= 99)") {
		t.Error("the console does not tell")
	}
}
