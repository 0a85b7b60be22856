package distros_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/distros"
)

// apk is one in the place of the real one: it says what it is told to say, and
// ends so.
const apk = "#!/bin/sh\nprintf '%s\\n' \"$SAYS\"\nprintf '%s\\n' \"$WARNS\" >&2\nexit $ENDS\n"

// What apk says of packages is told as what is wrong with them, and what it
// says of the network as the host's fault: by either version's words.
func TestWhatApkSaysIsUnderstood(t *testing.T) {
	const unable = `ERROR: unable to select packages:
  nobody-has-this (no such package):
    required by: a-sub-1.0-r0[nobody-has-this>=2]
                 world[nobody-has-this]
  so:libb.so.1 (no such package):
    required by: a-1.0-r0[so:libb.so.1]
  logrotate-3.2_p1-r0:
    breaks: a-1.0-r0[logrotate>=4] world[logrotate>=4]
    satisfies: b-1.0-r0[logrotate]`
	for name, c := range map[string]struct {
		recipe            distros.Recipe
		says, warns, ends string
		code              int
		want              []string
	}{
		"all is well": {distros.Install, "OK: 1 MiB in 3 packages", "", "0", 0, nil},
		"a script fails, by apk 2": {distros.Install, "1 error; 1 MiB", "ERROR: a-b-1.0_rc1-r0.post-install: script exited with error 3", "1", 1,
			[]string{"error: script post-install of a-b 1.0_rc1-r0 failed"}},
		"a script fails, by apk 3": {distros.Install, "1 error; 1 MiB", "ERROR: lib/apk/exec/a-1.0-r0.post-install: exited with error 3", "1", 1,
			[]string{"error: script post-install of a 1.0-r0 failed"}},
		"apk goes on after one": {distros.Remove, "OK: 1 MiB", "ERROR: a-1.0-r0.pre-deinstall: script killed by signal 9", "0", 1,
			[]string{"error: script pre-deinstall of a 1.0-r0 failed", "apk went on after that"}},
		"a trigger fails":             {distros.Upgrade, "", "ERROR: busybox-1.37.0-r1.trigger: script exited with error 1", "0", 1, []string{"error: script trigger of busybox 1.37.0-r1 failed"}},
		"the mirror is not there":     {distros.Machine, "", "WARNING: updating and opening x: temporary error (try again later)", "1", 75, []string{"temporary error"}},
		"a package is not there":      {distros.Machine, "", "ERROR: unable to select packages:", "1", 1, nil},
		"the needs cannot be met":     {distros.Dependencies, "", unable, "3", 1, []string{"unavailable a-sub\tnobody-has-this>=2\tno nobody-has-this\n", "unavailable a\tso:libb.so.1\tno so:libb.so.1\n", "unavailable a\tlogrotate>=4\tlogrotate 3.2_p1-r0\n"}},
		"nor fetched":                 {distros.Dependencies, "", "ERROR: x: DNS lookup error", "1", 75, nil},
		"what comes along is fetched": {distros.Dependencies, "(1/3) Installing c (1-r0)\n(2/3) Installing a (1.0-r0)\n(3/3) Installing c-libs (1-r0)\nOK: 1 MiB", "", "0", 0, []string{"dependency c\n", "dependency c-libs\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "apk"), []byte(apk), 0o755); err != nil { //nolint:gosec // it is run
				t.Fatal(err)
			}
			f := families(t)["alpine"]
			cmd := exec.CommandContext(t.Context(), "sh", "-eu")
			cmd.Stdin = strings.NewReader("PATH=$DP_ROOT:$PATH\n" + f.Functions + f.Recipes[c.recipe])
			cmd.Env = append(os.Environ(), "DP_ROOT="+dir, "DP_PACKAGES=a", "DP_INIT=openrc", "SAYS="+c.says, "WARNS="+c.warns, "ENDS="+c.ends)
			out, _ := cmd.CombinedOutput() // how it ended is looked at below
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit code %d, want %d:\n%s", code, c.code, out)
			}
			for _, words := range c.want {
				if !strings.Contains(string(out), words) {
					t.Errorf("it does not say %q:\n%s", words, out)
				}
			}
			if strings.Contains(string(out), "unavailable world") || strings.Contains(string(out), "dependency a\n") {
				t.Errorf("it says what is nobody's:\n%s", out)
			}
		})
	}
}
