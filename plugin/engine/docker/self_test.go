package docker

import (
	"archive/tar"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/storage"
)

// Ids of containers, and lines of mountinfo as daemons make them.
var (
	ourID   = strings.Repeat("0a", 32)
	theirID = strings.Repeat("0b", 32)
)

const overlayRoot = "103 55 0:49 / / rw,relatime master:3 - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/var/lib/docker/overlay2/UPPER/diff,workdir=/w\n"

// etcFiles are the mounts of a container's own files; of another's where it
// shares that one's network.
func etcFiles(id string) string {
	text := ""
	for _, name := range []string{"resolv.conf", "hostname", "hosts"} {
		text += "121 103 254:0 /var/lib/docker/containers/" + id + "/" + name + " /etc/" + name + " rw,relatime - ext4 /dev/vda rw,discard\n"
	}
	return text
}

func mountAt(at string) string {
	return "120 103 254:0 /some/where " + at + " rw,relatime - ext4 /dev/vda rw\n"
}

const (
	plainRoot   = "103 55 0:49 / / rw,noatime master:3 - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0\n"
	socketPoint = "124 103 254:0 /docker.sock /run/docker.sock rw,relatime - tmpfs tmpfs rw\n"
	v1          = "9:name=systemd:/docker/ID\n4:memory:/docker/ID\n0::/docker/ID\n"
	private     = "0::/\n"
)

func cgroupOf(id string) string { return strings.ReplaceAll(v1, "ID", id) }

