package report_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium starts a browser without a window, which ends with the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v: install it by make setup, or as root by apt-get install chromium", err)
	}
	// Root, who runs this in containers, has no sandbox there.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("hide-scrollbars", true))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// screen is what a page is looked at on. The zero value is a desk's, by day.
type screen struct {
	width, height int64
	scheme, media string
	scale         float64
	phone         bool
}

// tab is a page in a browser, and what it said and asked for since it was
// opened. patience is how long it is waited for, in milliseconds of its own
// clock.
type tab struct {
	ctx         context.Context
	patience    int
	width       int64
	file        string
	mu          sync.Mutex
	said, asked []string
}

// newTab is a tab that knows nothing of others.
func newTab(t *testing.T, browser context.Context, s screen) *tab {
	t.Helper()
	ctx, done := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(done)
	p := &tab{ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	p.look(t, s)
	// Of several tabs each has the focus.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	return p
}

// open goes to a file, as if no other had been there.
func (p *tab) open(t *testing.T, file string, patience int) {
	t.Helper()
	if p.file != "" {
		if _, err := ask[bool](p, `localStorage.clear(), true`); err != nil {
			t.Fatal(err)
		}
	}
	p.mu.Lock()
	p.said, p.asked, p.patience = nil, nil, patience
	p.file = (&url.URL{Scheme: "file", Path: file}).String()
	p.mu.Unlock()
	if err := chromedp.Do(p.ctx, chromedp.Navigate(p.file)); err != nil {
		t.Fatal(err)
	}
}

// look changes what the page is looked at on.
func (p *tab) look(t *testing.T, s screen) {
	t.Helper()
	if s.width == 0 {
		s.width, s.height = 1440, 900
	}
	p.width = s.width
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(max(1, s.scale))}
	if s.phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	err := chromedp.Do(p.ctx, chromedp.EmulateViewport(s.width, s.height, options...))
	if err == nil {
		_, err = chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: s.media, Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: s.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		p.said = append(p.said, text)
	case *runtime.EventConsoleAPICalled:
		text := "console." + string(e.Type)
		for _, a := range e.Args {
			text += " " + string(a.Value) + a.Description
		}
		p.said = append(p.said, text)
	case *cdplog.EventEntryAdded:
		p.said = append(p.said, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if where := e.Request.URL; where != p.file && !strings.HasPrefix(where, "data:") {
			p.asked = append(p.asked, where)
		}
	}
}

// heard is what the page said, and what it asked for.
func (p *tab) heard() (said, asked []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said), slices.Clone(p.asked)
}

// ask is the value of an expression in the page, which may be a promise.
func ask[T any](p *tab, expression string) (T, error) {
	return chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// becomes is an error that says what is amiss, where an expression is not true
// of the page in time.
func (p *tab) becomes(what, expression string) error {
	ok, err := ask[bool](p, `new Promise((done) => {
		const until = Date.now() + `+strconv.Itoa(p.patience)+`;
		const look = () => { const ok = !!(`+expression+`); ok || Date.now() > until ? done(ok) : setTimeout(look, 10); };
		look();
	})`)
	if err == nil && !ok {
		err = errors.New("it is not so")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// screenshots is where pictures of pages are kept.
func screenshots(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BROWSER_SCREENSHOTS") //nolint:forbidigo // a setting of the test's
	if dir == "" {
		dir = filepath.Join("..", "..", "bin", "screenshots")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shoot writes a picture of what is seen, or of the page from top to bottom,
// where BROWSER_SCREENSHOTS says, or into bin/screenshots.
func (p *tab) shoot(t *testing.T, name string, whole bool) {
	t.Helper()
	dir := screenshots(t)
	got, err := chromedp.Call(p.ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), got.Data, 0o644)
	}
	if err != nil {
		t.Errorf("picture of %s: %v", name, err)
	}
}
