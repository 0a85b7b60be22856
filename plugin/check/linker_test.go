package check

import (
	"debug/elf"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/result"
)

const interpreter = "/lib64/ld-linux-x86-64.so.2"

// linked is a linker that knows just these files, on a machine that has
// nothing but the interpreter.
func linked(t *testing.T, objects map[string]*object) *linker {
	t.Helper()
	l := newLinker(files(t, map[string]string{interpreter: "", "/etc/ld.so.conf": "include ld.so.conf.d/*.conf # all\n", "/etc/ld.so.conf.d/a.conf": "/opt/lib\n"}))
	for file, o := range objects {
		if o.class == elf.ELFCLASSNONE {
			o.class = elf.ELFCLASS64
		}
		l.cache[file] = o
	}
	return l
}

func program(needed ...string) *object { return &object{interpreter: interpreter, needed: needed} }
func library(needed ...string) *object { return &object{needed: needed} }

func TestExecutablesLoad(t *testing.T) {
	const (
		want   = "executable /usr/bin/a loads | want its interpreter and shared libraries are found | found "
		wanted = "failed " + want
		why    = " | why a dependency is missing: is ${shlibs:Depends} in debian/control?"
		passed = "passed executable /usr/bin/a loads | want its interpreter and shared libraries are found"
	)
	for name, c := range map[string]struct {
		objects map[string]*object
		want    string
	}{
		"a library in a default directory":   {map[string]*object{"/usr/bin/a": program("x.so"), "/usr/lib/x.so": library()}, passed},
		"a library that ld.so.conf leads to": {map[string]*object{"/usr/bin/a": program("x.so"), "/opt/lib/x.so": library()}, passed},
		"libraries that need each other":     {map[string]*object{"/usr/bin/a": program("x.so"), "/lib/x.so": library("y.so"), "/lib/y.so": library("x.so")}, passed},
		"no library":                         {map[string]*object{"/usr/bin/a": program("x.so")}, wanted + "missing x.so" + why},
		"no library of a library": {map[string]*object{"/usr/bin/a": program("x.so"), "/lib/x.so": library("y.so")},
			wanted + "missing y.so (needed by /lib/x.so)" + why},
		"a library of another architecture": {map[string]*object{"/usr/bin/a": program("x.so"), "/lib/x.so": {class: elf.ELFCLASS32}}, wanted + "missing x.so" + why},
		"no interpreter":                    {map[string]*object{"/usr/bin/a": {interpreter: "/lib/ld-musl.so.1"}}, wanted + "interpreter /lib/ld-musl.so.1 is missing"},
		"RUNPATH with $ORIGIN": {map[string]*object{
			"/usr/bin/a": {interpreter: interpreter, needed: []string{"x.so"}, runpath: []string{"$ORIGIN/../a"}}, "/usr/a/x.so": library()}, passed},
		"RUNPATH is not handed on": {map[string]*object{
			"/usr/bin/a": {interpreter: interpreter, needed: []string{"x.so"}, runpath: []string{"/p"}}, "/p/x.so": library("y.so"), "/p/y.so": library()},
			wanted + "missing y.so (needed by /p/x.so)" + why},
		"RPATH is handed on": {map[string]*object{
			"/usr/bin/a": {interpreter: interpreter, needed: []string{"x.so"}, rpath: []string{"/p"}}, "/p/x.so": library("y.so"), "/p/y.so": library()}, passed},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := linked(t, c.objects).loads("/usr/bin/a", 0o644)
			if !ok {
				t.Fatal("not looked at")
			}
			if diff := cmp.Diff(c.want, say(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAPluginWithoutALibraryIsAWarning(t *testing.T) {
	l := linked(t, map[string]*object{"/usr/lib/a/plugin.so": library("x.so"), "/usr/lib/liba.so": library("x.so")})
	if c, _ := l.loads("/usr/lib/a/plugin.so", 0o644); !c.Warning || c.Outcome != result.Failed {
		t.Errorf("a plugin: %s", say(c))
	}
	if c, _ := l.loads("/usr/lib/liba.so", 0o644); c.Warning || c.Outcome != result.Failed {
		t.Errorf("a public library: %s", say(c))
	}
}

// dnsmasq of Debian ships a service of runit, and does not depend on runit.
func TestWhatAnotherInitRunsIsNotAsked(t *testing.T) {
	l := newLinker(files(t, map[string]string{"/etc/sv/a/run": "#!/lib/runit/invoke-run\n", "/etc/cron.daily/a": "#!/lib/runit/invoke-run\n"}))
	if c, ok := l.loads("/etc/sv/a/run", 0o755); ok {
		t.Errorf("a service of runit: %s", say(c))
	}
	if c, ok := l.loads("/etc/cron.daily/a", 0o755); !ok || c.Outcome != result.Failed {
		t.Errorf("a job of cron: %s", say(c))
	}
}

func TestARealProgramIsRead(t *testing.T) {
	l := newLinker(machine{root: "/"})
	o := l.open("/bin/ls")
	if o == nil || !o.program() || len(o.needed) == 0 {
		t.Fatalf("/bin/ls is %+v", o)
	}
	if missing := l.missing("/bin/ls"); len(missing) > 0 {
		t.Errorf("/bin/ls runs, and is missing %q", missing)
	}
	text, err := os.ReadFile("/bin/ls")
	if err != nil {
		t.Fatal(err)
	}
	alone := newLinker(files(t, map[string]string{"/bin/ls": string(text), o.interpreter: ""}))
	if diff := cmp.Diff(o.needed, alone.missing("/bin/ls")); diff != "" {
		t.Error(diff)
	}
}
