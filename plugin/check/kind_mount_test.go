package check

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mountinfo = `22 28 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
23 28 0:21 / /run rw,nosuid,nodev shared:5 master:1 - tmpfs tmpfs rw,size=812k,mode=755
24 28 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro
25 28 0:30 / /srv rw - tmpfs below rw
26 25 0:31 / /srv ro - tmpfs above rw,context="system_u:object_r:a,b:s0",seclabel
27 28 0:32 / /with\040space rw - fuse.x with\040space\134 rw
broken
28 28 0:33 / /short rw
`

func TestMount(t *testing.T) {
	m := files(t, map[string]string{"/proc/self/mountinfo": mountinfo, "/run/x": "", "/srv/x": ""})
	holdKind(t, "mount", m, nil, []kindCase{
		{"mount: {/run: {exists: true, filesystem: tmpfs, source: tmpfs, opts: [nosuid, rw], vfs-opts: [mode=755]}}", []string{
			"passed mount /run exists | want true | found true",
			`passed mount /run opts | want elements "nosuid", "rw" | found ["rw", "nosuid", "nodev"]`,
			`passed mount /run vfs-opts | want elements "mode=755" | found ["rw", "size=812k", "mode=755"]`,
			`passed mount /run source | want "tmpfs" | found "tmpfs"`,
			`passed mount /run filesystem | want "tmpfs" | found "tmpfs"`,
		}},
		{"mount: {/srv/: {exists: true, filesystem: ext4, source: below, opts: [rw], vfs-opts: [ro]}}", []string{
			"passed mount /srv/ exists | want true | found true",
			`failed mount /srv/ opts | want elements "rw" | found ["ro"], without "rw"`,
			`failed mount /srv/ vfs-opts | want elements "ro" | found ["rw", "context=\"system_u:object_r:a,b:s0\"", "seclabel"], without "ro"`,
			`failed mount /srv/ source | want "below" | found "above"`,
			`failed mount /srv/ filesystem | want "ext4" | found "tmpfs"`,
		}},
		{"mount: {/with space: {exists: true, source: 'with space\\'}}", []string{
			"passed mount /with space exists | want true | found true",
			`passed mount /with space source | want "with space\\" | found "with space\\"`,
		}},
		{"mount: {/home: {exists: true, usage: 1}}", []string{
			"failed mount /home exists | want true | found false", "skipped mount /home usage | why exists failed",
		}},
		{"mount: {x: {mountpoint: /short, exists: false}}", []string{"passed mount x: /short exists | want false | found false"}},
		{"mount: {/run: {exists: true, usage: {le: 100}}}", nil},
		{"mount: {/srv: {exists: true, usage: {gt: 100}}}", nil},
	}, " usage | want ")
}

func TestMountWithoutProc(t *testing.T) {
	got := askAll(t, files(t, nil), nil, "mount: {/run: {exists: false, source: x}}")
	if len(got) != 2 || !strings.HasPrefix(got[0], "failed mount /run exists | want false | found open ") {
		t.Errorf("got %q", got)
	}
}

func TestAFileSystemThatHangsIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// Either may come first; what it must not do is wait.
	if _, err := usageWithin(ctx, "/"); err != nil && !strings.HasPrefix(err.Error(), "the file system does not answer") {
		t.Error(err)
	}
	if _, err := usage("/no/such/place"); err == nil {
		t.Error("a place that is not there has a usage")
	}
}

func TestSplitOptions(t *testing.T) {
	if d := cmp.Diff([]string{"a", `b="c,d"`, "e"}, splitOptions(`a,b="c,d",e`)); d != "" {
		t.Error(d)
	}
}
