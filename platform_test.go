package main_test

import (
	"bytes"
	"debug/elf"
	order "encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// A platform that the engine's host cannot run is told as that, before
// anything of a distro is fetched for it; the host's own goes on. That one is
// built for, under emulation, is seen by make arm64.
func TestAPlatformThatCannotBeRunIsExplained(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("short: needs the real engine")
	}
	beside := filepath.Join(filepath.Dir(binary), "drone-packages-s390x")
	if err := os.WriteFile(beside, programFor(elf.EM_S390), 0o755); err != nil {
		t.Fatal(err)
	}
	o := runIn(t, copyTree(t, "testdata/broken/good"), "PLUGIN_DISTROS=debian-13", "PLUGIN_PLATFORMS=linux/amd64,linux/s390x", "PLUGIN_ONLY=build")
	if o.code != 3 {
		t.Errorf("exit code %d, want 3", o.code)
	}
	if p := o.phases("debian-13")["build"]; p.Outcome != result.Passed {
		t.Errorf("the host's own platform: build %q", p.Outcome)
	}
	const says = "this docker host (linux/amd64) does not run programs for linux/s390x: register an emulator for them on it"
	if !strings.Contains(o.output, says) {
		t.Errorf("it does not say: %s", says)
	}
}

// programFor is the header of a program for a big-endian machine.
func programFor(machine elf.Machine) []byte {
	var b bytes.Buffer
	_ = order.Write(&b, order.BigEndian, elf.Header64{ // writing to a buffer does not fail
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2MSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
	})
	return b.Bytes()
}
