package docker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

// minAPI is the oldest API we speak: platforms and cgroup namespaces came
// with it (Docker 20.10).
const minAPI = "1.41"

// defaultHost is where a daemon listens when nobody says otherwise.
const defaultHost = "unix:///var/run/docker.sock"

// Options say how to reach a daemon.
type Options struct {
	// Host is unix://PATH, tcp://HOST:PORT or ssh://USER@HOST. Empty: the
	// local socket.
	Host string
	// TLSVerify and CertPath (ca.pem, cert.pem, key.pem) are for tcp and mean
	// nothing elsewhere. With TLSVerify, an empty CertPath is ConfigDir.
	TLSVerify bool
	CertPath  string
	// Config is the content of a config.json with registry credentials;
	// without it the file in ConfigDir is read.
	Config    string
	ConfigDir string
}

// Engine is a Docker daemon. It holds engine.Engine.
type Engine struct {
	client *client.Client
	host   string
	auth   *configfile.ConfigFile
}

var _ engine.Engine = (*Engine)(nil)

// Open makes an engine; it does not speak to the daemon yet.
func Open(o Options) (*Engine, error) {
	if o.Host == "" {
		o.Host = defaultHost
	}
	opts, err := clientOptions(o)
	if err != nil {
		return nil, fmt.Errorf("docker host %s: %w", o.Host, err)
	}
	c, err := client.NewClientWithOpts(opts...)
	if err != nil {
		return nil, fmt.Errorf("docker host %s: %w", o.Host, err)
	}
	auth, err := credentials(o)
	if err != nil {
		return nil, err
	}
	return &Engine{client: c, host: o.Host, auth: auth}, nil
}

// Close ends idle connections.
func (e *Engine) Close() error { return e.client.Close() }

func clientOptions(o Options) ([]client.Opt, error) {
	opts := []client.Opt{client.WithAPIVersionNegotiation()}
	if strings.HasPrefix(o.Host, "ssh://") {
		helper, err := connhelper.GetConnectionHelper(o.Host)
		if err != nil {
			return nil, err
		}
		transport := &http.Transport{DialContext: helper.Dialer}
		return append(opts,
			client.WithHTTPClient(&http.Client{Transport: transport}),
			client.WithHost(helper.Host), client.WithDialContext(helper.Dialer)), nil
	}
	if dir := certDir(o); dir != "" {
		opts = append(opts, client.WithTLSClientConfig(
			filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")))
	}
	return append(opts, client.WithHost(o.Host)), nil
}

// certDir is where the certificates are; empty: no TLS. CI hosts set the
// variables of TLS for a socket too, which must stay as it is.
func certDir(o Options) string {
	if !strings.HasPrefix(o.Host, "tcp://") {
		return ""
	}
	if o.CertPath == "" && o.TLSVerify {
		return o.ConfigDir
	}
	return o.CertPath
}

// credentials are the registries' users that this host knows.
func credentials(o Options) (*configfile.ConfigFile, error) {
	if o.Config != "" {
		f, err := config.LoadFromReader(strings.NewReader(o.Config))
		if err != nil {
			return nil, errors.New("config: not the content of a Docker config.json")
		}
		return f, nil
	}
	if o.ConfigDir == "" {
		return configfile.New(""), nil
	}
	f, err := config.Load(o.ConfigDir)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(o.ConfigDir, "config.json"), err)
	}
	return f, nil
}

// Host implements engine.Daemon.
func (e *Engine) Host(ctx context.Context) (engine.Host, error) {
	info, err := e.client.Info(ctx)
	if err != nil {
		return engine.Host{}, fmt.Errorf("%w at %s: %w", engine.ErrUnreachable, e.host, err)
	}
	v, err := e.client.ServerVersion(ctx)
	if err != nil {
		return engine.Host{}, fmt.Errorf("%w at %s: %w", engine.ErrUnreachable, e.host, err)
	}
	if err := acceptAPI(e.host, e.client.ClientVersion()); err != nil {
		return engine.Host{}, err
	}
	h := hostOf(info, v, e.client.ClientVersion())
	h.Self, h.SelfImage = e.findSelf(ctx)
	return h, nil
}

func acceptAPI(host, version string) error {
	if versions.LessThan(version, minAPI) {
		return fmt.Errorf("%s speaks API %s; %s is the oldest that will do (Docker 20.10): update it", host, version, minAPI)
	}
	return nil
}
