package docker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
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
	certs  string // directory; empty: no TLS
	auth   *configfile.ConfigFile
}

var _ engine.Engine = (*Engine)(nil)

// Open makes an engine; it does not speak to the daemon yet.
func Open(o Options) (*Engine, error) {
	if o.Host == "" {
		o.Host = defaultHost
	}
	if redact(o.Host) != o.Host {
		// The client would show it in its errors.
		return nil, openError(o.Host, errors.New("a password in the address is of no use: give certificates by TLS, a key by ssh"))
	}
	opts, err := clientOptions(o)
	if err != nil {
		return nil, openError(o.Host, err)
	}
	c, err := client.NewClientWithOpts(opts...)
	if err != nil {
		return nil, openError(o.Host, err)
	}
	auth, err := credentials(o)
	if err != nil {
		return nil, err
	}
	return &Engine{client: c, host: o.Host, certs: certDir(o), auth: auth}, nil
}

// openError keeps a password out of what is said of an address.
func openError(host string, err error) error {
	var whole *url.Error
	if errors.As(err, &whole) {
		err = whole.Err // without the address, which it says again
	}
	return fmt.Errorf("docker host %s: %w", redact(host), err)
}

var password = regexp.MustCompile(`(//[^/:@]*):[^/@]*@`)

func redact(host string) string { return password.ReplaceAllString(host, "$1:******@") }

// Close ends idle connections.
func (e *Engine) Close() error { return e.client.Close() }

// sshOptions let us use a master connection that is there and not become one:
// a master that stays holds on to what it inherited of us, and the helper
// waits for the end of that when it closes a connection.
var sshOptions = []string{"-o ControlMaster=no"}

func clientOptions(o Options) ([]client.Opt, error) {
	opts := []client.Opt{client.WithAPIVersionNegotiation()}
	if strings.HasPrefix(o.Host, "ssh://") {
		helper, err := connhelper.GetConnectionHelperWithSSHOpts(o.Host, sshOptions)
		if err != nil {
			return nil, err
		}
		// Each connection is a program and a login.
		transport := &http.Transport{DialContext: helper.Dialer, MaxIdleConnsPerHost: 6}
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
		return engine.Host{}, e.unreachable(err)
	}
	v, err := e.client.ServerVersion(ctx)
	if err != nil {
		return engine.Host{}, e.unreachable(err)
	}
	if err := acceptAPI(e.host, e.client.ClientVersion()); err != nil {
		return engine.Host{}, err
	}
	h := hostOf(info, v, e.client.ClientVersion())
	h.Address, h.Exposed = e.host, e.exposed()
	h.Self, h.SelfImage = e.findSelf(ctx)
	return h, nil
}

// exposed says whether whoever reaches the daemon's address may command it.
func (e *Engine) exposed() bool { return strings.HasPrefix(e.host, "tcp://") && e.certs == "" }

// unreachable says why the daemon does not answer us. One that has other
// certificates than ours does answer.
func (e *Engine) unreachable(err error) error {
	var notIts *tls.CertificateVerificationError
	if errors.As(err, &notIts) {
		return fmt.Errorf("the container engine at %s is not one that we trust: check ca.pem in %s: %w", e.host, e.certs, err)
	}
	var alert *net.OpError
	if errors.As(err, &alert) && alert.Op == "remote error" {
		return fmt.Errorf("the container engine at %s does not accept our certificate: check cert.pem and key.pem in %s: %w", e.host, e.certs, err)
	}
	return fmt.Errorf("%w at %s: %w", engine.ErrUnreachable, e.host, err)
}

func acceptAPI(host, version string) error {
	if versions.LessThan(version, minAPI) {
		return fmt.Errorf("%s speaks API %s; %s is the oldest that will do (Docker 20.10): update it", host, version, minAPI)
	}
	return nil
}
