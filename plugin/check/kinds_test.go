package check

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// kindCase is a machine, what is asked of it, and all that is said.
type kindCase struct {
	asks string
	want []string
}

// askAll asks a machine, and says everything but where it was written.
func askAll(t *testing.T, m machine, u manager, asks string) []string {
	t.Helper()
	a, said := asking(t, Request{}, m, u)
	for _, one := range parse(t, asks).Tests {
		one.Place = ""
		a.Spec = &Spec{Tests: []Test{one}} // one by one: they come in any order
		if err := a.checks(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return *said
}

// holdKind runs cases, and holds that each attribute of the kind passes and
// fails in one of them. A case without what it wants is there for the lines
// that begin so: the rest is of this machine.
func holdKind(t *testing.T, kind string, m machine, u manager, cases []kindCase, begin ...string) {
	t.Helper()
	met := map[string]bool{}
	for _, c := range cases {
		got := askAll(t, m, u, c.asks)
		for _, prefix := range begin {
			if c.want == nil && !strings.Contains(strings.Join(got, "\n"), prefix) {
				t.Errorf("%s\ngot  %s\nwant %s", c.asks, strings.Join(got, "\n     "), prefix)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" && c.want != nil {
			t.Errorf("%s\n%s", c.asks, d)
		}
		for _, line := range got {
			words, _, _ := strings.Cut(line, " | ")
			field := strings.Fields(words)
			met[field[0]+" "+field[len(field)-1]] = true
		}
	}
	for _, a := range kindOf(kind).asks() {
		for _, outcome := range []string{"passed ", "failed "} {
			if !met[outcome+a.name] {
				t.Errorf("%s %s: no case in which it is %s", kind, a.name, outcome)
			}
		}
	}
}

// exitError is what a command says that exits with a status.
func exitError(t *testing.T, status int) error {
	t.Helper()
	return exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("exit %d", status)).Run()
}

func TestPackage(t *testing.T) {
	m := files(t, nil)
	known := map[string]string{
		"greeter": "ii  1.2-1\n", "libc6": "ii  2.41-1\nii  2.41-1\n", "held": "hi  3\n",
		"removed": "rc  1.0\n", "broken": "iF  1.0\n", "two": "ii  1.0\nii  2.0\nrc  0.9\n",
	}
	unknown := exitError(t, 1)
	m.run = func(_ context.Context, name string, args ...string) (string, error) {
		pkg := args[len(args)-1]
		if name != "dpkg-query" || pkg == "locked" {
			return "", fmt.Errorf("dpkg-query: the database is locked")
		}
		out, ok := known[pkg]
		if !ok {
			return "", fmt.Errorf("dpkg-query: %w", unknown)
		}
		return out, nil
	}
	holdKind(t, "package", m, nil, []kindCase{
		{"package: {greeter: {installed: true, versions: [1.2-1]}}", []string{
			"passed package greeter installed | want true | found true (1.2-1)",
			`passed package greeter versions | want elements "1.2-1" | found ["1.2-1"]`,
		}},
		{"package: {greeter: {installed: true, versions: {have-prefix: \"2.\"}}}", []string{
			"passed package greeter installed | want true | found true (1.2-1)",
			`failed package greeter versions | want prefix "2." | found ["1.2-1"]`,
		}},
		{"package: {none: {installed: true, versions: [1]}}", []string{
			"failed package none installed | want true | found false",
			"skipped package none versions | why installed failed",
		}},
		{"package: {none: {installed: false, versions: [1]}}", []string{
			"passed package none installed | want false | found false",
			"skipped package none versions | why installed is false, as it should be: there is no more to ask",
		}},
		{"package: {c: {name: libc6, installed: true, versions: {have-len: 1}}}", []string{
			"passed package c: libc6 installed | want true | found true (2.41-1)",
			`passed package c: libc6 versions | want length 1 | found length 1: ["2.41-1"]`,
		}},
		{"package: {held: {installed: true}}", []string{"passed package held installed | want true | found true (3)"}},
		{"package: {removed: {installed: false}}", []string{"passed package removed installed | want false | found false"}},
		{"package: {broken: {installed: true}}", []string{"failed package broken installed | want true | found false"}},
		{"package: {two: {installed: false}}", []string{"failed package two installed | want false | found true (1.0, 2.0)"}},
		{"package: {locked: {installed: false}}", []string{
			"failed package locked installed | want false | found dpkg-query: the database is locked",
		}},
	})
}

func TestPackageOfAnotherFormat(t *testing.T) {
	a, said := asking(t, Request{}, files(t, nil), nil)
	s := parse(t, "package: {a: {installed: true}}")
	a.Spec, a.Format = &s, "nix"
	if err := a.checks(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{`failed package a installed | want true | found packages of format "nix" are not known to this agent | why asked for in x.yaml:1:11`}
	if d := cmp.Diff(want, *said); d != "" {
		t.Error(d)
	}
}

// accounts are users and groups of a machine.
var accounts = map[string]string{
	"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nbroken line\ngreeter:x:107:108:,,,:/var/lib/greeter:/usr/sbin/nologin\n",
	"/etc/group":  "root:x:0:\nadm:x:4:syslog,greeter\n+:::\ngreeter:x:108:\nssl:x:110:greeter\n",
}

func TestUser(t *testing.T) {
	const exists = "passed user greeter exists | want true | found true"
	holdKind(t, "user", files(t, accounts), nil, []kindCase{
		{"user: {greeter: {exists: true, uid: 107, gid: {lt: 1000}, home: /var/lib/greeter, shell: /usr/sbin/nologin, groups: [ssl, adm]}}", []string{
			exists,
			"passed user greeter uid | want 107 | found 107",
			"passed user greeter gid | want < 1000 | found 108",
			`passed user greeter home | want "/var/lib/greeter" | found "/var/lib/greeter"`,
			`passed user greeter groups | want elements "ssl", "adm" | found ["adm", "greeter", "ssl"]`,
			`passed user greeter shell | want "/usr/sbin/nologin" | found "/usr/sbin/nologin"`,
		}},
		{"user: {greeter: {exists: true, uid: 1, gid: 1, home: /home/greeter, shell: /bin/sh, groups: {consist-of: [greeter]}}}", []string{
			exists,
			"failed user greeter uid | want 1 | found 107",
			"failed user greeter gid | want 1 | found 108",
			`failed user greeter home | want "/home/greeter" | found "/var/lib/greeter"`,
			`failed user greeter groups | want exactly the elements "greeter" | found ["adm", "greeter", "ssl"], with "adm", "ssl"`,
			`failed user greeter shell | want "/bin/sh" | found "/usr/sbin/nologin"`,
		}},
		{"user: {none: {exists: true, uid: 1}}", []string{
			"failed user none exists | want true | found false", "skipped user none uid | why exists failed",
		}},
		{"user: {x: {username: root, exists: false}}", []string{"failed user x: root exists | want false | found true"}},
	})
	got := askAll(t, files(t, nil), nil, "user: {root: {exists: {not: true}, shell: x}}")
	if d := cmp.Diff([]string{
		`passed user root exists | want not true | found false`,
		"skipped user root shell | why exists is false, as it should be: there is no more to ask",
	}, got); d != "" {
		t.Error(d)
	}
}

func TestGroup(t *testing.T) {
	holdKind(t, "group", files(t, accounts), nil, []kindCase{
		{"group: {adm: {exists: true, gid: 4}}", []string{
			"passed group adm exists | want true | found true", "passed group adm gid | want 4 | found 4",
		}},
		{"group: {adm: {exists: true, gid: 5}}", []string{
			"passed group adm exists | want true | found true", "failed group adm gid | want 5 | found 4",
		}},
		{"group: {none: {exists: true, gid: 5}}", []string{
			"failed group none exists | want true | found false", "skipped group none gid | why exists failed",
		}},
		{"group: {x: {groupname: none, exists: false}}", []string{"passed group x: none exists | want false | found false"}},
	})
}

func TestProcess(t *testing.T) {
	m := files(t, map[string]string{
		"/proc/1/comm": "systemd\n", "/proc/12/comm": "greeterd\n", "/proc/34/comm": "greeterd\n",
		"/proc/56/comm": "a-very-long-nam\n", "/proc/self/comm": "self\n",
	})
	holdKind(t, "process", m, nil, []kindCase{
		{"process: {greeterd: {running: true}}", []string{"passed process greeterd running | want true | found true (pid 12, 34)"}},
		{"process: {greeterd: {running: false}}", []string{"failed process greeterd running | want false | found true (pid 12, 34)"}},
		{"process: {self: {running: true}}", []string{"failed process self running | want true | found false"}},
		{"process: {x: {comm: a-very-long-name, running: true}}", []string{"passed process x: a-very-long-name running | want true | found true (pid 56)"}},
		{"process: {a-very-long-na: {running: false}}", []string{"passed process a-very-long-na running | want false | found false"}},
	})
}

func TestInterface(t *testing.T) {
	holdKind(t, "interface", files(t, nil), nil, []kindCase{
		{"interface: {lo: {exists: true, addrs: {contain-element: 127.0.0.1/8}, mtu: {gt: 1000}}}", []string{
			"passed interface lo exists | want true | found true",
			`passed interface lo addrs | want an element "127.0.0.1/8" | found "127.0.0.1/8"`,
			"passed interface lo mtu | want > 1000 | found 65536",
		}},
		{"interface: {lo: {exists: true, addrs: {have-len: 99}, mtu: 1}}", nil},
		{"interface: {x: {name: none0, exists: true, mtu: 1}}", []string{
			"failed interface x: none0 exists | want true | found false", "skipped interface x: none0 mtu | why exists failed",
		}},
		{"interface: {none0: {exists: false}}", []string{"passed interface none0 exists | want false | found false"}},
	}, "failed interface lo addrs", "failed interface lo mtu")
}

func TestKernelParam(t *testing.T) {
	m := files(t, map[string]string{
		"/proc/sys/kernel/ostype": "Linux\n", "/proc/sys/net/core/somaxconn": "4096\n",
		"/proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456\n", "/proc/sys/net/ipv4/conf/eth0.100/forwarding": "1\n",
	})
	holdKind(t, "kernel-param", m, nil, []kindCase{
		{"kernel-param: {kernel.ostype: {value: Linux}}", []string{`passed kernel-param kernel.ostype value | want "Linux" | found "Linux"`}},
		{"kernel-param: {kernel.ostype: {value: GNU}}", []string{`failed kernel-param kernel.ostype value | want "GNU" | found "Linux"`}},
		{"kernel-param: {net.core.somaxconn: {value: {ge: 128}}}", []string{`passed kernel-param net.core.somaxconn value | want >= 128 | found "4096"`}},
		{"kernel-param: {net/core/somaxconn: {value: 128}}", []string{`failed kernel-param net/core/somaxconn value | want 128 | found "4096"`}},
		{"kernel-param: {net.ipv4.tcp_rmem: {value: \"4096\\t131072\\t6291456\"}}", []string{
			`passed kernel-param net.ipv4.tcp_rmem value | want "4096\t131072\t6291456" | found "4096\t131072\t6291456"`,
		}},
		{"kernel-param: {x: {name: net.ipv4.conf.eth0/100.forwarding, value: 1}}", []string{
			`passed kernel-param x: net.ipv4.conf.eth0/100.forwarding value | want 1 | found "1"`,
		}},
		{"kernel-param: {no.such: {value: 1}}", []string{"failed kernel-param no.such value | want 1 | found there is no such parameter"}},
	})
}

func TestMatching(t *testing.T) {
	holdKind(t, "matching", files(t, nil), nil, []kindCase{
		{"matching: {m: {content: {a: [1, b]}, matches: {have-key: a}}}", []string{`passed matching m matches | want a key "a" | found {a: [1, "b"]}`}},
		{"matching: {m: {content: [a], matches: [b]}}", []string{`failed matching m matches | want elements "b" | found ["a"], without "b"`}},
		{"matching: {m: {matches: [/a/, b], content: \"xay\\nb\", as-reader: true}}", []string{
			`passed matching m matches | want a line with /a/, a line with "b" | found 2 lines`,
		}},
		{"matching: {m: {content: [1, 2], as-reader: true, matches: [\"3\"]}}", []string{
			`failed matching m matches | want a line with "3" | found 2 lines without it, from "1" to "2"`,
		}},
		{"matching: {m: {matches: \"\"}}", []string{`passed matching m matches | want "" | found nothing`}},
	})
}
