package docker

import (
	"errors"
	"strings"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
)

func TestAddressesThatAreNone(t *testing.T) {
	for host, want := range map[string]string{
		"docker.example":                   "docker host docker.example: unable to parse docker host `docker.example`",
		"ssh://":                           "docker host ssh://: ssh host connection is not valid: invalid SSH URL: hostname is empty",
		"ssh://h/?x=1":                     `query parameters are not allowed: "x=1"`,
		"ssh://root:s3cret@docker.example": "docker host ssh://root:******@docker.example: a password in the address is of no use: give certificates by TLS, a key by ssh",
		"tcp://root:s3cret@127.0.0.1:2376": "docker host tcp://root:******@127.0.0.1:2376: a password in the address is of no use",
		"ssh://docker.example:x":           `docker host ssh://docker.example:x: invalid port ":x" after host`,
	} {
		_, err := Open(Options{Host: host})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v", host, err)
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	port := enginetest.FreePort(t)
	for host, want := range map[string]string{
		"unix:///nonexistent/docker.sock": "the container engine does not answer at unix:///nonexistent/docker.sock: Cannot connect to the Docker daemon",
		"tcp://127.0.0.1:" + port:         "the container engine does not answer at tcp://127.0.0.1:" + port,
	} {
		_, err := openHere(t, Options{Host: host}).Host(t.Context())
		if !errors.Is(err, engine.ErrUnreachable) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v", host, err)
		}
	}
}

func TestADaemonWithoutTLSIsExposed(t *testing.T) {
	for host, want := range map[string]bool{"": false, "tcp://192.0.2.1:2375": true, "ssh://docker.example": false} {
		if got := openHere(t, Options{Host: host}).exposed(); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
	if (&Engine{host: "tcp://192.0.2.1:2376", certs: "/certs"}).exposed() {
		t.Error("with certificates it is not")
	}
	e, _ := newStandIn(t, "1.41", plainDaemon)
	if h, err := e.Host(t.Context()); err != nil || !h.Exposed || h.Address != e.host {
		t.Errorf("%+v, %v", h, err)
	}
}
