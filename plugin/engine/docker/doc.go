// Package docker is the engine on a Docker daemon, and the only package that
// knows its client. It holds the contract of package engine; its suite is run
// on the daemon here, by TLS and by ssh.
//
//	settings -> plan -> run -> results -> reports
//	                     |
//	                   engine <- engine/docker
//
// The client module is frozen upstream: docs/adr/0001-frozen-docker-module.md.
package docker
