package host

import (
	"os"
	"strings"
)

// Host is a CI system as its environment tells, or the local machine. What it
// does not tell is empty.
type Host struct {
	// Name is one of github, gitea, act, woodpecker, harness, drone, gitlab,
	// local.
	Name string
	// Tag that is built, if one is; the Commit in full, its Branch, and the
	// Link to the build in a browser.
	Tag, Commit, Branch, Link string
	// Debug: the user asked the host, not us, for more of a log.
	Debug bool
	// Socket is what to do where no engine answers.
	Socket string

	dialect dialect
	// again is the host's own command to do a part of a run by hand.
	again string
	// Files that the host reads; empty where it has none: the outputs of the
	// step as its dialect writes them, a summary in Markdown, what is told to
	// our own clean-up after the job, and Drone's card.
	outputs, summary, state, card string
}

// dialect is how a host is spoken to in its log and in files.
type dialect string

const (
	plain   dialect = ""
	actions dialect = "actions" // GitHub's, which others took over
	gitlab  dialect = "gitlab"
)

// kind is a CI system as data. Values are templates over the environment:
// "$SERVER/builds/$NUMBER"; the first all of whose variables are set is taken.
type kind struct {
	name string
	// marks are NAME=VALUE that tell it, and NAME alone with any value; all of
	// them must be there.
	marks []string
	// tag holds a tag, or a ref, of which refs/tags/TAG is one.
	tag, commit, branch, link     []string
	debug                         string // NAME=VALUE
	dialect                       dialect
	outputs, summary, state, card []string
	socket                        string
	// again is how the host's steps are run by hand, for only a part of the
	// plan. Values in it are quoted for a shell.
	again []string
}

// github is what GitHub and those that speak as it does have in common.
func github(name, socket string, again []string, marks ...string) kind {
	return kind{
		name: name, marks: append([]string{"GITHUB_ACTIONS=true"}, marks...), dialect: actions, socket: socket, again: again,
		tag: []string{"$GITHUB_REF"}, commit: []string{"$GITHUB_SHA"}, branch: []string{"$GITHUB_HEAD_REF", "$GITHUB_REF_NAME"},
		link: []string{"$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"}, debug: "RUNNER_DEBUG=1",
		outputs: []string{"$GITHUB_OUTPUT"}, summary: []string{"$GITHUB_STEP_SUMMARY"}, state: []string{"$GITHUB_STATE"},
	}
}

// drone is what Drone and Harness, which came of it, have in common.
func drone(name, mark, socket string, again ...string) kind {
	return kind{
		name: name, marks: []string{mark}, socket: socket,
		tag: []string{"$DRONE_TAG"}, commit: []string{"$DRONE_COMMIT_SHA"}, link: []string{"$DRONE_BUILD_LINK"},
		branch:  []string{"$DRONE_SOURCE_BRANCH", "$DRONE_BRANCH"},
		outputs: []string{"$DRONE_OUTPUT", "$HARNESS_OUTPUT_FILE"}, card: []string{"$DRONE_CARD_PATH"},
		again: again,
	}
}

// kinds in the order in which they are looked for: who took over another's
// variables comes before whose they were. The last one fits everywhere.
var kinds = []kind{
	github("act", onAct, byAct, "ACT=true"),
	github("gitea", onGitea, nil, "GITEA_ACTIONS=true"),
	github("gitea", onGitea, nil, "FORGEJO_ACTIONS=true"),
	github("github", onGitHub, byAct),
	woodpecker("CI=woodpecker"),
	woodpecker("CI_SYSTEM_NAME=woodpecker"),
	drone("harness", "HARNESS_BUILD_ID", onHarness),
	drone("harness", "HARNESS_ACCOUNT_ID", onHarness),
	drone("drone", "DRONE=true", onDrone, byDrone),
	{
		name: "gitlab", marks: []string{"GITLAB_CI=true"}, dialect: gitlab, socket: onGitLab,
		tag: []string{"$CI_COMMIT_TAG"}, commit: []string{"$CI_COMMIT_SHA"}, link: []string{"$CI_JOB_URL"},
		branch: []string{"$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "$CI_COMMIT_BRANCH"}, debug: "CI_DEBUG_TRACE=true",
	},
	{name: "local", socket: onLocal},
}

func woodpecker(mark string) kind {
	return kind{
		name: "woodpecker", marks: []string{mark}, socket: onWoodpecker,
		tag: []string{"$CI_COMMIT_TAG"}, commit: []string{"$CI_COMMIT_SHA"}, link: []string{"$CI_PIPELINE_URL"},
		branch: []string{"$CI_COMMIT_SOURCE_BRANCH", "$CI_COMMIT_BRANCH"},
	}
}

// Detect says on which host we run, by the variables of the environment.
func Detect(lookup func(string) string) Host {
	for _, k := range kinds {
		if k.fits(lookup) {
			return k.host(lookup)
		}
	}
	return Host{} // not reached: the last one fits
}

func (k kind) fits(lookup func(string) string) bool {
	for _, mark := range k.marks {
		if !holds(mark, lookup) {
			return false
		}
	}
	return true
}

// holds says whether NAME=VALUE is so, or NAME is set.
func holds(mark string, lookup func(string) string) bool {
	name, want, exact := strings.Cut(mark, "=")
	value := lookup(name)
	return exact && value == want || !exact && value != ""
}

func (k kind) host(lookup func(string) string) Host {
	return Host{
		Name: k.name, Socket: k.socket, dialect: k.dialect,
		Tag: tagOf(fill(k.tag, lookup)), Commit: fill(k.commit, lookup),
		Branch: fill(k.branch, lookup), Link: fill(k.link, lookup),
		Debug:   k.debug != "" && holds(k.debug, lookup),
		outputs: fill(k.outputs, lookup), summary: fill(k.summary, lookup),
		state: fill(k.state, lookup), card: fill(k.card, lookup),
		again: fill(k.again, func(name string) string { return quoted(lookup(name)) }),
	}
}

// fill is the first of the templates whose variables are all set.
func fill(templates []string, lookup func(string) string) string {
	for _, template := range templates {
		complete := true
		text := os.Expand(template, func(name string) string {
			complete = complete && lookup(name) != ""
			return lookup(name)
		})
		if complete {
			return text
		}
	}
	return ""
}

// tagOf is the tag that a tag, or a ref, names.
func tagOf(ref string) string {
	if tag, ok := strings.CutPrefix(ref, "refs/tags/"); ok || !strings.HasPrefix(ref, "refs/") {
		return tag
	}
	return ""
}
