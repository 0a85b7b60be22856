package check

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// linker finds what programs need to be loaded, as ld.so(8) does, without
// running any of them.
type linker struct {
	machine machine
	dirs    []string
	cache   map[string]*object
}

// object is the part of an ELF file that loading needs.
type object struct {
	class          elf.Class
	arch           elf.Machine
	interpreter    string
	needed         []string
	rpath, runpath []string
}

func newLinker(m machine) *linker {
	dirs := m.ldConf("/etc/ld.so.conf", 0)
	for _, base := range []string{"/lib", "/usr/lib"} {
		multi, _ := filepath.Glob(m.at(base + "/*-linux-*")) // the pattern is valid
		for _, dir := range multi {
			dirs = append(dirs, path.Join(base, filepath.Base(dir)))
		}
	}
	dirs = append(dirs, "/lib", "/usr/lib", "/lib64", "/usr/lib64", "/lib32", "/usr/lib32")
	return &linker{machine: m, dirs: dirs, cache: map[string]*object{}}
}

// ldConf reads ld.so.conf with what it includes.
func (m machine) ldConf(file string, depth int) []string {
	text, err := m.read(file)
	if err != nil || depth > 3 {
		return nil
	}
	var dirs []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
		word := strings.Fields(line)
		if len(word) == 2 && word[0] == "include" {
			pattern := word[1]
			if !path.IsAbs(pattern) {
				pattern = path.Join(path.Dir(file), pattern)
			}
			more, _ := filepath.Glob(m.at(pattern))
			for _, f := range more {
				dirs = append(dirs, m.ldConf("/"+mustRel(m.root, f), depth+1)...)
			}
			continue
		}
		dirs = append(dirs, word...)
	}
	return dirs
}

// loads checks one file; ok is false when it is nothing that gets loaded.
func (l *linker) loads(file string, mode os.FileMode) (c result.Check, ok bool) {
	c = result.Check{Kind: "executable", Subject: file, Attribute: "loads", Outcome: result.Passed}
	if slices.ContainsFunc(optional, func(dir string) bool { return strings.HasPrefix(file, dir) }) {
		return c, false
	}
	if mode&0o111 != 0 {
		if words := l.shebang(file); len(words) > 0 {
			return l.judgeScript(c, words), true
		}
	}
	o := l.open(file)
	if o == nil || !o.program() && !isLibrary(file) {
		return c, false
	}
	return l.judgeObject(c, file, o), true
}

// optional are trees whose programs run only where somebody has brought what
// they need: examples, and the services of another init.
var optional = []string{"/usr/share/doc/", "/etc/sv/", "/etc/runit/"}

func (o *object) program() bool { return o.interpreter != "" }

func isLibrary(file string) bool {
	return strings.Contains(path.Base(file), ".so") || strings.Contains(file, "/bin/") || strings.Contains(file, "/sbin/")
}

func (l *linker) judgeObject(c result.Check, file string, o *object) result.Check {
	c.Expected = "its interpreter and shared libraries are found"
	if _, err := l.machine.follow(o.interpreter); o.program() && err != nil {
		c.Outcome, c.Found = result.Failed, "interpreter "+o.interpreter+" is missing"
		return c
	}
	missing := l.missing(file)
	if len(missing) == 0 {
		return c
	}
	c.Outcome, c.Found = result.Failed, "missing "+strings.Join(missing, ", ")
	c.Reason = "a dependency is missing: is ${shlibs:Depends} in debian/control?"
	if !o.program() && !slices.Contains(l.dirs, path.Dir(file)) {
		// Who loads a plugin may have loaded its libraries before.
		c.Warning = true
		c.Reason = "a plugin, whose libraries may be loaded by the program that loads it"
	}
	return c
}

// missing walks what a file needs, breadth first, as ld.so does.
func (l *linker) missing(file string) []string {
	type want struct {
		name, by string
		rpath    []string
	}
	top := l.open(file)
	seen, queue := map[string]bool{}, []want{}
	enqueue := func(o *object, by string, inherited []string) {
		rpath := inherited
		if len(o.runpath) == 0 {
			rpath = append(origin(o.rpath, by), inherited...)
		}
		for _, n := range o.needed {
			queue = append(queue, want{n, by, rpath})
		}
	}
	enqueue(top, file, nil)
	var missing []string
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		if seen[w.name] {
			continue
		}
		seen[w.name] = true
		found := l.find(w.name, l.search(w.by, w.rpath), top)
		if found == "" {
			missing = append(missing, neededBy(w.name, w.by, file))
			continue
		}
		enqueue(l.open(found), found, w.rpath)
	}
	return missing
}

