package check

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// port is a socket that somebody listens on.
type port struct {
	// Name is tcp:9101, or udp:53.
	Name string
	// Unit that listens, and the process, if they are known.
	Unit string
	PID  int
	Exe  string
	// Script that the process runs, if it is an interpreter.
	Script string `json:",omitempty"`
}

// process is one that runs.
type process struct {
	PID int
	// Exe is its program; Script what an interpreter runs, if it is one.
	Exe, Script string
	// Unit whose cgroup it is in.
	Unit string
}

// tcpListen is the state LISTEN in /proc/net/tcp: include/net/tcp_states.h.
const tcpListen = 10

// ports are those that the units listen on, or what runs one of the programs:
// where there are no cgroups, that tells whose a process is.
func (m machine) ports(units map[string]unit, programs []string) ([]port, error) {
	all, err := m.listening()
	if err != nil {
		return nil, err
	}
	sockets := socketPorts(units)
	var ours []port
	for _, p := range all {
		if name := sockets[p.Name]; name != "" {
			p.Unit = name
		}
		if _, ok := units[p.Unit]; ok || slices.Contains(programs, p.Exe) || slices.Contains(programs, p.Script) {
			ours = append(ours, p)
		}
	}
	return ours, nil
}

// socketPorts maps the ports of socket units, which systemd itself holds.
func socketPorts(units map[string]unit) map[string]string {
	protocols := map[string]string{"Stream": "tcp", "Datagram": "udp"}
	ports := map[string]string{}
	for name, u := range units {
		for _, l := range u.Listen {
			kind, address, _ := strings.Cut(l, " ")
			number := address[strings.LastIndex(address, ":")+1:]
			if _, err := strconv.Atoi(number); err == nil && protocols[kind] != "" {
				ports[protocols[kind]+":"+number] = name
			}
		}
	}
	return ports
}

// listening are all sockets that are listened on, one by name.
func (m machine) listening() ([]port, error) {
	inodes, err := m.sockets()
	if err != nil || len(inodes) == 0 {
		return nil, err
	}
	holders := m.holders()
	var all []port
	for inode, name := range inodes {
		h := holders[inode]
		all = append(all, port{Name: name, Unit: h.Unit, PID: h.PID, Exe: h.Exe, Script: h.Script})
	}
	slices.SortFunc(all, func(a, b port) int {
		return strings.Compare(fmt.Sprint(a.Name, a.PID), fmt.Sprint(b.Name, b.PID))
	})
	return slices.CompactFunc(all, func(a, b port) bool { return a.Name == b.Name && a.PID == b.PID }), nil
}

// sockets are the inodes of listening sockets, with the port's name.
func (m machine) sockets() (map[uint64]string, error) {
	fs, err := procfs.NewFS(m.at("/proc"))
	if err != nil {
		return nil, fmt.Errorf("ports: %w", err)
	}
	found := map[uint64]string{}
	for _, read := range []func() (procfs.NetTCP, error){fs.NetTCP, fs.NetTCP6} { //nolint:staticcheck // netlink needs no rights less, and one more library
		lines, _ := read() // no IPv6 here: no ports there
		for _, l := range lines {
			if l.St == tcpListen {
				found[l.Inode] = fmt.Sprintf("tcp:%d", l.LocalPort)
			}
		}
	}
	for _, read := range []func() (procfs.NetUDP, error){fs.NetUDP, fs.NetUDP6} {
		lines, _ := read()
		for _, l := range lines {
			if l.RemPort == 0 && l.LocalPort != 0 { // not connected
				found[l.Inode] = fmt.Sprintf("udp:%d", l.LocalPort)
			}
		}
	}
	return found, nil
}

// holders maps the inodes of sockets to a process that has them open; to one
// that is not the init, if there is one.
func (m machine) holders() map[uint64]process {
	holders := map[uint64]process{}
	for _, p := range m.processes() {
		fds, _ := filepath.Glob(m.at(fmt.Sprintf("/proc/%d/fd/*", p.PID)))
		for _, fd := range fds {
			target, err := os.Readlink(fd)
			if err != nil {
				continue // closed meanwhile
			}
			inode, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]"), 10, 64)
			if err == nil && holders[inode].PID <= 1 {
				holders[inode] = p
			}
		}
	}
	return holders
}

// processes are those that run, kernel threads apart.
func (m machine) processes() []process {
	dirs, _ := filepath.Glob(m.at("/proc/[0-9]*"))
	var all []process
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		exe, err := os.Readlink(dir + "/exe")
		if err != nil {
			continue
		}
		p := process{PID: pid, Exe: strings.TrimSuffix(exe, " (deleted)")}
		if args, err := os.ReadFile(dir + "/cmdline"); err == nil {
			p.Script = scriptOf(string(args))
		}
		if cgroup, err := os.ReadFile(dir + "/cgroup"); err == nil {
			p.Unit = unitOf(string(cgroup))
		}
		all = append(all, p)
	}
	return all
}

// scriptOf is the first argument that is a path.
func scriptOf(cmdline string) string {
	args := strings.Split(cmdline, "\x00")
	for _, arg := range args[1:] {
		if strings.HasPrefix(arg, "/") {
			return arg
		}
		if !strings.HasPrefix(arg, "-") {
			return ""
		}
	}
	return ""
}

// unitOf is the innermost unit in a process's /proc/PID/cgroup.
func unitOf(cgroup string) string {
	for line := range strings.Lines(cgroup) {
		for dir := strings.TrimSpace(line); strings.Contains(dir, "/"); dir = path.Dir(dir) {
			if name := path.Base(dir); slices.Contains(unitSuffixes, path.Ext(name)) {
				return name
			}
			if path.Dir(dir) == dir {
				break
			}
		}
	}
	return ""
}
