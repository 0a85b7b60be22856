package run_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// prints is a command that writes in pieces, as a network delivers them.
func prints(match string, pieces ...string) enginetest.Rule {
	return enginetest.Rule{Match: match, Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		for _, piece := range pieces {
			if err := c.Print(piece, ""); err != nil {
				return engine.Exit{}, err
			}
		}
		return engine.Exit{Code: 2}, nil
	}}
}

// published is everything that a run leaves for people to read: the console,
// the logs and the results.
func (w *world) published(got result.Run) string {
	w.t.Helper()
	text := w.console.String()
	results, err := json.Marshal(got)
	if err != nil {
		w.t.Fatal(err)
	}
	text += string(results)
	for _, j := range got.Jobs {
		if j.Log != "" {
			text += w.file(j.Log)
		}
	}
	return text
}

func TestSecretsAreNowhereToBeRead(t *testing.T) {
	const key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n{\nkqhkiG9w0BAQEF\n-----END KEY-----\n"
	const secret = "hunter2-and?more"
	long := strings.Repeat("x", 1<<16-5) + secret + strings.Repeat("y", 100)
	for name, pieces := range map[string][]string{
		"plain":                  {"password " + secret + "\n"},
		"split between writes":   {"password hunt", "er2-and", "?more\n"},
		"without an end of line": {"password " + secret},
		"amid an endless line":   {long, long},
		"as a build colours it":  {"hunt\x1b[31mer2-and?more\n"},
		"in base64":              {base64.StdEncoding.EncodeToString([]byte("u:" + secret + "\n")), "\n"},
		"in base64, alone":       {base64.StdEncoding.EncodeToString([]byte(secret)), "\n"},
		"in base64, shifted":     {base64.URLEncoding.EncodeToString([]byte("me:" + secret)), "\n"},
		"in a URL":               {"https://u:hunter2-and%3Fmore@example\n"},
		"a key of many lines":    {key},
		"a key in one line":      {strings.ReplaceAll(key, "\n", `\n`), "\n"},
		"a key in base64":        {base64.StdEncoding.EncodeToString([]byte(key)), "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "debian-12")
			w.o.Secrets, w.o.Verbose = []string{"hunter2", secret, key, "a", ""}, true
			w.rule(prints("<build>", pieces...))
			text := w.published(w.run(t.Context()))
			if !strings.Contains(text, "******") {
				t.Fatalf("nothing is masked:\n%s", text)
			}
			readable := regexp.MustCompile(`hunt(\\u001b\[31m)?er2|more|kqhkiG9w0BAQEF|MIIEvQ|` +
				base64.RawStdEncoding.EncodeToString([]byte("ter2-and?"))[:10] + `|` +
				base64.RawStdEncoding.EncodeToString([]byte("nter2-and"))[:10] + `|` +
				base64.RawStdEncoding.EncodeToString([]byte("unter2-an"))[:10])
			if found := readable.FindString(text); found != "" {
				t.Errorf("%q can be read", found)
			}
		})
	}
}

// What the agent says comes from where hostile code is root, and may have read
// what the package was configured with.
func TestSecretsOfAnswersAreNowhereToBeRead(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.o.Secrets = []string{"hunter2"}
	w.rule(to(check.Services,
		check.Answer{Note: "the password is hunter2"},
		found(result.Check{
			Kind: "service", Subject: "hunter2.service", Attribute: "hunter2", Outcome: result.Failed,
			Expected: "hunter2", Found: "hunter2", Reason: "hunter2", Lines: []string{"--password=hunter2"},
		}),
		found(result.Check{Kind: "port", Subject: "hunter2", Outcome: result.Failed, Found: "hunter2"})))
	w.rule(enginetest.Rule{Match: "<dependencies>", Stdout: "dependency hunter2\n"})
	w.rule(enginetest.Rule{Match: "<remove>", Err: fmt.Errorf("no hunter2")})
	if text := w.published(w.run(t.Context())); strings.Contains(text, "hunter2") {
		t.Errorf("it can be read:\n%s", text)
	}
}

var lineShape = regexp.MustCompile(`^\d\d:\d\d debian-1[1234] (image|environment|build|machine|boot|install|service|check|restart|reinstall|remove|return|purge) {2,}\S`)

func TestLinesNeverInterleave(t *testing.T) {
	w := newWorld(t, "debian-11", "debian-12", "debian-13", "debian-14")
	w.o.Verbose = true
	w.in.Settings.Parallel = 8
	for _, match := range []string{"<toolchain>", "<build>", "<machine>", "<install>", "<purge>"} {
		w.rule(enginetest.Rule{Match: match, Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
			for i := range 50 {
				for _, piece := range []string{"a line", " in pieces ", fmt.Sprintln(where(c), i)} {
					if err := c.Print(piece, ""); err != nil {
						return engine.Exit{}, err
					}
				}
			}
			return engine.Exit{}, nil
		}})
	}
	w.run(t.Context())
	for line := range strings.Lines(w.console.String()) {
		if !lineShape.MatchString(line) {
			t.Errorf("not one speaker's whole line: %q", line)
		}
	}
	if n := len(w.console.lines("debian-13-build-greeter 49")); n != 1 {
		t.Errorf("the last line of a build is there %d times", n)
	}
}

