package check

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// fileTree is a machine with files of all types.
func fileTree(t *testing.T) machine {
	t.Helper()
	m := files(t, map[string]string{
		"/etc/passwd":        fmt.Sprintf("root:x:%d:%d:root:/root:/bin/bash\ngreeter:x:107:108::/var/lib/greeter:/usr/sbin/nologin\n", os.Getuid(), os.Getgid()),
		"/etc/group":         fmt.Sprintf("root:x:%d:\n", os.Getgid()),
		"/etc/greeter.conf":  "port = 9101\nhost = żółw\n",
		"/etc/empty":         "",
		"/etc/alternative":   "-> /etc/greeter.conf",
		"/etc/dangling":      "-> nowhere",
		"/root/.profile":     "hello\n",
		"/var/lib/greeter/x": "y\n",
		"/usr/lib/real/file": "moved\n",
		"/lib":               "-> usr/lib",
	})
	for path, mode := range map[string]uint32{"/etc/greeter.conf": 0o640, "/etc/empty": 0o4755, "/root": 0o1777} {
		if err := syscall.Chmod(m.at(path), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(m.at("/etc/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", m.at("/s"))
	if err != nil {
		t.Skipf("no socket in %s: %v", m.root, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return m
}

func TestFile(t *testing.T) {
	uid, gid := os.Getuid(), os.Getgid()
	const exists = " exists | want true | found true"
	conf := func(asks string, want ...string) kindCase {
		return kindCase{
			"file: {/etc/greeter.conf: {exists: true, " + asks + "}}",
			append([]string{"passed file /etc/greeter.conf" + exists}, want...),
		}
	}
	holdKind(t, "file", fileTree(t), nil, []kindCase{
		{"file: {/etc/none: {exists: true, mode: \"0644\", size: 1}}", []string{
			"failed file /etc/none exists | want true | found false",
			"skipped file /etc/none mode | why exists failed",
			"skipped file /etc/none size | why exists failed",
		}},
		{"file: {/etc/none: {exists: false}, /etc/passwd/x: {exists: false}}", []string{
			"passed file /etc/none exists | want false | found false",
			"passed file /etc/passwd/x exists | want false | found false",
		}},
		{"file: {/etc/passwd: {exists: false, size: 1}}", []string{
			"failed file /etc/passwd exists | want false | found true",
			"skipped file /etc/passwd size | why exists failed",
		}},
		conf(`mode: "0640"`, `passed file /etc/greeter.conf mode | want "0640" | found "0640"`),
		conf(`mode: 640`, `passed file /etc/greeter.conf mode | want "0640" | found "0640"`),
		conf(`mode: 0644`, `failed file /etc/greeter.conf mode | want "0644" | found "0640"`),
		conf(fmt.Sprintf("owner: root, group: root, uid: %d, gid: %d", uid, gid),
			`passed file /etc/greeter.conf owner | want "root" | found "root"`,
			fmt.Sprintf(`passed file /etc/greeter.conf uid | want %d | found %d`, uid, uid),
			`passed file /etc/greeter.conf group | want "root" | found "root"`,
			fmt.Sprintf(`passed file /etc/greeter.conf gid | want %d | found %d`, gid, gid)),
		conf("owner: greeter, group: adm, uid: 107, gid: 4",
			`failed file /etc/greeter.conf owner | want "greeter" | found "root"`,
			fmt.Sprintf(`failed file /etc/greeter.conf uid | want 107 | found %d`, uid),
			`failed file /etc/greeter.conf group | want "adm" | found "root"`,
			fmt.Sprintf(`failed file /etc/greeter.conf gid | want 4 | found %d`, gid)),
		conf("filetype: file, size: 27", `passed file /etc/greeter.conf filetype | want "file" | found "file"`,
			"passed file /etc/greeter.conf size | want 27 | found 27"),
		conf("filetype: directory, size: {gt: 100}", `failed file /etc/greeter.conf filetype | want "directory" | found "file"`,
			"failed file /etc/greeter.conf size | want > 100 | found 27"),
		conf(`contents: ["/^port = \\d+$/", żółw, "!tls"]`,
			`passed file /etc/greeter.conf contents | want a line with /^port = \d+$/, a line with "żółw", no line with "tls" | found 2 lines`),
		conf("contents: [tls]", `failed file /etc/greeter.conf contents | want a line with "tls" | found 2 lines without it, from "port = 9101" to "host = żółw"`),
		conf("contains: [port]", `passed file /etc/greeter.conf contains | want a line with "port" | found 2 lines`),
		conf(`contains: ["!port"]`, `failed file /etc/greeter.conf contains | want no line with "port" | found line 1: "port = 9101"`),
		conf("contents: []"),
		conf("md5: {have-len: 32}, sha256: {have-len: 64}, sha512: {have-len: 128}",
			`passed file /etc/greeter.conf md5 | want length 32 | found length 32: "4807b086cb76e013e2c75e2d0a50b0c5"`,
			`passed file /etc/greeter.conf sha256 | want length 64 | found length 64: "c05b4793a63bb56f5cde5a7f429ec19479bd3c19a1d736ae02b3f2a51548a598"`,
			`passed file /etc/greeter.conf sha512 | want length 128 | found length 128: "74b9cb4fa64aacac6afca530f12e4db52b2127816126ea448b3a73029931ac8475e108c2114a9a70289183461eb55f2b08d80677951f7dc5598062b7…"`),
		{"file: {/etc/empty: {exists: true, md5: d41d8cd98f00b204e9800998ecf8427e, sha256: a, sha512: b, mode: \"4755\", contents: \"\"}}", []string{
			"passed file /etc/empty" + exists,
			`passed file /etc/empty mode | want "4755" | found "4755"`,
			`passed file /etc/empty contents | want "" | found ""`,
			`passed file /etc/empty md5 | want "d41d8cd98f00b204e9800998ecf8427e" | found "d41d8cd98f00b204e9800998ecf8427e"`,
			`failed file /etc/empty sha256 | want "a" | found "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`,
			`failed file /etc/empty sha512 | want "b" | found "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327a…"`,
		}},
		{"file: {/etc/empty: {exists: true, md5: c}}", []string{
			"passed file /etc/empty" + exists,
			`failed file /etc/empty md5 | want "c" | found "d41d8cd98f00b204e9800998ecf8427e"`,
		}},
		{"file: {/etc/alternative: {exists: true, filetype: symlink, linked-to: /etc/greeter.conf, contents: [port]}}", []string{
			"passed file /etc/alternative" + exists,
			`passed file /etc/alternative linked-to | want "/etc/greeter.conf" | found "/etc/greeter.conf"`,
			`passed file /etc/alternative filetype | want "symlink" | found "symlink"`,
			`passed file /etc/alternative contents | want a line with "port" | found 2 lines`,
		}},
		{"file: {/etc/dangling: {exists: true, linked-to: x, contents: [port]}}", []string{
			"passed file /etc/dangling" + exists,
			`failed file /etc/dangling linked-to | want "x" | found "nowhere"`,
			`failed file /etc/dangling contents | want a line with "port" | found it leads to /etc/nowhere, which is not there`,
		}},
		conf("linked-to: x", `failed file /etc/greeter.conf linked-to | want "x" | found it is no symbolic link but a file`),
		{"file: {/etc: {exists: true, filetype: directory, contents: [x], md5: y}}", []string{
			"passed file /etc" + exists,
			`passed file /etc filetype | want "directory" | found "directory"`,
			`failed file /etc contents | want a line with "x" | found a directory has no content`,
			`failed file /etc md5 | want "y" | found a directory has no content`,
		}},
		{"file: {/etc/pipe: {exists: true, filetype: pipe, contents: [x]}}", []string{
			"passed file /etc/pipe" + exists,
			`passed file /etc/pipe filetype | want "pipe" | found "pipe"`,
			`failed file /etc/pipe contents | want a line with "x" | found a pipe has no content`,
		}},
		{"file: {/s: {exists: true, filetype: socket}, /root: {exists: true, mode: \"1777\"}}", []string{
			"passed file /s" + exists, `passed file /s filetype | want "socket" | found "socket"`,
			"passed file /root" + exists, `passed file /root mode | want "1777" | found "1777"`,
		}},
		{"file: {~/.profile: {exists: true, contents: \"hello\\n\"}, ~greeter/x: {exists: true}}", []string{
			"passed file ~/.profile" + exists, `passed file ~/.profile contents | want "hello\n" | found "hello\n"`,
			"passed file ~greeter/x" + exists,
		}},
		{"file: {~nobody/x: {exists: false}}", []string{"failed file ~nobody/x exists | want false | found there is no user nobody"}},
		{"file: {/lib/real/file: {exists: true, contents: [moved]}, /../etc/empty: {exists: true}}", []string{
			"passed file /lib/real/file" + exists,
			`passed file /lib/real/file contents | want a line with "moved" | found 1 line`,
			"passed file /../etc/empty" + exists,
		}},
	})
}

func TestFileTypes(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		0o644: "file", fs.ModeDir: "directory", fs.ModeSymlink: "symlink", fs.ModeNamedPipe: "pipe", fs.ModeSocket: "socket",
		fs.ModeDevice: "block-device", fs.ModeDevice | fs.ModeCharDevice: "character-device",
	} {
		if got := fileType(mode); got != want {
			t.Errorf("%s is a %s, want %s", mode, got, want)
		}
	}
}

// endless is a file that is larger than one that is read.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestContentIsLimited(t *testing.T) {
	if got, err := readContent(endless{}); err == nil || got != "" || err.Error() != "it is larger than 64 MiB" {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if got, err := readContent(strings.NewReader("a")); err != nil || got != "a" {
		t.Errorf("got %q, %v", got, err)
	}
}
