package source_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/source"
)

const greeterSpec = `# why
%global pkg greeter
%global major 1
%bcond_without check
Name:           %{pkg}
Version:        %{major}.4.0
Release:        1%{?dist}
Summary:        greets
License:        Apache-2.0
Source0:        https://example.org/%{name}-%{version}.tar.gz#/x.tar.gz
Source1:        %{name}.sysusers
Source10:	late
BuildRequires:  gcc, libgreeter-devel >= 1.2
BuildRequires:  make
%if %{with check}
BuildRequires:  libgreeter-devel
%endif
Requires(post): systemd
Provides:       hello = %{version}, hi greet(x) >= 2

%description
Name: no tag
%global late 1

%package devel
Summary: %{nothing} of it
Provides: greeter-static

%description devel
x

%package -n libgreeter%{major}
Summary: y

%build
make \
  Version: 9

%files
%changelog
* Sun Nov 01 2026 someone <a@example.org> - 1.4.0-1
- x
`

func TestSpecsAreParsed(t *testing.T) {
	want := source.Spec{
		Name: "greeter", Version: "1.4.0", Release: "1%{?dist}",
		Sources:  []string{"https://example.org/greeter-1.4.0.tar.gz#/x.tar.gz", "greeter.sysusers", "late"},
		Packages: []string{"greeter", "greeter-devel", "libgreeter1"},
		Provides: []string{"hello", "hi", "greet(x)", "greeter-static"},
	}
	if d := cmp.Diff(want, source.ParseSpec(greeterSpec)); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
	if !source.ParseSpec("Name: a\nBuildArch:\tnoarch\n").Noarch {
		t.Error("noarch is not seen")
	}
}

func TestSpecsAreReducedToWhatABuildNeeds(t *testing.T) {
	got := source.Needs(greeterSpec, []string{"libgreeter-devel"})
	for _, gone := range []string{"# why", "no tag", "make \\", "changelog", "BuildRequires:  libgreeter-devel", "%files"} {
		if strings.Contains(got, gone) {
			t.Errorf("%q is still in:\n%s", gone, got)
		}
	}
	for _, kept := range []string{"%global late 1", "%endif", "BuildRequires: gcc\n", "%package devel\n", "Name:           %{pkg}\n", "%description\n"} {
		if !strings.Contains(got, kept) {
			t.Errorf("no %q in:\n%s", kept, got)
		}
	}
	described := strings.Replace(greeterSpec, "- x", "- y", 1)
	if source.Needs(described, nil) != source.Needs(greeterSpec, nil) {
		t.Error("a changelog's entry changes what a build needs")
	}
	if got := source.Needs("%global v %(cat VERSION)\nName: a\nVersion: %{v}\nRelease: 1\nBuildRequires: b\n", nil); !strings.Contains(got, "\nVersion: 0\nRelease: 1\n") {
		t.Errorf("a version that a command tells: %q", got)
	}
	if got := source.Needs("%global x \\\n# a \\\n%files\\\n  b\nc\n", nil); got != "%global x \\\n# a \\\n%files\\\n  b\nc\n%description\n" {
		t.Errorf("a macro of several lines: %q", got)
	}
}

func TestSpecFilesAreFound(t *testing.T) {
	for files, want := range map[string]string{
		"a.c":                                 "",
		"greeter.spec":                        "greeter . greeter.spec",
		"rpm/greeter.spec":                    "greeter . rpm/greeter.spec",
		"packaging/rpm/greeter.spec":          "greeter . packaging/rpm/greeter.spec",
		"SPECS/greeter.spec x/greeter.spec":   "greeter . SPECS/greeter.spec",
		"b/greeter.spec a/rpm/greeter.spec":   "greeter a a/rpm/greeter.spec, greeter b b/greeter.spec",
		"rpm/greeter.spec app.spec":           "greeter . rpm/greeter.spec", // that of another program
		packaged + " rpm/greeter.spec":        "TOP . debian, greeter . rpm/greeter.spec",
		"rpm/greeter.spec rpm/other.spec":     "greeter . rpm/greeter.spec, greeter . rpm/other.spec",
		"examples/one/greeter.spec rpm/x.txt": "greeter examples/one examples/one/greeter.spec",
	} {
		dir := tree(t, files)
		for name := range strings.FieldsSeq(files) {
			if strings.HasSuffix(name, ".spec") && name != "app.spec" {
				write(t, filepath.Join(dir, name), greeterSpec)
			}
		}
		var found []string
		for _, p := range open(t, source.Options{Source: dir}).Tree.Packages {
			found = append(found, strings.Join([]string{strings.Replace(p.Name, filepath.Base(dir), "TOP", 1), p.Dir, p.Where}, " "))
		}
		if got := strings.Join(found, ", "); got != want {
			t.Errorf("%s: found %q, want %q", files, got, want)
		}
	}
}