func TestWhatIsShownIsWhatIsThere(t *testing.T) {
	for name, c := range map[string]struct{ printed, shown string }{
		"colours":           {"\x1b[1;31merror:\x1b[0m no", "error: no"},
		"a cleared screen":  {"\x1b[2J\x1b[Hgone", "gone"},
		"a window's title":  {"\x1b]0;pwned\x07title", "title"},
		"C1 controls":       {"a\u009b2Jb", "a2Jb"},
		"a bell and a null": {"a\x07\x00b", "ab"},
		"carriage returns":  {"10%\r20%\r", "10%20%"},
		"invalid UTF-8":     {"caf\xe9 \xff\xfe", "caf "},
		"turned around":     {"user\u202etxt.exe", "usertxt.exe"},
		"invisible":         {"a\u200bb\ufeff", "ab"},
		"tabs and accents":  {"a\tb é 日本", "a\tb é 日本"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "debian-12")
			w.o.Verbose = true
			w.rule(prints("<build>", "<"+c.printed+">\n"))
			got := w.run(t.Context())
			w.says("  <" + c.shown + ">\n")
			lines := phaseOf(t, got, "debian-12/build/greeter", "build").Problem.Lines
			if last := lines[len(lines)-1]; last != "<"+c.shown+">" {
				t.Errorf("the problem says %q", last)
			}
			if !utf8.ValidString(w.console.String()) {
				t.Error("the console is no UTF-8")
			}
		})
	}
}

func TestALineOfAMegabyteIsShownInPartAndLoggedInFull(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.o.Verbose = true
	w.rule(prints("<build>", strings.Repeat("é", 1<<19)+"\n"))
	got := w.run(t.Context())
	for line := range strings.Lines(w.console.String()) {
		if len(line) > 2100 {
			t.Errorf("a line of %d bytes is shown", len(line))
		}
	}
	w.says("ééé…\n")
	if log := w.file("debian-12/build-greeter.log"); strings.Count(log, "é") != 1<<19 {
		t.Error("the log does not hold it")
	}
	for _, line := range phaseOf(t, got, "debian-12/build/greeter", "build").Problem.Lines {
		if len(line) > 2100 || !utf8.ValidString(line) {
			t.Errorf("the problem has a line of %d bytes", len(line))
		}
	}
}

func TestAnEndlessLineIsNotHeldInMemory(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(prints("<build>", strings.Repeat("日", 100_000), strings.Repeat("日", 100_000)))
	w.run(t.Context())
	log := w.file("debian-12/build-greeter.log")
	if strings.Count(log, "日") != 200_000 || !utf8.ValidString(log) {
		t.Error("the log does not hold it")
	}
}

func TestSilentJobsTellThatTheyAreAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
			if err := c.Print("compiling main.c\n", ""); err != nil {
				return engine.Exit{}, err
			}
			return takes(95*time.Second)(ctx, c)
		}})
		w.run(t.Context())
		want := []string{
			"00:30 debian-12 build        … compiling main.c",
			"01:00 debian-12 build        … compiling main.c",
			"01:30 debian-12 build        … compiling main.c",
		}
		if d := cmp.Diff(want, w.console.lines("…")); d != "" {
			t.Error(d)
		}
	})
}

func TestASilentPullTellsThatItIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.before("pull", func(context.Context) error {
			<-time.After(31 * time.Second)
			return nil
		})
		w.run(t.Context())
		w.says("00:30 debian-12 image        … pulling debian-12:latest\n")
	})
}

func TestWhoeverWatchesEveryLineNeedsNoTelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "debian-12")
		w.o.Verbose = true
		w.rule(enginetest.Rule{Match: "<build>", Do: func(ctx context.Context, c enginetest.Call) (engine.Exit, error) {
			for range 5 {
				if err := c.Print("compiling\n", ""); err != nil {
					return engine.Exit{}, err
				}
				<-time.After(20 * time.Second)
			}
			return engine.Exit{}, nil
		}})
		w.run(t.Context())
		if lines := w.console.lines("…"); len(lines) > 0 {
			t.Errorf("%q", lines)
		}
	})
}

func TestEachJobHasItsLog(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.rule(prints("<build>", "what the build prints\n"))
	got := w.run(t.Context())
	for job, log := range map[string]string{
		"debian-12/image": "debian-12/image.log", "debian-12/environment/greeter": "debian-12/environment-greeter.log",
		"debian-12/build/greeter": "debian-12/build-greeter.log", "debian-12/machine": "debian-12/machine.log",
	} {
		if j := jobOf(t, got, job); j.Log != log {
			t.Errorf("%s: %q, want %s", job, j.Log, log)
		}
	}
	want := regexp.MustCompile(`^### copy in the source tree to /build/source\n2 kB in \d\.\ds\n### make the clean copy the build user's\n### build\nwhat the build prints\n`)
	if log := w.file("debian-12/build-greeter.log"); !want.MatchString(log) || !strings.Contains(log, "✗ build: build failed (exit 2)") {
		t.Errorf("log:\n%s", log)
	}
	if log := w.file("debian-12/image.log"); !strings.Contains(log, "pulling debian-12:latest\npulled debian-12:latest: nothing new in ") {
		t.Errorf("log:\n%s", log)
	}
}

func TestAJobThatWasNotDoneHasNoLog(t *testing.T) {
	w := newWorld(t, "debian-12")
	w.fake.Registry = map[string]engine.Image{}
	if j := jobOf(t, w.run(t.Context()), "debian-12/test"); j.Log != "" {
		t.Errorf("it has the log %s", j.Log)
	}
}

func TestALogThatCannotBeMadeIsAFault(t *testing.T) {
	w := newWorld(t, "debian-12")
	if err := os.WriteFile(w.dir+"/debian-12", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	got := w.run(t.Context())
	if j := jobOf(t, got, "debian-12/image"); j.Outcome != result.Fault || !strings.HasPrefix(j.Reason, "make the log: ") {
		t.Errorf("%s: %s", j.Outcome, j.Reason)
	}
}

// lines are those that a speaker said.
func (c *transcript) lines(who string) []string {
	return slices.DeleteFunc(strings.Split(c.String(), "\n"), func(l string) bool { return !strings.Contains(l, who) })
}
