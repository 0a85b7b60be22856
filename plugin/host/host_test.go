package host_test

import (
	"testing"

	"github.com/drone-packages/drone-packages/plugin/host"
)

func lookup(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

type env = map[string]string

func TestWhichHostItIs(t *testing.T) {
	for name, c := range map[string]struct {
		env  env
		want string
	}{
		"nothing":                       {nil, "local"},
		"some CI":                       {env{"CI": "true"}, "local"},
		"GitHub":                        {env{"CI": "true", "GITHUB_ACTIONS": "true"}, "github"},
		"Gitea says that it is GitHub":  {env{"GITHUB_ACTIONS": "true", "GITEA_ACTIONS": "true"}, "gitea"},
		"Forgejo too":                   {env{"GITHUB_ACTIONS": "true", "FORGEJO_ACTIONS": "true"}, "gitea"},
		"act too":                       {env{"GITHUB_ACTIONS": "true", "ACT": "true"}, "act"},
		"act's variable alone":          {env{"ACT": "true"}, "local"},
		"Woodpecker":                    {env{"CI": "woodpecker", "DRONE_REPO": "x"}, "woodpecker"},
		"Woodpecker by its system":      {env{"CI": "true", "CI_SYSTEM_NAME": "woodpecker"}, "woodpecker"},
		"Harness says that it is Drone": {env{"DRONE": "true", "HARNESS_BUILD_ID": "7"}, "harness"},
		"Drone":                         {env{"CI": "true", "DRONE": "true"}, "drone"},
		"not Drone":                     {env{"DRONE": "false"}, "local"},
		"GitLab":                        {env{"CI": "true", "GITLAB_CI": "true"}, "gitlab"},
	} {
		if got := host.Detect(lookup(c.env)); got.Name != c.want || got.Socket == "" {
			t.Errorf("%s: got %q, want %s; socket: %q", name, got.Name, c.want, got.Socket)
		}
	}
}

func TestWhatHostsSayOfTheBuild(t *testing.T) {
	type said struct{ tag, commit, branch, link string }
	github := env{"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/tags/v1.4.0", "GITHUB_REF_NAME": "v1.4.0", "GITHUB_SHA": "81cd2ee",
		"GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"}
	for name, c := range map[string]struct {
		env  env
		want said
	}{
		"GitHub, a tag":    {github, said{"v1.4.0", "81cd2ee", "v1.4.0", "https://forge.example/a/b/actions/runs/7"}},
		"GitHub, a branch": {env{"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main", "GITHUB_REF_NAME": "main"}, said{branch: "main"}},
		"GitHub, a request": {env{"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/1/merge", "GITHUB_REF_NAME": "1/merge", "GITHUB_HEAD_REF": "mend"},
			said{branch: "mend"}},
		"Drone": {env{"DRONE": "true", "DRONE_TAG": "v1", "DRONE_COMMIT_SHA": "81cd2ee", "DRONE_BRANCH": "main", "DRONE_BUILD_LINK": "https://ci.example/7"},
			said{"v1", "81cd2ee", "main", "https://ci.example/7"}},
		"Woodpecker": {env{"CI": "woodpecker", "CI_COMMIT_TAG": "v1", "CI_COMMIT_SHA": "81cd2ee", "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_URL": "https://ci.example/7"},
			said{"v1", "81cd2ee", "main", "https://ci.example/7"}},
		"GitLab, a request": {env{"GITLAB_CI": "true", "CI_COMMIT_SHA": "81cd2ee", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "mend", "CI_JOB_URL": "https://ci.example/7"},
			said{"", "81cd2ee", "mend", "https://ci.example/7"}},
		"local": {env{"DRONE_TAG": "v1"}, said{}},
	} {
		h := host.Detect(lookup(c.env))
		if got := (said{h.Tag, h.Commit, h.Branch, h.Link}); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestDebugOfTheHost(t *testing.T) {
	for value, want := range map[string]bool{"1": true, "0": false, "": false} {
		if got := host.Detect(lookup(env{"GITHUB_ACTIONS": "true", "RUNNER_DEBUG": value})).Debug; got != want {
			t.Errorf("%q: got %t", value, got)
		}
	}
}