// search is where to look for what a file needs.
func (l *linker) search(by string, rpath []string) []string {
	o := l.open(by)
	if len(o.runpath) > 0 {
		return slices.Concat(origin(o.runpath, by), l.dirs)
	}
	return slices.Concat(rpath, l.dirs)
}

func neededBy(name, by, file string) string {
	if by == file {
		return name
	}
	return fmt.Sprintf("%s (needed by %s)", name, by)
}

// find looks for a library of the same kind as the program.
func (l *linker) find(name string, dirs []string, like *object) string {
	if strings.Contains(name, "/") {
		dirs = []string{""}
	}
	for _, dir := range dirs {
		file := path.Join(dir, name)
		o := l.open(file)
		if o != nil && o.class == like.class && o.arch == like.arch {
			return file
		}
	}
	return ""
}

func origin(dirs []string, file string) []string {
	var all []string
	replace := strings.NewReplacer("$ORIGIN", path.Dir(file), "${ORIGIN}", path.Dir(file))
	for _, d := range dirs {
		all = append(all, path.Clean(replace.Replace(d)))
	}
	return all
}

// open reads an ELF file; nil when it is none that is linked.
func (l *linker) open(file string) *object {
	if o, ok := l.cache[file]; ok {
		return o
	}
	o := l.readObject(file)
	l.cache[file] = o
	return o
}

func (l *linker) readObject(file string) *object {
	real, err := l.machine.follow(file)
	if err != nil {
		return nil
	}
	f, err := elf.Open(l.machine.at(real))
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // read only
	if f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN {
		return nil
	}
	o := &object{class: f.Class, arch: f.Machine}
	o.needed, _ = f.ImportedLibraries() // none when it is static
	o.rpath, o.runpath = dirsOf(f, elf.DT_RPATH), dirsOf(f, elf.DT_RUNPATH)
	o.interpreter = interpreterOf(f)
	return o
}

func dirsOf(f *elf.File, tag elf.DynTag) []string {
	var dirs []string
	values, _ := f.DynString(tag) // none
	for _, v := range values {
		dirs = append(dirs, strings.Split(v, ":")...)
	}
	return dirs
}

func interpreterOf(f *elf.File) string {
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > 4096 {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := p.ReadAt(b, 0); err != nil {
			return ""
		}
		return string(bytes.TrimRight(b, "\x00"))
	}
	return ""
}

// shebang are the words after #!; none when it is no script.
func (l *linker) shebang(file string) []string {
	f, err := os.Open(l.machine.at(file))
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // read only
	head := make([]byte, 256)
	n, _ := f.Read(head) // an empty file is no script
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return nil
	}
	return strings.Fields(rest)
}

// searchPath is where env looks, for root and for services.
var searchPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

func (l *linker) judgeScript(c result.Check, words []string) result.Check {
	c.Expected = "its interpreter exists"
	interpreter := words[0]
	if path.Base(interpreter) == "env" {
		interpreter = envTarget(words)
	}
	if path.IsAbs(interpreter) && l.exists(interpreter) {
		return c
	}
	if !path.IsAbs(interpreter) && slices.ContainsFunc(searchPath, func(d string) bool { return l.exists(path.Join(d, interpreter)) }) {
		return c
	}
	c.Outcome, c.Found = result.Failed, "#!"+strings.Join(words, " ")+": no "+interpreter
	c.Reason = "the package that has the interpreter is not a dependency"
	return c
}

// envTarget is the program that env is to run: not an option or a variable.
func envTarget(words []string) string {
	for _, w := range words[1:] {
		if !strings.HasPrefix(w, "-") && !strings.Contains(w, "=") {
			return w
		}
	}
	return words[0]
}

func (l *linker) exists(file string) bool {
	_, err := l.machine.follow(file)
	return !errors.Is(err, os.ErrNotExist)
}
