package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// Rung is one way to boot a machine on a host.
type Rung struct {
	// Name says what it asks for; Why, what makes that necessary.
	Name, Why string
	Container Container
}

// ownCgroup2 is the first process where the host neither hands over a
// writable cgroup tree nor is asked to: it mounts its own cgroup namespace's
// part of the unified hierarchy, then becomes the init.
const ownCgroup2 = "umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /sbin/init"

// ladder is the ways to boot systemd on the host, the least rights first.
// Measured: docs/testing.md, "The init ladder".
func ladder(h Host, privileged string) []Rung {
	if privileged == "always" {
		return []Rung{privilegedRung("asked for by privileged: always")}
	}
	var rungs []Rung
	if h.Cgroup == "2" {
		rungs = append(rungs, unprivilegedRung(h))
	}
	rungs = append(rungs, sysAdminRung(h))
	if privileged == "never" {
		return rungs
	}
	return append(rungs, privilegedRung("nothing less boots here"))
}

// unprivilegedRung needs nothing but a cgroup tree of its own that it may
// write: Docker 28 has an option for that, user namespaces give it anyway.
func unprivilegedRung(h Host) Rung {
	c := machineContainer()
	c.Command = []string{"/sbin/init"}
	if h.UserNS || h.Rootless || h.Engine != "docker" {
		return Rung{"no added rights", "cgroup v2 that the container owns", c}
	}
	c.Security = []string{"writable-cgroups=true"}
	if h.SELinux {
		c.Security = append(c.Security, "label=disable")
	}
	return Rung{"no added rights, its own cgroups writable", "cgroup v2 host, " + h.Engine + " " + h.Version, c}
}

// sysAdminRung mounts its own cgroup tree, for which it needs SYS_ADMIN and a
// profile that lets it.
func sysAdminRung(h Host) Rung {
	c := machineContainer()
	c.Command = []string{"sh", "-c", ownCgroup2}
	c.CapAdd = []string{"SYS_ADMIN"}
	c.Security = []string{"seccomp=unconfined"}
	if h.AppArmor {
		c.Security = append(c.Security, "apparmor=unconfined")
	}
	if h.SELinux {
		c.Security = append(c.Security, "label=disable")
	}
	why := fmt.Sprintf("cgroup v%s host, %s %s", h.Cgroup, h.Engine, h.Version)
	return Rung{"SYS_ADMIN in its own cgroup namespace", why, c}
}

func privilegedRung(why string) Rung {
	c := machineContainer()
	c.Command = []string{"/sbin/init"}
	c.Privileged = true
	return Rung{"privileged", why, c}
}

// machineContainer is what systemd wants of any container:
// its CONTAINER_INTERFACE.md.
func machineContainer() Container {
	return Container{
		Env: map[string]string{"container": "docker"},
		Tmpfs: map[string]string{
			"/run":      "rw,nosuid,nodev,mode=755",
			"/run/lock": "rw,nosuid,nodev",
			"/tmp":      "rw,nosuid,nodev,exec,mode=1777",
		},
		OwnCgroup:  true,
		StopSignal: "SIGRTMIN+3",
	}
}

// dropRefused leaves out rungs that the host's version is known to refuse.
func dropRefused(rungs []Rung, h Host) []Rung {
	if h.Engine != "docker" || majorVersion(h.Version) >= 28 {
		return rungs
	}
	var kept []Rung
	for _, r := range rungs {
		if strings.Contains(strings.Join(r.Container.Security, " "), "writable-cgroups") {
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

// majorVersion is 28 for "28.5.2"; 0 when there is none.
func majorVersion(version string) int {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return n
}

// Ladder is the ways to boot a machine on a host, the least rights first, as
// the setting privileged allows: auto, always, never.
func Ladder(h Host, privileged string) []Rung {
	return dropRefused(ladder(h, privileged), h)
}
