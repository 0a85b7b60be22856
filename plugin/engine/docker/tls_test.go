package docker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
)

// authority signs certificates of servers and clients.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{key: newKey(t)}
	template := certificate("authority")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	a.cert = sign(t, template, template, a.key, a.key)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certificate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

func sign(t *testing.T, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// issue is a certificate with its key.
func (a authority) issue(t *testing.T, template *x509.Certificate) tls.Certificate {
	t.Helper()
	key := newKey(t)
	cert := sign(t, template, a.cert, key, a.key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// certFiles is a directory of what a client needs, as docker names it.
func certFiles(t *testing.T, trusts authority, client tls.Certificate) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(client.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: trusts.cert.Raw},
		"cert.pem": {Type: "CERTIFICATE", Bytes: client.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// serveTLS gives the daemon here an address on loopback, by TLS, for clients
// with a certificate of the authority.
func serveTLS(t *testing.T, a authority, server tls.Certificate) (host string) {
	t.Helper()
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{server}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert,
	})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { relay(c.(*tls.Conn)) })
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait() // their other ends were closed by then
	})
	return "tcp://" + listener.Addr().String()
}

// halfCloser is a connection whose directions end one by one.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// relay carries both directions of a connection to the daemon, and the end of
// each. What goes wrong is for the client to find out.
func relay(client *tls.Conn) {
	defer func() { _ = client.Close() }()
	if client.Handshake() != nil {
		return
	}
	daemon, err := net.Dial("unix", strings.TrimPrefix(defaultHost, "unix://"))
	if err != nil {
		return
	}
	defer func() { _ = daemon.Close() }()
	var wg sync.WaitGroup
	carry := func(to halfCloser, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.CloseWrite()
	}
	wg.Go(func() { carry(daemon.(*net.UnixConn), client) })
	carry(client, daemon)
	wg.Wait()
}

func TestDockerByTLSHoldsTheContract(t *testing.T) {
	needDocker(t)
	a := newAuthority(t)
	host := serveTLS(t, a, a.issue(t, certificate("server")))
	dir := certFiles(t, a, a.issue(t, certificate("client")))
	enginetest.Suite(t, func(t *testing.T) (engine.Engine, string) {
		return open(t, Options{Host: host, TLSVerify: true, CertPath: dir})
	})
}

func TestTLSRefusals(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	host := serveTLS(t, a, a.issue(t, certificate("server")))
	elsewhere := certificate("server")
	elsewhere.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)}
	named := serveTLS(t, a, a.issue(t, elsewhere))
	expired := certificate("client")
	expired.NotAfter = time.Now().Add(-time.Minute)
	good := a.issue(t, certificate("client"))
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"a certificate of a stranger", Options{Host: host, CertPath: certFiles(t, a, stranger.issue(t, certificate("client")))},
			"does not accept our certificate: check cert.pem and key.pem in DIR: "},
		{"an expired certificate", Options{Host: host, CertPath: certFiles(t, a, a.issue(t, expired))},
			"does not accept our certificate: check cert.pem and key.pem in DIR: "},
		{"a server of a stranger", Options{Host: host, CertPath: certFiles(t, stranger, good)},
			"is not one that we trust: check ca.pem in DIR: "},
		{"a server of another name", Options{Host: named, CertPath: certFiles(t, a, good)},
			"is not one that we trust: check ca.pem in DIR: "},
		{"no TLS", Options{Host: host}, "does not answer at "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openHere(t, tt.o).Host(t.Context())
			if err == nil {
				t.Fatal("the daemon answers")
			}
			want := strings.ReplaceAll(tt.want, "DIR", tt.o.CertPath)
			if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), tt.o.Host) {
				t.Errorf("got %v", err)
			}
			if errors.Is(err, engine.ErrUnreachable) != (tt.o.CertPath == "") {
				t.Errorf("who refuses does answer: %v", err)
			}
		})
	}
	t.Run("no certificates", func(t *testing.T) {
		dir := t.TempDir()
		for _, o := range []Options{{Host: host, TLSVerify: true, ConfigDir: dir}, {Host: host, CertPath: dir}} {
			if _, err := Open(o); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "ca.pem")) {
				t.Errorf("got %v", err)
			}
		}
	})
}
