package source_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/source"
)

func TestAnAPKBUILDIsReadWithoutRunningIt(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want source.APKBUILD
	}{
		"plain": {"pkgname=greeter\npkgver=1.4.0\npkgrel=2\narch=\"x86_64 aarch64\"\ndepends=\"logrotate\"\n",
			source.APKBUILD{Name: "greeter", Packages: []string{"greeter"},
				Needs: map[string][]string{"depends": {"logrotate"}}}},
		"subpackages": {"pkgname=greet\n_v=1\npkgver=$_v.2\narch=noarch\nsubpackages=\"$pkgname-doc $pkgname-cli:_cli:noarch\"\nprovides=\"hello=$pkgver-r0\"\n" +
			"_cli() {\n\tprovides=\"cmd:hello=1 hi\"\n\tamove usr/bin\n}\n",
			source.APKBUILD{Name: "greet", Noarch: true, Packages: []string{"greet", "greet-doc", "greet-cli"}, Provides: []string{"hello", "cmd:hello", "hi"}}},
		"needs": {"pkgname=x\nmakedepends=\"\n\tlibpq-dev>=1\n\thiredis-dev~1.2\n\t\"\nmakedepends=\"$makedepends linux-headers\"\ncheckdepends='bats'\n",
			source.APKBUILD{Name: "x", Packages: []string{"x"}, Needs: map[string][]string{
				"makedepends": {"libpq-dev>=1", "hiredis-dev~1.2", "linux-headers"}, "checkdepends": {"bats"}}}},
		"commands are not run":       {"pkgname=x\npkgver=$(touch /tmp/ran; echo 1)\n", source.APKBUILD{Name: "x", Packages: []string{"x"}}},
		"a template is none":         {"pkgver=1\n", source.APKBUILD{}},
		"nor is what no shell reads": {"pkgname=\"x\n", source.APKBUILD{}},
	} {
		if c.want.Needs == nil && c.want.Name != "" {
			c.want.Needs = map[string][]string{}
		}
		if d := cmp.Diff(c.want, source.ParseAPKBUILD(c.text)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestWhatAnAPKBUILDNeedsIsAnAPKBUILD(t *testing.T) {
	text := "pkgname=greeter\npkgdesc='$x'\nsubpackages=\"$pkgname-libs\"\ndepends=\"greeter-libs=1-r0 libgreet>=1\"\n" +
		"makedepends=\"hiredis-dev~1 it's\"\ncheckdepends=bats\nbuild() { rm -rf /; }\n"
	want := "pkgname=build-environment\ncheckdepends=bats\nmakedepends=\"hiredis-dev~1 it's\"\n"
	if d := cmp.Diff(want, source.APKBUILDNeeds(text, []string{"libgreet"})); d != "" {
		t.Error(d)
	}
}

func FuzzParseAPKBUILD(f *testing.F) {
	f.Add("pkgname=a\nsubpackages=\"$pkgname-doc:x: :\"\nx() { provides=\"a=1 ~\"; }\n")
	f.Fuzz(func(_ *testing.T, text string) {
		source.ParseAPKBUILD(text)
		source.APKBUILDNeeds(text, nil)
	})
}
