package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// replied is an answer to an HTTP request.
type replied struct {
	status  int
	headers string
	body    readText
}

func refuseHTTP(t Test) error {
	for _, option := range []string{"url", "proxy"} {
		written := t.text(option)
		u, err := url.Parse(written)
		if written != "" && (err != nil || u.Host == "" || option == "url" && u.Scheme != "http" && u.Scheme != "https") {
			// What was found may hold a password.
			return fmt.Errorf("the %s is none: wanted a form such as http://localhost:9101/health", option)
		}
	}
	for _, header := range t.texts("request-headers") {
		if name, _, ok := strings.Cut(header, ":"); !ok || name == "" {
			return errors.New("a request header is none: wanted Name: value")
		}
	}
	if (t.text("cert-file") == "") != (t.text("key-file") == "") {
		return errors.New("wanted both cert-file and key-file, or none of them")
	}
	if _, err := http.NewRequest(t.text("method"), "http://localhost", nil); err != nil {
		return fmt.Errorf("found the method %s, wanted one such as GET or POST", quote(t.text("method")))
	}
	return nil
}

func (a *agent) lookHTTP(ctx context.Context, t Test) facts {
	ask := sync.OnceValues(func() (*replied, error) {
		r, err := a.machine.request(ctx, t)
		if err != nil {
			return nil, errors.New(netReason(err))
		}
		return r, nil
	})
	return facts{
		found: map[string]func() (any, error){
			"status":  reading(ask, func(r *replied) any { return r.status }),
			"headers": reading(ask, func(r *replied) any { return r.headers }),
			"body":    reading(ask, func(r *replied) any { return r.body }),
		},
		evidence: func() []string {
			r, err := ask()
			if err != nil {
				return nil
			}
			return evidenceOf(r.body.text)
		},
	}
}

// request sends one request on a connection of its own.
func (m machine) request(ctx context.Context, t Test) (*replied, error) {
	req, err := newRequest(ctx, t)
	if err != nil {
		return nil, err
	}
	transport, err := m.transport(t)
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: transport}
	if t.flag("no-follow-redirects") {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	r := &replied{status: resp.StatusCode, headers: headerLines(resp.Header)}
	r.body.text, r.body.err = readContent(resp.Body)
	return r, nil
}

func newRequest(ctx context.Context, t Test) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, t.text("method"), t.text("url"), strings.NewReader(t.text("request-body")))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "drone-packages")
	for _, header := range t.texts("request-headers") {
		name, value, _ := strings.Cut(header, ":")
		if strings.EqualFold(name, "User-Agent") {
			req.Header.Del("User-Agent")
		}
		req.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	if user, password := t.text("username"), t.text("password"); user != "" || password != "" {
		req.SetBasicAuth(user, password)
	}
	return req, nil
}

func (m machine) transport(t Test) (*http.Transport, error) {
	config := &tls.Config{InsecureSkipVerify: t.flag("allow-insecure")}
	if file := t.text("ca-file"); file != "" {
		pem, err := m.read(file)
		if err != nil {
			return nil, fmt.Errorf("ca-file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(pem)) {
			return nil, fmt.Errorf("ca-file: %s holds no certificate", file)
		}
	}
	if file := t.text("cert-file"); file != "" {
		pair, err := tls.LoadX509KeyPair(m.at(file), m.at(t.text("key-file")))
		if err != nil {
			return nil, fmt.Errorf("cert-file: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	proxy := http.ProxyFromEnvironment
	if written := t.text("proxy"); written != "" {
		u, err := url.Parse(written)
		if err != nil {
			return nil, errors.New("the proxy is no URL")
		}
		proxy = http.ProxyURL(u)
	}
	return &http.Transport{TLSClientConfig: config, DisableKeepAlives: true, Proxy: proxy}, nil
}

// headerLines are Name: value, sorted.
func headerLines(h http.Header) string {
	var all []string
	for name, values := range h {
		for _, value := range values {
			all = append(all, name+": "+value)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}
