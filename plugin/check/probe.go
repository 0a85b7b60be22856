package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// probeLimit bounds one try: a name that does not resolve or a packet that is
// dropped says nothing by itself.
const probeLimit = 3 * time.Second

// impossible is a probe that no service will ever answer.
type impossible struct{ error }

// probe tries once to reach a service. What will not pass with time is an
// error.
func (a *agent) probe(ctx context.Context) error {
	if a.Probe == nil {
		return errors.New("a probe of what?")
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	begin := time.Now()
	c := result.Check{Kind: a.Probe.Kind, Subject: a.Probe.Target, Attribute: "reachable", Outcome: result.Passed, Expected: "an answer", Found: "an answer"}
	err := reach(ctx, *a.Probe)
	var never *impossible
	if errors.As(err, &never) {
		return err
	}
	if err != nil {
		c.Outcome, c.Found = result.Failed, err.Error()
	}
	c.Duration = result.Span(time.Since(begin))
	a.check(c)
	return nil
}

func reach(ctx context.Context, p Probing) error {
	switch p.Kind {
	case "tcp":
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.Target)
		if err != nil {
			return err
		}
		return conn.Close()
	case "http":
		return reachHTTP(ctx, p.Target)
	}
	return &impossible{fmt.Errorf("no probe of kind %q is known", p.Kind)}
}

// reachHTTP wants an answer that is no error, of the service itself: through
// no proxy, and it is followed nowhere.
func reachHTTP(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return &impossible{err}
	}
	direct := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := direct.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // nothing of it is read
	if answer.StatusCode >= 400 {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}
