package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// suiteRules make a fake do what the suite's scripts do.
var suiteRules = []Rule{
	{Match: scriptSpeak, Stdout: "out\n", Stderr: "err\n", Code: 3},
	{Match: scriptKill, Code: 137},
	{Match: noProgram, Stderr: noProgram + ": not found\n", Code: 127},
	{Match: scriptHang, Stdout: "ready\n", Hang: true},
	{Match: scriptSize, Do: printing(func(c Call) (string, error) {
		return fmt.Sprintf("%d %d\r\n", c.Terminal.Rows, c.Terminal.Columns), nil
	})},
	{Match: scriptBig, Stdout: strings.Repeat("x", 3_000_000)},
	{Match: scriptPID1, Do: printing(func(c Call) (string, error) {
		return firstProcess(c.Spec) + " ", nil
	})},
	{Match: scriptGiven, Do: printing(func(c Call) (string, error) {
		text, err := c.ReadFile("/etc/given.d/text")
		return "644\n755\n" + text, err
	})},
	{Match: scriptBefore, Do: printing(func(c Call) (string, error) { c.WriteFile("/mark", "marked\n"); return "", nil })},
	{Match: scriptFresh, Do: printing(func(c Call) (string, error) {
		text, err := c.ReadFile("/mark")
		return "new\n" + text, err
	})},
	{Match: scriptLoopback, Stdout: "there\n"},
	{Match: scriptHostname, Do: printing(hostname)},
	{Match: scriptEnv, Do: printing(func(c Call) (string, error) { return c.Getenv("A") + " " + c.Getenv("B") + "\n", nil })},
	{Match: scriptUnset, Do: printing(func(c Call) (string, error) {
		if a := c.Getenv("A"); a != "" {
			return a + "\n", nil
		}
		return "unset\n", nil
	})},
	{Match: scriptWho, Do: printing(who)},
	{Match: scriptCount, Do: printing(count)},
	{Match: "getent hosts", Do: printing(getent)},
	{Match: scriptStat, Do: printing(stat)},
	{Match: scriptOwn, Do: printing(own)},
	{Match: scriptKeep, Do: printing(keep)},
	{Match: scriptFill, Do: printing(func(c Call) (string, error) {
		c.WriteFile("/out/a", "a\n")
		c.WriteFile("/out/sub/b", "b\n")
		return "", nil
	})},
	{Match: scriptMarked, Do: printing(func(c Call) (string, error) { return c.ReadFile("/mark") })},
	{Match: scriptMark, Do: printing(func(c Call) (string, error) { c.WriteFile("/mark", "marked\n"); return "", nil })},
}

var suiteMains = []Main{
	{Match: scriptTalk, Logs: "one\ntwo\n"},
	{Match: "true", Ends: true},
	{Match: scriptLate, Logs: "there\n"},
	{Match: scriptFails, Ends: true, ExitCode: 7},
}

// printing makes a Do of what a command prints.
func printing(f func(Call) (string, error)) func(context.Context, Call) (engine.Exit, error) {
	return func(_ context.Context, c Call) (engine.Exit, error) {
		text, err := f(c)
		return engine.Exit{}, errors.Join(err, c.Print(text, ""))
	}
}

func hostname(c Call) (string, error) {
	if c.Spec.Hostname != "" {
		return c.Spec.Hostname + "\n", nil
	}
	return c.Spec.Name + "\n", nil
}

func who(c Call) (string, error) {
	uid, gid := "0", "0"
	if c.User == "nobody" {
		uid, gid = "65534", "65534"
	}
	if u, g, ok := strings.Cut(c.User, ":"); ok {
		uid, gid = u, g
	}
	return uid + "\n" + gid + "\n" + c.Dir + "\n", nil
}

func count(c Call) (string, error) {
	if c.Stdin == nil {
		return "0\n", nil
	}
	n, err := io.Copy(io.Discard, c.Stdin)
	return fmt.Sprintln(n), err
}

func getent(c Call) (string, error) {
	if c.Resolves(strings.Fields(c.Text())[4]) {
		return "known\n", nil
	}
	return "unknown\n", nil
}

func stat(c Call) (string, error) {
	text := ""
	for _, name := range []string{"/made/deep/file", "/made/deep/dir"} {
		s, err := c.Stat(name)
		if err != nil {
			return "", err
		}
		text += s + "\n"
	}
	for _, name := range []string{"/made", "/made/deep"} {
		s, err := c.Stat(name)
		if err != nil {
			return "", err
		}
		f := strings.Fields(s)
		text += f[0] + " " + f[1] + " " + f[3] + "\n"
	}
	content, err := c.ReadFile("/made/deep/file")
	return text + content, err
}

func own(c Call) (string, error) {
	c.WriteFile("/kept/old", "x\n")
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	dir := c.in.files["/kept"]
	dir.header.Uid, dir.header.Gid, dir.header.Mode = 5, 6, 0o700
	c.in.files["/kept"] = dir
	return "", nil
}

func keep(c Call) (string, error) {
	s, err := c.Stat("/kept")
	if err != nil {
		return "", err
	}
	f := strings.Fields(s)
	text := f[0] + " " + f[1] + " " + f[3] + "\n"
	for _, name := range []string{"/kept/new", "/kept/old"} {
		if _, err := c.ReadFile(name); err != nil {
			return "", err
		}
		text += path.Base(name) + "\n"
	}
	return text, nil
}

func TestFakeHoldsTheContract(t *testing.T) {
	Suite(t, func(*testing.T) (engine.Engine, string) {
		return &Fake{
			Rules: suiteRules, Mains: suiteMains, Refuses: []string{unknownOption},
			Local: []engine.Image{{ID: "sha256:1", Refs: []string{"debian:12"}, Platform: "linux/amd64"}},
		}, "debian:12"
	})
}