// inspected is a running container as the daemon shows it.
func inspected(id string, change ...func(*container.InspectResponse)) container.InspectResponse {
	c := container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{
			ID: id, State: &container.State{Running: true}, HostConfig: &container.HostConfig{},
			GraphDriver: storage.DriverData{Data: map[string]string{"UpperDir": "/var/lib/docker/overlay2/" + id + "/diff"}},
		},
		Config: &container.Config{Hostname: id[:12]},
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func mountsOf(at ...string) func(*container.InspectResponse) {
	return func(c *container.InspectResponse) {
		for _, a := range at {
			c.Mounts = append(c.Mounts, container.MountPoint{Destination: a})
		}
	}
}

func named(hostname, domain string) func(*container.InspectResponse) {
	return func(c *container.InspectResponse) { c.Config.Hostname, c.Config.Domainname = hostname, domain }
}

func ended(c *container.InspectResponse)   { c.State.Running = false }
func hostUTS(c *container.InspectResponse) { c.HostConfig.UTSMode = "host" }

// noOverlay is a daemon whose storage driver does not tell.
func noOverlay(c *container.InspectResponse) { c.GraphDriver = storage.DriverData{} }

func TestWeAreInAContainerOnlyWhenItIsCertain(t *testing.T) {
	work := mountsOf("/var/run/docker.sock", "/drone/src")
	both := socketPoint + mountAt("/drone/src")
	for _, tt := range []struct {
		name string
		s    surroundings
		c    container.InspectResponse
		want bool
	}{
		{"a control group names it", surroundings{plainRoot + etcFiles(ourID), cgroupOf(ourID), ourID[:12], "/"}, inspected(ourID), true},
		{"a control group below it", surroundings{plainRoot, "0::/docker/" + ourID + "/init.scope\n", ourID[:12], "/"}, inspected(ourID), true},
		{"a control group of systemd's", surroundings{plainRoot, "0::/system.slice/docker-" + ourID + ".scope\n", ourID[:12], "/"}, inspected(ourID), true},
		{"--hostname", surroundings{plainRoot, cgroupOf(ourID), "build", "/"}, inspected(ourID, named("build", "")), true},
		{"--hostname and --domainname", surroundings{plainRoot, cgroupOf(ourID), "build.example.org", "/"}, inspected(ourID, named("build", "example.org")), true},
		{"--network host", surroundings{plainRoot, cgroupOf(ourID), "vm", "/"}, inspected(ourID, named("vm", "")), true},
		{"--uts host", surroundings{plainRoot, cgroupOf(ourID), "vm", "/"}, inspected(ourID, hostUTS), true},
		{"the root names it", surroundings{strings.ReplaceAll(overlayRoot, "UPPER", ourID) + etcFiles(ourID), private, ourID[:12], "/"}, inspected(ourID), true},
		{"its mounts are ours", surroundings{plainRoot + etcFiles(ourID) + both, private, ourID[:12], "/drone/src/sub"}, inspected(ourID, work, noOverlay), true},
		{"its mounts are ours, we work on none", surroundings{plainRoot + etcFiles(ourID) + both, private, ourID[:12], "/root"}, inspected(ourID, work), true},
		{"a mount with a space in its name", surroundings{plainRoot + mountAt(`/my\040work`), private, ourID[:12], "/my work"}, inspected(ourID, mountsOf("/my work"), noOverlay), true},

		// What went wrong: a virtual machine with /.dockerenv, on which a test
		// copied into a container of its own.
		{"a machine while the daemon copies", surroundings{plainRoot + strings.ReplaceAll(etcFiles(theirID), " /etc/", " /var/lib/docker/overlay2/X/merged/etc/"), private, "vm", "/root"}, inspected(theirID), false},
		{"a machine whose name was given to a container", surroundings{plainRoot, private, "vm", "/"}, inspected(theirID, named("vm", "")), false},
		{"another name", surroundings{plainRoot + etcFiles(ourID), cgroupOf(ourID), "vm", "/"}, inspected(ourID), false},
		{"no name at all", surroundings{plainRoot, cgroupOf(ourID), "", "/"}, inspected(ourID, named("", "")), false},
		{"it ended", surroundings{plainRoot, cgroupOf(ourID), ourID[:12], "/"}, inspected(ourID, ended), false},
		{"--network container: and a control group", surroundings{plainRoot + etcFiles(theirID), cgroupOf(ourID), theirID[:12], "/"}, inspected(theirID), false},
		{"--network container: and a root", surroundings{strings.ReplaceAll(overlayRoot, "UPPER", ourID) + etcFiles(theirID) + both, private, theirID[:12], "/"}, inspected(theirID, work), false},
		{"--network container: of one without mounts", surroundings{plainRoot + etcFiles(theirID) + both, private, theirID[:12], "/drone/src"}, inspected(theirID, noOverlay), false},
		{"--network container: of one with others", surroundings{plainRoot + etcFiles(theirID) + both, private, theirID[:12], "/drone/src"}, inspected(theirID, noOverlay, mountsOf("/var/run/docker.sock", "/data")), false},
		{"--network container: of one that has not our workspace", surroundings{plainRoot + etcFiles(theirID) + both, private, theirID[:12], "/drone/src"}, inspected(theirID, noOverlay, mountsOf("/var/run/docker.sock")), false},
		{"in a container of an inner daemon", surroundings{plainRoot, "0::/docker/" + theirID + "/docker/" + ourID + "\n", theirID[:12], "/"}, inspected(theirID), false},
		{"an answer that says nothing", surroundings{plainRoot, cgroupOf(ourID), ourID[:12], "/"}, container.InspectResponse{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.isIn(tt.c); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestCandidatesForOurContainer(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    surroundings
		want []string
	}{
		{"docker, control groups of its own", surroundings{mountinfo: etcFiles(ourID), cgroup: private, hostname: "build"}, []string{ourID}},
		{"podman", surroundings{mountinfo: "1 2 0:1 /containers/storage/overlay-containers/" + ourID + "/userdata/hostname /etc/hostname rw - ext4 /dev/vda rw\n"}, []string{ourID}},
		{"control group", surroundings{cgroup: cgroupOf(ourID), hostname: "build"}, []string{ourID}},
		{"hostname", surroundings{cgroup: private, hostname: ourID[:12]}, []string{ourID[:12]}},
		{"--network container:", surroundings{mountinfo: etcFiles(theirID), cgroup: cgroupOf(ourID), hostname: theirID[:12]}, []string{theirID, ourID, theirID[:12]}},
		{"a pod", surroundings{
			mountinfo: "1 2 0:1 /kubelet/pods/5f/etc-hosts /etc/hosts rw - ext4 /dev/vda rw\n" +
				"1 2 0:1 /containerd/io.containerd.grpc.v1.cri/sandboxes/" + theirID + "/hostname /etc/hostname rw - ext4 /dev/vda rw\n",
			cgroup: private, hostname: "build-7d9",
		}, nil},
		{"a machine while the daemon copies", surroundings{mountinfo: strings.ReplaceAll(etcFiles(theirID), " /etc/", " /merged/etc/"), cgroup: private, hostname: "vm"}, nil},
		{"nothing to read", surroundings{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.candidates(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// The daemon mounts a container's /etc/hostname where we see it, too, while
// something is copied into it.
func TestWeAreNotWhatIsCopiedInto(t *testing.T) {
	needDocker(t)
	e, id := startOne(t)
	read, write := io.Pipe()
	copied := make(chan error)
	go func() { copied <- e.CopyIn(t.Context(), id, "/root", read) }()
	tw := tar.NewWriter(write)
	err := tw.WriteHeader(&tar.Header{Name: "x", Typeflag: tar.TypeReg, Mode: 0o644, Size: 1 << 20})
	// When this much was taken, it is being unpacked.
	if _, werr := tw.Write(make([]byte, 1<<20)); err != nil || werr != nil {
		t.Fatal(err, werr)
	}
	seen := here()
	if slices.Contains(seen.candidates(), string(id)) {
		t.Error("we take it for ourselves")
	}
	if !strings.Contains(seen.mountinfo, string(id)) {
		t.Log("this daemon does not mount in our sight")
	}
	if err := errors.Join(tw.Close(), write.Close(), <-copied); err != nil {
		t.Error(err)
	}
}
