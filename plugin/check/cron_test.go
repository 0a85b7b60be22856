package check

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// asRoot skips where files that a test makes cannot belong to root.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("the files of the test would not be root's")
	}
}

func TestReadCrontab(t *testing.T) {
	isUser := func(name string) bool { return name == "root" || name == "www-data" }
	for text, want := range map[string]string{
		"# a comment\n\nSHELL=/bin/sh\n  PATH = /bin\n\"A B\"='c'\n17 * * * * root cd / && run\n": "1",
		"@reboot root /bin/a\n@daily www-data b c\n":                                              "2",
		"*/10 0-23/2 1,15 JAN-dec mon,5-7 root a\n-5 0~59 * * * root a\n":                         "1: line 2: 59 is no hour: 0 to 23",
		"-5 0~5 * * * root a\n":                         "1",
		"0 5 * * * /usr/bin/backup --all\n":             "0: line 1: there is no user /usr/bin/backup: a user comes between the time and the command",
		"@daily greeter run\n":                          "0: line 1: there is no user greeter: a user comes between the time and the command",
		"60 * * * * root a\n":                           "0: line 1: 60 is no minute: 0 to 59",
		"0 0 0 * * root a\n":                            "0: line 1: 0 is no day of month: 1 to 31",
		"0 0 * 13 * root a\n":                           "0: line 1: 13 is no month: 1 to 12",
		"0 0 * * monday root a\n":                       "0: line 1: monday is no day of week: 0 to 7",
		"*/0 * * * * root a\n":                          "0: line 1: */0 is no minute",
		"5, * * * * root a\n":                           "0: line 1: 5, is no minute",
		"@often root a\n":                               "0: line 1: @often is no time that cron knows",
		"0 5 * * root a\n":                              "0: line 1: found 6 words, wanted a time, a user and a command",
		"@daily root\n":                                 "0: line 1: found 2 words, wanted a time, a user and a command",
		"@daily root a":                                 "1: line 1: no newline at its end",
		"@daily root a\n61 * * * * root a\n@x root b\n": "1: line 2: 61 is no minute: 0 to 59; line 3: @x is no time that cron knows",
	} {
		jobs, faults := readCrontab(text, isUser)
		got := strings.TrimSuffix(fmt.Sprintf("%d: %s", jobs, strings.Join(faults, "; ")), ": ")
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestCron(t *testing.T) {
	asRoot(t)
	m := files(t, map[string]string{
		"/etc/passwd":              "root:x:0:0::/root:/bin/sh\n",
		"/etc/cron.d/good":         "@daily root /bin/a\n5 5 * * * root b\n",
		"/etc/cron.d/bad":          "@daily nobody-has a\n0 99 * * * root b\n",
		"/etc/cron.d/a.b":          "@daily root a\n",
		"/etc/cron.d/open":         "@daily root a\n",
		"/etc/cron.d/alien":        "@daily root a\n",
		"/etc/cron.d/.placeholder": "", "/etc/cron.d/x.example": "nonsense",
		"/etc/cron.daily/good": "#!/bin/sh\n", "/etc/cron.daily/bad.sh": "#!/bin/sh\n", "/etc/cron.weekly/text": "#!/bin/sh\n",
		"/etc/cron.daily/link": "-> /usr/bin/run", "/usr/bin/run": "#!/bin/sh\n", "/etc/cron.d/dangling": "-> none",
	})
	for file, mode := range map[string]os.FileMode{"/etc/cron.d/open": 0o664, "/etc/cron.weekly/text": 0o644} {
		if err := os.Chmod(m.at(file), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(m.at("/etc/cron.d/alien"), 33, 33); err != nil {
		t.Fatal(err)
	}
	got := sayAll(m.cronChecks(t.Context(), Package{}, []string{
		"/etc/cron.d", "/etc/cron.d/good", "/etc/cron.d/bad", "/etc/cron.d/a.b", "/etc/cron.d/open", "/etc/cron.d/alien", "/etc/cron.d/.placeholder",
		"/etc/cron.d/x.example", "/etc/cron.d/removed", "/etc/cron.d/dangling",
		"/etc/cron.daily/good", "/etc/cron.daily/bad.sh", "/etc/cron.daily/link", "/etc/cron.weekly/text", "/usr/bin/run",
	}))
	name := " | why cron passes over names with other characters than letters, digits, - and _: a dot is one"
	others := " | why cron ignores tables that others than root may write to"
	runs := " runs | want a file that cron runs | found "
	want := []string{
		"passed cron /etc/cron.d/good jobs | found 2 jobs",
		"failed cron /etc/cron.d/bad jobs | want lines as crontab(5) has them | found line 1: there is no user nobody-has: a user comes between the time and the command (and 1 more) | why cron ignores the whole file",
		"failed cron /etc/cron.d/a.b" + runs + "the name a.b" + name,
		"failed cron /etc/cron.d/open" + runs + "mode 0664 lets others than root write to it" + others,
		"failed cron /etc/cron.d/alien" + runs + "it belongs to uid 33" + others,
		"passed cron /etc/cron.daily/good runs | found run-parts runs it",
		"failed cron /etc/cron.daily/bad.sh" + runs + "the name bad.sh" + name,
		"passed cron /etc/cron.daily/link runs | found run-parts runs it",
		"failed cron /etc/cron.weekly/text" + runs + "mode 0644: it cannot be executed | why run-parts passes over what cannot be executed",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
