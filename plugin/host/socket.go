package host

// How a step comes by the engine's socket, by host.
const (
	onGitHub = `On GitHub the runner mounts /var/run/docker.sock into docker actions by itself; use a Linux runner with Docker (ubuntu-latest), or set docker_host to a Docker-in-Docker service.`

	onGitea = `On Gitea and Forgejo the runner mounts its socket into jobs unless container.docker_host in its config.yaml is "-"; set it to the
socket of a daemon that jobs may use, or set docker_host to a Docker-in-Docker service.`

	onAct = `act mounts the socket that it uses itself; name another by --container-daemon-socket.`

	onWoodpecker = `On Woodpecker add to the step
    volumes: [/var/run/docker.sock:/var/run/docker.sock]
and have an administrator mark the repository as trusted for volumes.`

	onHarness = `On Harness use a VM infrastructure (it mounts the socket), or run a Docker-in-Docker background step and set docker_host to it.`

	onDrone = `On Drone add to the step
    volumes: [{name: dockersock, path: /var/run/docker.sock}]
and to the pipeline
    volumes: [{name: dockersock, host: {path: /var/run/docker.sock}}]
and have an administrator mark the repository as trusted.`

	onGitLab = `On GitLab use a runner that mounts /var/run/docker.sock, or the docker:dind service with DOCKER_HOST.`

	onLocal = `With docker run, add: -v /var/run/docker.sock:/var/run/docker.sock
On a laptop, start Docker; for another host set DOCKER_HOST (unix://, tcp:// or ssh://).`
)
