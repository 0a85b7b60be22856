package check

import (
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// sockets checks whether somebody listens where the socket units that are
// active say so.
func (a *agent) sockets(units map[string]unit) error {
	inodes, err := a.machine.sockets()
	if err != nil {
		return err
	}
	ports, paths := slices.Collect(maps.Values(inodes)), a.machine.unixSockets()
	for _, name := range slices.Sorted(maps.Keys(units)) {
		if u := units[name]; u.ActiveState == "active" && len(u.Listen) > 0 {
			a.check(a.machine.judgeSocket(u, ports, paths))
		}
	}
	return nil
}

func (m machine) judgeSocket(u unit, ports, paths []string) result.Check {
	var open, missing []string
	for _, l := range u.Listen {
		kind, address, _ := strings.Cut(l, " ")
		where, listens := address, false
		switch {
		case kind != "Stream" && kind != "Datagram" && kind != "SequentialPacket", strings.HasPrefix(address, "vsock:"):
			continue // fifos, netlink, message queues: nothing that can be looked up
		case strings.HasPrefix(address, "/"):
			listens = m.isSocket(address, paths)
		case strings.HasPrefix(address, "@"):
			listens = slices.Contains(paths, address)
		default:
			where = portName(kind, address)
			listens = where == "" || slices.Contains(ports, where)
		}
		if listens && where != "" {
			open = append(open, where)
		}
		if !listens {
			missing = append(missing, where)
		}
	}
	if len(missing) > 0 {
		return failed(u.kind(), u.Name, "listens", "somebody listens on all that it declares", "nobody listens on "+strings.Join(missing, ", "),
			"the unit is active: the daemon closes the socket that it was given, or removes its path when it ends or binds it anew")
	}
	return passed(u.kind(), u.Name, "listens", strings.Join(open, ", "))
}

// portName is the name of a port as Port has it; empty: the address is none.
func portName(kind, address string) string {
	number := address[strings.LastIndex(address, ":")+1:]
	if _, err := strconv.Atoi(number); err != nil || kind == "SequentialPacket" {
		return ""
	}
	return map[string]string{"Stream": "tcp:", "Datagram": "udp:"}[kind] + number
}

// isSocket says whether a path is a socket that a process has open.
func (m machine) isSocket(address string, paths []string) bool {
	end, err := m.follow(address)
	if err != nil {
		return false
	}
	info, err := m.lstat(end)
	return err == nil && info.Mode()&fs.ModeSocket != 0 &&
		(paths == nil || slices.Contains(paths, address) || slices.Contains(paths, end))
}

// unixSockets are the paths in /proc/net/unix, nil if it cannot be read:
// proc_net_unix(5). Those that have no file begin with @.
func (m machine) unixSockets() []string {
	text, err := m.read("/proc/net/unix")
	if err != nil {
		return nil
	}
	paths := []string{}
	for _, line := range lines(text) {
		if word := strings.Fields(line); len(word) == 8 {
			paths = append(paths, word[7])
		}
	}
	return paths
}
