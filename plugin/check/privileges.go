package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// privilegeChecks list the programs of a package that run with more rights
// than who runs them has.
func (m machine) privilegeChecks(_ context.Context, p Package, files []string) []result.Check {
	var checks []result.Check
	for _, f := range files {
		info, err := m.lstat(f)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0 {
			checks = append(checks, m.judgeSetID(p, f, info, files))
		}
		if names := m.capabilities(f); names != "" {
			checks = append(checks, passed("privilege", f, "capabilities", names))
		}
	}
	return checks
}

// judgeSetID lists one program; what it may be used for is told, and what
// lets others than its owner put a program of their own in its place fails.
func (m machine) judgeSetID(p Package, file string, info os.FileInfo, files []string) result.Check {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return passed("privilege", file, "setuid", "whose it is cannot be told")
	}
	attribute := "setgid"
	if info.Mode()&fs.ModeSetuid != 0 {
		attribute = "setuid"
	}
	owner, group := m.nameOf("/etc/passwd", st.Uid), m.nameOf("/etc/group", st.Gid)
	found := fmt.Sprintf("mode %04o, owner %s:%s", st.Mode&0o7777, owner, group)
	switch {
	case st.Mode&0o002 != 0 || st.Mode&0o020 != 0 && (st.Uid != 0 || st.Gid != 0):
		return failed("privilege", file, attribute, "a program that nobody but its owner can write to", found, "who can write to it can do what its owner can")
	case attribute == "setuid" && st.Uid == 0 && st.Mode&0o001 != 0 && !m.states(p, file, files):
		return warned("privilege", file, attribute, "stated: in dpkg-statoverride, or in an override of lintian", found,
			"everybody can run it as root: let only a group run it, give it capabilities instead, or state it")
	}
	return passed("privilege", file, attribute, found)
}

// states says whether somebody has said that a program is to be setuid: the
// administrator, or the package where it tells lintian. Images for containers
// leave those files out, and it is believed.
func (m machine) states(p Package, file string, files []string) bool {
	if text, err := m.read("/var/lib/dpkg/statoverride"); err == nil && strings.Contains(text+"\n", " "+file+"\n") {
		return true
	}
	override := "/usr/share/lintian/overrides/" + p.Name
	if !slices.Contains(files, override) {
		return false
	}
	text, err := m.read(override)
	return errors.Is(err, fs.ErrNotExist) || strings.Contains(text, strings.TrimPrefix(file, "/")) ||
		strings.Contains(text, "setuid-binary") && strings.Contains(text, path.Base(file))
}

// capabilities are those that a file gives to who runs it: cap_net_raw=ep.
func (m machine) capabilities(file string) string {
	value := make([]byte, 64)
	n, err := unix.Lgetxattr(m.at(file), "security.capability", value)
	if err != nil || n < 8 {
		return "" // none, or a file system that has no such thing
	}
	return readCapabilities(value[:n])
}

// readCapabilities reads struct vfs_cap_data of linux/capability.h: a word
// with the revision and the effective flag, then two pairs of words, permitted
// and inheritable.
func readCapabilities(value []byte) string {
	word := func(i int) uint32 {
		if len(value) < 4*i+4 {
			return 0
		}
		return binary.LittleEndian.Uint32(value[4*i:])
	}
	sets := []struct {
		flags string
		bits  uint64
	}{
		{"p", uint64(word(1)) | uint64(word(3))<<32},
		{"i", uint64(word(2)) | uint64(word(4))<<32},
	}
	var all []string
	for _, set := range sets {
		var names []string
		for bit := range 64 {
			if set.bits&(1<<bit) != 0 {
				names = append(names, capabilityName(bit))
			}
		}
		if len(names) == 0 {
			continue
		}
		if set.flags == "p" && word(0)&1 != 0 {
			set.flags = "ep"
		}
		all = append(all, strings.Join(names, ",")+"="+set.flags)
	}
	return strings.Join(all, " ")
}

// capabilityNames are those of linux/capability.h, by their bit.
var capabilityNames = strings.Fields(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable
	net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct
	sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
	mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore`)

func capabilityName(bit int) string {
	if bit >= len(capabilityNames) {
		return fmt.Sprint(bit)
	}
	return "cap_" + capabilityNames[bit]
}
