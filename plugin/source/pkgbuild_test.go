package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/source"
)

func TestAPKGBUILDIsReadWithoutRunningIt(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want source.PKGBUILD
	}{
		"plain": {"pkgname=greeter\npkgver=1.4.0\npkgrel=2\narch=(x86_64 aarch64)\ndepends=(glibc 'hiredis>=1')\n",
			source.PKGBUILD{Name: "greeter", Packages: []string{"greeter"},
				Needs: map[string][]string{"depends": {"glibc", "hiredis>=1"}}}},
		"variables": {"_v=1\n_n=\"lib$_x\"foo\npkgname=\"${_n}\"\npkgver=${_v}.2\narch=('any')\nprovides=(\"$pkgname-ng=$pkgver\")\n",
			source.PKGBUILD{Name: "libfoo", Packages: []string{"libfoo"}, Provides: []string{"libfoo-ng"}, Any: true}},
		"several packages": {"pkgbase=greet\npkgname=(greet{er,-doc} x)\nmakedepends=(a)\nmakedepends+=(b)\ndepends_x86_64=(c)\n" +
			"package_greeter() {\n  local y=1\n  provides=(libgreet.so=1-64)\n  depends=(z)\n}\npackage_x() {\n  provides+=(y)\n}\n",
			source.PKGBUILD{Name: "greet", Packages: []string{"greeter", "greet-doc", "x"}, Provides: []string{"libgreet.so", "y"},
				Needs: map[string][]string{"makedepends": {"a", "b"}, "depends_x86_64": {"c"}}}},
		"commands are not run": {"pkgname=x\npkgver=$(touch /tmp/ran; echo 1)\npkgrel=$((1+1))\ndepends=(a `touch /tmp/ran` \"b$(x)\" c)\n",
			source.PKGBUILD{Name: "x", Packages: []string{"x"}, Needs: map[string][]string{"depends": {"a", "c"}}}},
		"nothing grows for ever": {"pkgname=x\ndepends=(a{1..900000000} b{1,2}{1,2}{1,2}{1,2} c)\ny=xxxxxxxxxxxxxxxx\n" + strings.Repeat("y=$y$y\n", 60) + "pkgver=$y\n",
			source.PKGBUILD{Name: "x", Packages: []string{"x"}, Needs: map[string][]string{"depends": {"c"}}}},
		"nor do braces of a whole word": {"pkgname=x\ndepends=(" + strings.Repeat(`{1,2}""`, 30) + " c)\n",
			source.PKGBUILD{Name: "x", Packages: []string{"x"}, Needs: map[string][]string{"depends": {"c"}}}},
		"nor what is put in for a part": {"pkgname=x\ny=" + strings.Repeat("x", 4000) + "\npkgbase=${y//x/${y//x/$y}}\n",
			source.PKGBUILD{Name: "x", Packages: []string{"x"}}},
		"nor what is appended": {"pkgname=x\npkgbase=1\n" + strings.Repeat("pkgbase+="+strings.Repeat("x", 16)+"\n", 1000),
			source.PKGBUILD{Name: "1" + strings.Repeat("x", 4080), Packages: []string{"x"}}},
		"what is too long is none":     {"pkgname=x\n" + strings.Repeat("#", 1<<18), source.PKGBUILD{}},
		"a template is none":           {"pkgver=1\n", source.PKGBUILD{Needs: map[string][]string{}}},
		"nor is what bash cannot read": {"pkgname=(x\n", source.PKGBUILD{}},
		"an error of its own is empty": {"pkgname=x\npkgbase=${nothing:?there is none}\n", source.PKGBUILD{Name: "x", Packages: []string{"x"}}},
	} {
		if c.want.Needs == nil && c.want.Name != "" {
			c.want.Needs = map[string][]string{}
		}
		if d := cmp.Diff(c.want, source.ParsePKGBUILD(c.text)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestWhatAPKGBUILDNeedsIsAPKGBUILD(t *testing.T) {
	text := "pkgname=greeter\npkgdesc='$x'\ndepends=(glibc 'libgreet>=1')\nmakedepends=(\"it's\" 'hiredis>1')\ncheckdepends_x86_64=(dejagnu)\nbuild() { rm -rf /; }\n"
	want := `pkgname=build-environment
pkgver=1
pkgrel=1
arch=(any)
[ "$CARCH" != x86_64 ] || checkdepends+=(dejagnu)
depends=(glibc)
makedepends=("it's" 'hiredis>1')
`
	if d := cmp.Diff(want, source.PKGBUILDNeeds(text, []string{"libgreet"})); d != "" {
		t.Error(d)
	}
}

func FuzzParsePKGBUILD(f *testing.F) {
	f.Add("pkgname=(a{1,2} ${x:-~root} \"${y[@]}\" $((1/0)))\npkgver=${z//a/b}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		source.ParsePKGBUILD(text)
		source.PKGBUILDNeeds(text, nil)
	})
}
