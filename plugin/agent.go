package plugin

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// errLinked is of a program that does not run wherever it is copied to.
var errLinked = errors.New("linked dynamically")

// agent opens our own program for a platform: this one, or the one beside it
// that is named after the architecture.
func (w World) agent(platform string) (io.ReadCloser, error) {
	_, arch, _ := strings.Cut(platform, "/")
	if arch == runtime.GOARCH {
		return openStatic(w.Executable)
	}
	name := "drone-packages-" + strings.ReplaceAll(arch, "/", "-")
	file, err := openStatic(filepath.Join(filepath.Dir(w.Executable), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s beside %s: it is what goes into machines of that platform; make build-arm64 makes that of arm64, and the plugin's image has it", name, filepath.Base(w.Executable))
	}
	return file, err
}

// openStatic opens a program, unless the kernel would ask for another one to
// run it: containers need not have that, nor the libraries that it looks for.
func openStatic(name string) (io.ReadCloser, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	program, err := elf.NewFile(file)
	if err != nil {
		return file, nil //nolint:nilerr // what is no ELF is nothing that links
	}
	if slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return nil, errors.Join(fmt.Errorf("%s is %w, and would not run in every container: make it with CGO_ENABLED=0 (go install, go build), or make build", name, errLinked), file.Close())
	}
	return file, nil
}
