package plugin

import "strings"

// socketHelp says, for each CI host, how a step comes by the engine. The
// first whose marker is in the environment is meant.
var socketHelp = []struct{ marker, text string }{
	{"GITHUB_ACTIONS=true", `On GitHub the runner mounts /var/run/docker.sock into docker actions by itself; use a Linux runner with Docker (ubuntu-latest), or set docker_host to a Docker-in-Docker service.`},
	{"CI=woodpecker", `On Woodpecker add to the step
    volumes: [/var/run/docker.sock:/var/run/docker.sock]
and have an administrator mark the repository as trusted for volumes.`},
	{"HARNESS_BUILD_ID=", `On Harness use a VM infrastructure (it mounts the socket), or run a Docker-in-Docker background step and set docker_host to it.`},
	{"DRONE=true", `On Drone add to the step
    volumes: [{name: dockersock, path: /var/run/docker.sock}]
and to the pipeline
    volumes: [{name: dockersock, host: {path: /var/run/docker.sock}}]
and have an administrator mark the repository as trusted.`},
	{"GITLAB_CI=true", `On GitLab use a runner that mounts /var/run/docker.sock, or the docker:dind service with DOCKER_HOST.`},
	{"", `With docker run, add: -v /var/run/docker.sock:/var/run/docker.sock
On a laptop, start Docker; for another host set DOCKER_HOST (unix://, tcp:// or ssh://).`},
}

// SocketHelp is what to mount where no engine answers, on this CI host.
func SocketHelp(environ []string) string {
	for _, h := range socketHelp {
		for _, kv := range environ {
			if h.marker != "" && strings.HasPrefix(kv, h.marker) {
				return h.text
			}
		}
	}
	return socketHelp[len(socketHelp)-1].text
}
