package host_test

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/host"
)

var (
	onGitHub = env{"GITHUB_ACTIONS": "true"}
	onGitLab = env{"GITLAB_CI": "true"}
)

func logOf(e env, w io.Writer) *host.Log {
	l := host.Detect(lookup(e)).Log(w)
	l.Now = func() time.Time { return time.Unix(1700000000, 0) }
	return l
}

// commandsIn are what a runner of actions would do: its ActionCommand.cs in a
// few lines. Lines end with CR, LF or both.
func commandsIn(log string) []string {
	var found []string
	for _, line := range regexp.MustCompile(`\r\n|\r|\n`).Split(log, -1) {
		if trimmed := strings.TrimLeftFunc(line, unicode.IsSpace); strings.HasPrefix(trimmed, "::") && strings.Contains(trimmed[2:], "::") {
			found = append(found, trimmed)
		} else if _, rest, ok := strings.Cut(line, "##["); ok && strings.Contains(rest, "]") {
			found = append(found, "##["+rest)
		}
	}
	return found
}

var hostile = []string{
	"::error::x", "  ::add-mask::x", "\t::set-output name=a::b", "\u00a0::error::x", "\u0085::error::x", "\u2003::error::x", "\u3000::error::x",
	"##[error]x", "00:01 debian-12 build  ##[add-mask]a", "a\r::error::x", "a\n\n::stop-commands::x", "##[[error]x", "###[error]x", ":::error::x", "::error::x::error::y",
	"##[group]x ##[add-path]/tmp", "##[##[error]x",
}

func TestForeignTextIsNoCommand(t *testing.T) {
	for _, text := range hostile {
		if len(commandsIn(text)) == 0 {
			t.Errorf("%q is none anyway", text)
		}
		var whole, parts strings.Builder
		l := logOf(onGitHub, &whole)
		fmt.Fprintln(l, text)
		for l, i := logOf(onGitHub, &parts), 0; i < len(text); i++ {
			_, _ = l.Write([]byte{text[i]})
			if i == len(text)-1 {
				_ = l.Close()
			}
		}
		for _, got := range []string{whole.String(), parts.String()} {
			if found := commandsIn(got); len(found) > 0 {
				t.Errorf("%q: %q", text, found)
			}
		}
	}
}

func FuzzForeignTextIsNoCommand(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, 3)
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		var b strings.Builder
		l := logOf(onGitHub, &b)
		if at < 0 || at > len(text) {
			at = 0
		}
		fmt.Fprint(l, text[:at])
		fmt.Fprint(l, text[at:])
		_ = l.Close()
		if found := commandsIn(b.String()); len(found) > 0 {
			t.Errorf("%q: %q", text, found)
		}
	})
}

// On other hosts, and what is harmless on GitHub, is written as it is.
func TestTextIsShownAsItIs(t *testing.T) {
	const text = "00:44 debian-12 build  a::b: x ## [ok] C++ std::vector\n✓ done\n"
	for _, e := range []env{onGitHub, onGitLab, nil} {
		var b strings.Builder
		fmt.Fprint(logOf(e, &b), text)
		if b.String() != text {
			t.Errorf("%v: got %q", e, b.String())
		}
	}
}

func TestSectionsAndCommands(t *testing.T) {
	for name, c := range map[string]struct {
		env  env
		want string
	}{
		"github": {onGitHub, "::group::build%0Aand test\ntext\n::endgroup::\n::add-mask::hun%25%0Ater2\n::error file=src/a%2Cb.c,line=3,title=debian-12%3A build::x%0A::error::y %25\n"},
		"gitlab": {onGitLab, "\x1b[0Ksection_start:1700000000:run\r\x1b[0Kbuild\nand test\ntext\n\x1b[0Ksection_end:1700000000:run\r\x1b[0K\n"},
		"local":  {nil, "text\n"},
	} {
		var b strings.Builder
		l := logOf(c.env, &b)
		end := l.Section("run", "build\nand test")
		fmt.Fprintln(l, "text")
		end()
		l.Mask("hun%\nter2\n", " ", "x")
		l.Annotate(host.Annotation{File: "src/a,b.c", Line: 3, Title: "debian-12: build", Message: "x\n::error::y %"})
		if d := cmp.Diff(c.want, b.String()); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", name, d)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestALogThatIsGone(t *testing.T) {
	if _, err := fmt.Fprintln(logOf(onGitHub, broken{}), "x"); err == nil {
		t.Error("it does not say so")
	}
}
