package check

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// states are units of a machine, each in one state.
func states(units ...unit) *fakeInit {
	f := &fakeInit{units: map[string][]unit{}}
	for _, u := range units {
		if u.LoadState == "" {
			u.LoadState = "loaded"
		}
		f.units[u.Name] = []unit{u}
	}
	return f
}

func TestService(t *testing.T) {
	m := files(t, map[string]string{
		"/etc/init.d/old": "#!/bin/sh\n", "/etc/init.d/off": "#!/bin/sh\n",
		"/etc/rc3.d/S01old": "-> ../init.d/old", "/etc/rc5.d/S20old": "-> ../init.d/old", "/etc/rc0.d/K01old": "-> ../init.d/old",
	})
	u := states(
		unit{Name: "greeterd.service", ActiveState: "active", SubState: "running", FileState: "enabled", MainPID: 7},
		unit{Name: "greeterd.socket", ActiveState: "active", SubState: "listening", FileState: "static"},
		unit{Name: "failing.service", ActiveState: "failed", SubState: "failed", FileState: "disabled", Result: "exit-code", ExitCode: 1, ExitStatus: 1},
		unit{Name: "again.service", ActiveState: "reloading", SubState: "reload", FileState: "indirect"},
		unit{Name: "linked.service", ActiveState: "inactive", SubState: "dead", FileState: "linked"},
		unit{Name: "masked.service", LoadState: "masked", ActiveState: "inactive", SubState: "dead", FileState: "masked"},
		unit{Name: "old.service", ActiveState: "active", SubState: "exited", FileState: "generated"},
		unit{Name: "off.service", ActiveState: "inactive", SubState: "dead", FileState: "generated"},
		unit{Name: "generated.service", ActiveState: "active", SubState: "exited", FileState: "generated"},
	)
	holdKind(t, "service", m, u, []kindCase{
		{"service: {greeterd: {enabled: true, running: true}}", []string{
			"passed service greeterd enabled | want true | found true (enabled)",
			"passed service greeterd running | want true | found true (active (running), pid 7)",
		}},
		{"service: {greeterd.service: {enabled: false, running: false}}", []string{
			"failed service greeterd.service enabled | want false | found true (enabled)",
			"failed service greeterd.service running | want false | found true (active (running), pid 7)",
		}},
		{"service: {s: {name: greeterd.socket, enabled: true, running: true}}", []string{
			"passed service s: greeterd.socket enabled | want true | found true (static)",
			"passed service s: greeterd.socket running | want true | found true (active (listening))",
		}},
		{"service: {failing: {enabled: true, running: true}}", []string{
			"failed service failing enabled | want true | found false (disabled)",
			"failed service failing running | want true | found false (failed (failed): exited with status 1/FAILURE)",
		}},
		{"service: {again: {enabled: true, running: true}}", []string{
			"passed service again enabled | want true | found true (indirect)",
			"passed service again running | want true | found true (reloading (reload))",
		}},
		{"service: {linked: {enabled: false}, masked: {enabled: false, running: false}}", []string{
			"passed service linked enabled | want false | found false (linked)",
			"passed service masked enabled | want false | found false (masked)",
			"passed service masked running | want false | found false (masked)",
		}},
		{"service: {none: {enabled: true, running: true}}", []string{
			"failed service none enabled | want true | found false (not-found)",
			"failed service none running | want true | found false (not-found)",
		}},
		{"service: {old: {enabled: true, runlevels: [\"3\", \"5\"]}, off: {enabled: true}, generated: {enabled: true}}", []string{
			"passed service old enabled | want true | found true (by /etc/init.d/old)",
			`passed service old runlevels | want elements "3", "5" | found ["3", "5"]`,
			"failed service off enabled | want true | found false (by /etc/init.d/off)",
			"passed service generated enabled | want true | found true (generated)",
		}},
		{"service: {greeterd: {runlevels: [\"3\"]}}", []string{
			`failed service greeterd runlevels | want elements "3" | found an empty list, without "3"`,
		}},
	})
}

func TestServiceShowsItsJournalWhenItFails(t *testing.T) {
	init := states(unit{Name: "x.service", ActiveState: "failed", SubState: "failed"})
	init.said = []string{"x: no licence file"}
	a, _ := asking(t, Request{}, files(t, nil), init)
	s := parse(t, "service: {x: {running: true}}")
	a.Spec = &s
	var lines []string
	a.tell = func(answer Answer) { lines = append(lines, answer.Check.Lines...) }
	if err := a.checks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(lines, init.said) {
		t.Errorf("got %q", lines)
	}
}

func TestServicesAreSkippedWhereNoSystemdRuns(t *testing.T) {
	got := askAll(t, files(t, map[string]string{"/etc/x": ""}), nil, "service: {a: {enabled: true, running: true}}\nfile: {/etc/x: {exists: true}}")
	if d := cmp.Diff([]string{
		"skipped service a enabled | why no systemd runs on this machine",
		"skipped service a running | why no systemd runs on this machine",
		"passed file /etc/x exists | want true | found true",
	}, got); d != "" {
		t.Error(d)
	}
}

func TestUnitName(t *testing.T) {
	for written, want := range map[string]string{
		"ssh": "ssh.service", "ssh.socket": "ssh.socket", "a.b": "a.b.service", "a@b.c": "a@b.c.service", "x.slice": "x.slice",
	} {
		if got := unitName(written); got != want {
			t.Errorf("%s is %s, want %s", written, got, want)
		}
	}
}
