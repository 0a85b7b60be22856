package host_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/host"
)

func on(env map[string]string) host.Host {
	return host.Detect(func(name string) string { return env[name] })
}

func TestWhatFailedIsDoneAgainAsTheHostDoesIt(t *testing.T) {
	const run = `docker run --rm -v /var/run/docker.sock:/var/run/docker.sock -v "$PWD:/src" -w /src -e PLUGIN_DISTROS=debian-13 -e PLUGIN_ONLY='debian-13/*/check' dronepackages/drone-packages`
	for name, c := range map[string]struct {
		env       map[string]string
		contained bool
		want      string
	}{
		"drone": {map[string]string{"DRONE": "true", "DRONE_STAGE_NAME": "default", "DRONE_STEP_NAME": "packages"}, true,
			`drone exec --trusted --pipeline default --include packages --env-file <(echo PLUGIN_ONLY='debian-13/*/check')`},
		"github":                   {map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_JOB": "packages"}, true, `act -j packages --env PLUGIN_ONLY='debian-13/*/check'`},
		"act":                      {map[string]string{"GITHUB_ACTIONS": "true", "ACT": "true", "GITHUB_JOB": "a job"}, true, `act -j 'a job' --env PLUGIN_ONLY='debian-13/*/check'`},
		"github, with no job told": {map[string]string{"GITHUB_ACTIONS": "true"}, true, run},
		"gitea":                    {map[string]string{"GITHUB_ACTIONS": "true", "GITEA_ACTIONS": "true", "GITHUB_JOB": "packages"}, true, run},
		"woodpecker":               {map[string]string{"CI": "woodpecker"}, true, run},
		"harness":                  {map[string]string{"HARNESS_BUILD_ID": "7", "DRONE": "true", "DRONE_STAGE_NAME": "x", "DRONE_STEP_NAME": "y"}, true, run},
		"gitlab":                   {map[string]string{"GITLAB_CI": "true"}, true, run},
		"a container":              {nil, true, run},
		"a laptop":                 {nil, false, `drone-packages --distros debian-13 --only 'debian-13/*/check'`},
	} {
		if got := on(c.env).Again("debian-13", "debian-13/*/check", c.contained); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestDockerPassesOtherSettingsOn(t *testing.T) {
	const want = ` -w /src -e PLUGIN_IMAGES -e PLUGIN_TEST -e PLUGIN_DISTROS=d `
	if got := on(nil).Again("d", "d/x", true, "PLUGIN_IMAGES", "PLUGIN_TEST"); !strings.Contains(got, want) {
		t.Error(got)
	}
}

// The name of a step is whoever's wrote it; who copies a command runs nothing
// else by it.
func TestACommandToCopyIsOneCommand(t *testing.T) {
	const hostile = "it's; $(touch /tmp/x) `id`\n&"
	command := on(map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_JOB": hostile}).Again("d", "a/'$(id)'/b", true)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "act() { for word; do printf '<%s>' \"$word\"; done; }\n"+command).CombinedOutput()
	want := "<-j><" + hostile + "><--env><PLUGIN_ONLY=a/'$(id)'/b>"
	if err != nil || string(out) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, out, want)
	}
}
