package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	// TLSVerify and CertPath (ca.pem, cert.pem, key.pem) are for tcp.
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
	if o.TLSVerify || o.CertPath != "" {
		opts = append(opts, client.WithTLSClientConfig(
			filepath.Join(o.CertPath, "ca.pem"), filepath.Join(o.CertPath, "cert.pem"), filepath.Join(o.CertPath, "key.pem")))
	}
	return append(opts, client.WithHost(o.Host)), nil
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
	if versions.LessThan(e.client.ClientVersion(), minAPI) {
		return engine.Host{}, fmt.Errorf("%s speaks API %s; %s is the oldest that will do (Docker 20.10): update it", e.host, e.client.ClientVersion(), minAPI)
	}
	h := hostOf(info, v, e.client.ClientVersion())
	h.Self, h.SelfImage = e.findSelf(ctx)
	return h, nil
}

// drop reads and forgets a stream that has to be read for its work to be done.
func drop(r io.ReadCloser) error {
	_, err := io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}
