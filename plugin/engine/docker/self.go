package docker

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// surroundings are what a process sees of the container it is in, if it is.
type surroundings struct {
	// mountinfo and cgroup are the files of these names in /proc/self.
	mountinfo, cgroup string
	hostname          string
	// dir is where we work.
	dir string
}

var (
	// ownFile is what engines mount over /etc/hostname and its like; podman
	// has it in userdata.
	ownFile  = regexp.MustCompile(`containers/([0-9a-f]{64})/(?:userdata/)?(?:hostname|hosts|resolv\.conf)$`)
	upperDir = regexp.MustCompile(`(?:^|,)upperdir=([^,]+)`)
	longID   = regexp.MustCompile(`[0-9a-f]{64}`)
	shortID  = regexp.MustCompile(`^[0-9a-f]{12}$`)
)

// findSelf is the container we run in and its image. Both are empty outside
// one, in one that this daemon does not know, and where it is not certain:
// whoever takes another container for itself has its own machines swept when
// that one ends.
func (e *Engine) findSelf(ctx context.Context) (id, image string) {
	if !exists("/.dockerenv") && !exists("/run/.containerenv") {
		return "", ""
	}
	s := here()
	for _, candidate := range s.candidates() {
		c, err := e.client.ContainerInspect(ctx, candidate)
		if err == nil && s.isIn(c) {
			return c.ID, c.Image
		}
	}
	return "", ""
}

// here reads our surroundings; what cannot be read is not known.
func here() surroundings {
	hostname, _ := os.Hostname()
	dir, _ := os.Getwd()
	return surroundings{
		mountinfo: readFile("/proc/self/mountinfo"), cgroup: readFile("/proc/self/cgroup"),
		hostname: hostname, dir: dir,
	}
}

// candidates are ids that may be ours, the surest first. None is certain: a
// machine can have /.dockerenv and be no container, /etc/hostname can be that
// of a container whose network we share, and a hostname can be chosen.
func (s surroundings) candidates() []string {
	var ids []string
	for _, m := range s.mounts() {
		// The daemon mounts these files below the roots of containers as well,
		// while something is copied: ours are those at /etc.
		mine := m.at == "/etc/hostname" || m.at == "/etc/hosts" || m.at == "/etc/resolv.conf"
		if found := ownFile.FindStringSubmatch(m.root); found != nil && mine {
			ids = append(ids, found[1])
		}
	}
	if id := s.cgroupID(); id != "" {
		ids = append(ids, id)
	}
	if shortID.MatchString(s.hostname) {
		ids = append(ids, s.hostname)
	}
	return slices.Compact(ids)
}

// isIn says whether a container is the one we run in. The kernel's word, where
// there is one, decides: the name of our control group, or the directory that
// our root is an overlay of. Elsewhere its mounts have to be ours.
func (s surroundings) isIn(c container.InspectResponse) bool {
	if c.ContainerJSONBase == nil || c.State == nil || !c.State.Running || !s.sameHostname(c) {
		return false
	}
	if own := s.cgroupID(); own != "" {
		return own == c.ID
	}
	own, its := s.upperDir(), c.GraphDriver.Data["UpperDir"]
	if own != "" && its != "" {
		return own == its
	}
	return s.sameMounts(c.Mounts)
}

// sameHostname compares hostnames. A container in the host's UTS namespace
// has one of its own in the books only.
func (s surroundings) sameHostname(c container.InspectResponse) bool {
	if c.HostConfig != nil && c.HostConfig.UTSMode.IsHost() {
		return true
	}
	return c.Config != nil && s.hostname != "" &&
		(s.hostname == c.Config.Hostname || s.hostname == c.Config.Hostname+"."+c.Config.Domainname)
}

// cgroupID is the id in the name of our control group: the innermost. A
// private cgroup namespace hides it.
func (s surroundings) cgroupID() string {
	ids := longID.FindAllString(s.cgroup, -1)
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)-1]
}

// upperDir is the directory of the host that our root writes to.
func (s surroundings) upperDir() string {
	dir := ""
	for _, m := range s.mounts() {
		if found := upperDir.FindStringSubmatch(m.options); found != nil && m.at == "/" {
			dir = found[1]
		}
	}
	return dir
}

// sameMounts says whether all mounts of a container are ours, and the one
// that we work on is one of them. Having none says nothing.
func (s surroundings) sameMounts(mounts []container.MountPoint) bool {
	workspace := "/"
	ours := map[string]bool{}
	for _, m := range s.mounts() {
		ours[m.at] = true
		if within(s.dir, m.at) && len(m.at) > len(workspace) {
			workspace = m.at
		}
	}
	covered := workspace == "/"
	for _, m := range mounts {
		at := noVar(m.Destination)
		if !ours[at] {
			return false
		}
		covered = covered || at == workspace
	}
	return len(mounts) > 0 && covered
}

// within says whether a path is a directory or below it.
func within(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// noVar is a path as the kernel has it: /var/run is a link to /run in about
// every image, and the kernel knows no links.
func noVar(name string) string {
	if within(name, "/var/run") {
		return strings.TrimPrefix(name, "/var")
	}
	return name
}

// mounted is a line of mountinfo: what is mounted, of its file system, and
// where, and the file system's options.
type mounted struct{ root, at, options string }

// escapes are how mountinfo writes what would end a field.
var escapes = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// mounts reads mountinfo: see proc_pid_mountinfo(5).
func (s surroundings) mounts() []mounted {
	var all []mounted
	for line := range strings.Lines(s.mountinfo) {
		f := strings.Fields(line)
		if len(f) >= 6 {
			all = append(all, mounted{escapes.Replace(f[3]), escapes.Replace(f[4]), f[len(f)-1]})
		}
	}
	return all
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func readFile(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(text)
}
