package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"unicode"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// step is a part of a check.
type step func() error

// inOrder takes steps until one fails.
func inOrder(steps ...step) error {
	for _, s := range steps {
		if err := s(); err != nil {
			return err
		}
	}
	return nil
}

// so wants an expression to become true of the page.
func (p *tab) so(what, expression string) step {
	return func() error { return p.becomes(what, expression) }
}

// none wants an expression to be the empty list of what is amiss.
func (p *tab) none(what, expression string) step {
	return func() error {
		list, err := ask[[]string](p, expression)
		if err == nil && len(list) > 0 {
			err = errors.New(strings.Join(list, "; "))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
}

// keys are pressed one after the other, as a keyboard does it: what a page makes
// of a key going down decides whether it is typed, and nothing of it waits for
// a key to come up. There is no mouse.
func (p *tab) keys(keys ...string) step {
	return func() error {
		for _, r := range strings.Join(keys, "") {
			k := kb.Keys[r]
			down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: k.Key, Code: k.Code, Text: k.Text, WindowsVirtualKeyCode: k.Windows}
			if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, down); err != nil {
				return err
			}
		}
		return nil
	}
}

// focused is an expression of what has the focus: its name, or its text.
const focused = `(document.activeElement.getAttribute("aria-label") || document.activeElement.textContent).trim()`

// cell moves the focus to a cell of the grid, from the one that Tab enters it by.
func (p *tab) cell(name string) step {
	return func() error {
		return p.becomes(name, `(document.querySelector(".grid [aria-label^='`+name+`:']") || {focus() {}}).focus() || `+focused+`.startsWith("`+name+`")`)
	}
}

// opened opens a cell of the grid.
func (p *tab) opened(name string) step {
	return func() error {
		return inOrder(p.cell(name), p.keys(kb.Enter), p.so("Enter opens the cell", `document.querySelector("#panel").open`))
	}
}

func gridIsSeenFirst(p *tab) error {
	return inOrder(
		p.so("the grid is not on the first screen", `(() => {
			const r = document.querySelector(".grid").getBoundingClientRect();
			return r.top > 0 && r.top < 250 && r.bottom < innerHeight && r.width > 600;
		})()`),
		func() error {
			got, err := ask[string](p, `[...document.querySelectorAll(".grid tbody tr")].filter((r) => r.checkVisibility()).map((r) => r.querySelector("th").innerText).join(", ")`)
			if err == nil && got != "debian-12, debian-13, debian-sid" {
				err = fmt.Errorf("rows of the grid: %s", got)
			}
			return err
		},
		p.so("a cell for each distro and phase", `document.querySelectorAll(".grid .cell").length === 3 * 15`),
		p.none("cells without a mark", `[...document.querySelectorAll(".grid .cell")].filter((c) => !c.innerText.trim()).map((c) => c.getAttribute("aria-label"))`),
		p.so("failed cells look as passed ones", `(() => {
			const ground = (c) => getComputedStyle(document.querySelector(".grid .cell." + c)).backgroundColor;
			return ground("failed") !== ground("passed");
		})()`),
	)
}

func aCellOpens(p *tab) error {
	return inOrder(
		p.opened("debian-13, service"),
		p.so("its name is the title", `document.querySelector("#panel-title").innerText === "debian-13 · service"`),
		p.so("the outcome", `document.querySelector("#panel .pill").innerText === "failed"`),
		p.so("expected and found", `/expected\s+active\s+found\s+failed/.test(document.querySelector("#panel .facts").innerText)`),
		p.so("the evidence", `document.querySelector("#panel .evidence").innerText.includes("/var/lib/greeter/lock exists")`),
		p.so("how to do it again", `document.querySelector("#panel .command code").innerText.includes("--only 'debian-13/*/service'")`),
		p.so("the log is there", `document.querySelector("#panel .viewer .bar a").innerText === "debian-13/test.log"`),
		p.so("a line to go to", `document.querySelector("#panel .log button").focus() || true`),
		p.keys(kb.Enter),
		p.so("the line of the log is marked and seen", `(() => {
			const r = document.querySelector("#panel .lines .here").getBoundingClientRect();
			return r.height > 0 && r.top > 0 && r.bottom < innerHeight;
		})()`),
	)
}

func searchFinds(p *tab) error {
	return inOrder(
		p.keys("/", "lock exists"),
		p.so("lines of logs are listed", `/^\d+ lines of the logs/.test(document.querySelector("#found").innerText) && document.querySelectorAll("#found button").length > 10`),
		p.keys(kb.Enter, kb.Enter),
		p.so("Enter shows the line in its log", `(() => {
			const here = document.querySelector("#panel .lines .here");
			return here && here.innerText.includes("lock exists") && here.getBoundingClientRect().bottom < innerHeight;
		})()`),
		p.keys(kb.Escape, "/", kb.Escape, "/", "debian-12"),
		p.so("other rows are hidden", `[...document.querySelectorAll(".grid tbody tr")].filter((r) => r.checkVisibility()).map((r) => r.querySelector("th").innerText).join() === "debian-12"`),
		p.keys(kb.Escape),
		p.so("Escape shows all again", `[...document.querySelectorAll(".grid tbody tr")].every((r) => r.checkVisibility()) && document.querySelector("#found").hidden`),
		p.keys("/", "is another greeterd"),
		p.so("what is typed is looked for", `document.querySelectorAll("#found button").length > 10`),
	)
}

func aLogIsSearched(p *tab) error {
	return inOrder(
		p.opened("debian-13, restart"),
		p.so("colours are kept", `(() => {
			const coloured = document.querySelector(".lines .f2, .lines .f10");
			return coloured && getComputedStyle(coloured).color !== getComputedStyle(document.body).color;
		})()`),
		p.keys("/", "lock exists"),
		p.so("the search counts lines", `/^1 of \d\d$/.test(document.querySelector("#panel .hits").innerText)`),
		p.keys(kb.Enter),
		p.so("Enter goes to the next line", `/^2 of \d\d$/.test(document.querySelector("#panel .hits").innerText)`),
		p.so("it is marked and seen", `(() => {
			const now = document.querySelector("#panel .lines .now"), r = now.getBoundingClientRect();
			return now.innerText.includes("lock exists") && r.height > 0 && r.top > 0 && r.bottom < innerHeight;
		})()`),
	)
}

func logsFold(p *tab) error {
	const seen = `[...document.querySelectorAll("#panel .lines details .l")].filter((l) => l.checkVisibility({ contentVisibilityAuto: false, opacityProperty: true }) && l.getBoundingClientRect().height > 0).length`
	press := func(what string) step {
		return p.so(what, `document.querySelector("#panel `+what+`").focus() || true`)
	}
	return inOrder(
		p.opened("debian-13, restart"),
		p.so("a log has sections that are open", seen+` > 100`),
		press(".viewer .bar button"), p.keys(kb.Enter),
		p.so("all is folded", `[...document.querySelectorAll("#panel .lines details")].every((d) => !d.open) && document.activeElement.innerText === "unfold all"`),
		p.so("folded lines are hidden", seen+` === 0`),
		press(".lines summary"), p.keys(kb.Enter),
		p.so("Enter unfolds a section", `document.querySelectorAll("#panel .lines details[open]").length === 1 && `+seen+` > 0`),
		p.so("the log comes to the screen", `document.querySelector("#panel .viewer").scrollIntoView(), true`),
	)
}

// barSeen is where the middle of a bar is on the screen, and its colours.
type barSeen struct {
	Kind, Fill, Ground string
	X, Y               float64
}

func theTimelineIsDrawn(p *tab) error {
	err := inOrder(
		p.none("the name of", `[...document.querySelectorAll(".timeline li")].filter((l) => {
			const r = l.querySelector(".job span").getBoundingClientRect();
			return r.width < 10 || r.height < 10;
		}).map((l) => l.querySelector("button").getAttribute("aria-label"))`),
		p.none("is beside the timeline", `(() => {
			const box = document.querySelector(".timeline ol").getBoundingClientRect();
			return [...document.querySelectorAll(".track rect")].filter((b) => {
				const r = b.getBoundingClientRect();
				return r.left < box.left || r.right > box.right + 1;
			}).map((b) => b.textContent);
		})()`),
		p.none("is not to be seen", `[...document.querySelectorAll(".track rect")].filter((b) => {
			const r = b.getBoundingClientRect();
			return r.width < 2 || r.height < 10 || !b.checkVisibility({ visibilityProperty: true });
		}).map((b) => b.closest("li").querySelector("button").getAttribute("aria-label") + ": " + b.textContent)`),
		p.so("the kinds of time are told apart", `(() => {
			const kinds = ["wait", "pull", "prepare", "cached", "work", "failed"];
			return new Set(kinds.map((k) => getComputedStyle(document.querySelector(".bars ." + k)).fill)).size === kinds.length;
		})()`),
		p.so("the timeline comes to the screen", `document.querySelector("#timeline").scrollIntoView(), document.querySelector(".timeline").getBoundingClientRect().bottom < innerHeight`),
	)
	if err != nil {
		return err
	}
	bars, err := ask[[]barSeen](p, `["prepare", "cached", "work", "failed"].map((kind) => {
		const b = document.querySelector(".track rect." + kind), r = b.getBoundingClientRect();
		return { kind, fill: getComputedStyle(b).fill, ground: getComputedStyle(document.querySelector(".timeline")).backgroundColor, x: r.left + r.width / 2, y: r.top + r.height / 2 };
	})`)
	if err != nil {
		return err
	}
	return p.arePainted(bars)
}

// arePainted looks at the pixels: what a page says of its parts is not yet what
// is seen of them.
func (p *tab) arePainted(bars []barSeen) error {
	shot, err := chromedp.Call(p.ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{})
	if err != nil {
		return err
	}
	picture, err := png.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		return err
	}
	for _, b := range bars {
		c := color.NRGBAModel.Convert(picture.At(int(b.X), int(b.Y))).(color.NRGBA)
		painted := fmt.Sprintf("rgb(%d, %d, %d)", c.R, c.G, c.B)
		if painted == b.Ground {
			return fmt.Errorf("%s looks as the ground", b.Kind)
		}
		if painted != b.Fill {
			return fmt.Errorf("%s is painted %s, want %s", b.Kind, painted, b.Fill)
		}
	}
	return nil
}

func theNightIsDark(p *tab) error {
	ground := func() (string, error) { return ask[string](p, `getComputedStyle(document.body).backgroundColor`) }
	night, err := ground()
	if err != nil {
		return err
	}
	if night != "rgb(14, 17, 22)" {
		return fmt.Errorf("the ground is %s at night", night)
	}
	return inOrder(
		p.so("the button", `document.querySelector("#theme").focus() || true`), p.keys(kb.Enter),
		p.so("the button makes it light", `getComputedStyle(document.body).backgroundColor === "rgb(245, 246, 248)" && document.querySelector("#theme").title === "Theme: light"`),
		p.keys(kb.Enter), p.so("and dark", `getComputedStyle(document.body).backgroundColor === "rgb(14, 17, 22)"`),
		p.keys(kb.Enter), p.so("and what the system wants", `document.querySelector("#theme").title === "Theme: automatic"`),
		p.so("the button", `document.querySelector("#theme").blur() || true`),
	)
}

// contrasts are texts that are too near to what is behind them, by WCAG's
// measure: 4.5 for text, 3 where it is large.
const contrasts = `(() => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
	const known = new Map(), grounds = new Map();
	const rgba = (c) => {
		if (!known.has(c)) known.set(c, painted(c));
		return known.get(c);
	};
	const painted = (c) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = c;
		canvas.fillRect(0, 0, 1, 1);
		return [...canvas.getImageData(0, 0, 1, 1).data];
	};
	const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const behind = (e) => {
		if (!e) return [255, 255, 255, 255];
		if (!grounds.has(e)) {
			const c = rgba(getComputedStyle(e).backgroundColor);
			grounds.set(e, c[3] > 200 ? c : behind(e.parentElement));
		}
		return grounds.get(e);
	};
	const bad = new Set();
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		const e = n.parentElement;
		if (!n.data.trim() || !e.checkVisibility({ visibilityProperty: true }) || e.closest(".sr, template, script, title, [disabled]")) continue;
		const s = getComputedStyle(e), text = rgba(e.closest("svg") ? s.fill : s.color);
		if (!text[3]) continue;
		const [a, b] = [light(text), light(behind(e))].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
		const size = parseFloat(s.fontSize), least = size >= 24 || size >= 18.6 && s.fontWeight >= 700 ? 3 : 4.5;
		if (ratio < least) bad.add(n.data.trim().slice(0, 30) + " has " + ratio.toFixed(1) + " of " + least + " (" + (e.className.baseVal ?? e.className) + ")");
	}
	return [...bad].slice(0, 20);
})()`

func textIsReadable(p *tab) error {
	return inOrder(
		p.none("on the page", contrasts),
		p.opened("debian-13, restart"),
		p.none("in the panel", contrasts),
		p.keys("/", "lock exists"),
		p.so("the search counts lines", `/^1 of \d\d$/.test(document.querySelector("#panel .hits").innerText)`),
		p.none("in what is found", contrasts),
	)
}

func (p *tab) fits(what, e string) step {
	return func() error {
		got, err := ask[int64](p, e+`.scrollWidth`)
		if err == nil && got > p.width {
			err = fmt.Errorf("the %s is %d wide, the screen %d", what, got, p.width)
		}
		return err
	}
}

func aPhoneIsWideEnough(p *tab) error {
	return inOrder(
		p.fits("page", "document.documentElement"),
		p.none("smaller than a finger", `[...document.querySelectorAll("button:not(.link), input")].filter((b) => b.checkVisibility() && (b.getBoundingClientRect().width < 24 || b.getBoundingClientRect().height < 20)).map((b) => b.getAttribute("aria-label") || b.innerText || b.id)`),
		p.none("off the screen", `[...document.querySelectorAll(".timeline text, .timeline rect, .job *")].filter((e) => e.checkVisibility()).filter((e) => {
			const r = e.getBoundingClientRect();
			return r.width > 0 && (r.left < 0 || r.right > 361);
		}).map((e) => e.textContent)`),
		p.so("the grid scrolls by itself", `(() => { const s = document.querySelector(".scroll"); return s.scrollWidth > s.clientWidth && s.getBoundingClientRect().right <= 360; })()`),
		p.opened("debian-13, service"),
		p.fits("panel", `document.querySelector("#panel")`),
		p.fits("page", "document.documentElement"),
		p.keys(kb.Escape),
		p.so("Escape closes it", `!document.querySelector("#panel").open`),
		p.so("the top", `window.scrollTo(0, 0), document.querySelector(".scroll").scrollTo(0, 0), document.activeElement.blur(), true`),
	)
}

func paperHasAll(p *tab) error {
	return inOrder(
		p.fits("page", "document.documentElement"),
		p.none("seen on paper", `[".top", ".keys", ".copy", "dialog"].filter((s) => [...document.querySelectorAll(s)].some((e) => e.checkVisibility()))`),
		p.none("not seen on paper", `["h1", ".grid", "#troubles", "#warnings", "#timeline", "#packages", "#left", "footer"].filter((s) => !document.querySelector(s).checkVisibility())`),
		p.so("the ground is not white", `getComputedStyle(document.body).backgroundColor === "rgb(255, 255, 255)" && getComputedStyle(document.documentElement).colorScheme === "light"`),
		p.none("cut off", `[...document.querySelectorAll(".evidence, .command code, .scroll")].filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1).map((e) => e.className + " " + e.innerText.slice(0, 40))`),
	)
}

// reached presses Tab until the focus has come around, and says what it did not
// come to, or came to without a ring.
func (p *tab) reached() error {
	const pressed = `[...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")].filter((e) => e.checkVisibility() && !e.disabled && !e.closest(".grid"))`
	const name = `(e) => e.getAttribute("aria-label") || e.innerText || e.id`
	stops, err := ask[int](p, `(() => {
		window.reached = new Map();
		document.addEventListener("focusin", ({ target }) => {
			const s = getComputedStyle(target);
			reached.set(target, s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2);
		});
		return `+pressed+`.length;
	})()`)
	if err != nil {
		return err
	}
	return inOrder(
		p.keys(strings.Repeat(kb.Tab, stops+5)),
		p.none("not reached by Tab", pressed+`.filter((e) => !reached.has(e)).map(`+name+`)`),
		p.none("without a ring", `[...reached.keys()].filter((e) => !reached.get(e)).map(`+name+`)`),
	)
}

func keysAreEnough(p *tab) error {
	at := func(what, name string) step { return p.so(what, focused+`.startsWith("`+name+`")`) }
	return inOrder(
		p.keys(kb.Tab), at("the first Tab skips to the grid", "Skip to the grid"), p.keys(kb.Enter, kb.Tab),
		at("Tab enters the grid where it failed", "debian-13, service"),
		p.keys(kb.ArrowRight), at("ArrowRight goes to the next cell", "debian-13, check"),
		p.keys(kb.ArrowDown), at("ArrowDown goes to the next row", "debian-sid, check"),
		p.keys(kb.End), at("End goes to the last phase", "debian-sid, downgrade"),
		p.keys(kb.Home, kb.ArrowUp), at("Home goes to the first phase", "debian-13, build"),
		p.cell("debian-13, restart"), p.keys(kb.Enter),
		p.so("Enter opens the cell", `document.querySelector("#panel").open && document.activeElement.id === "panel-title"`),
		p.keys(kb.ArrowRight), p.so("ArrowRight opens the next cell", `document.querySelector("#panel-title").innerText === "debian-13 · reboot"`),
		p.keys(kb.Tab), p.so("Tab stays in the panel", `document.querySelector("#panel").contains(document.activeElement) && document.activeElement.id !== "panel-title"`),
		p.keys("/"), p.so("/ goes to the search of the log", `document.activeElement.matches("#panel .viewer input")`),
		p.keys(kb.Escape), p.so("Escape closes the panel", `!document.querySelector("#panel").open`),
		at("Escape goes back to the cell", "debian-13, reboot"),
		p.keys("/"), p.so("/ goes to the search", `document.activeElement.id === "search"`),
		p.so("the top", `document.activeElement.blur(), true`),
		p.reached,
	)
}

// toBeNamed are the roles of what is pressed, filled in or moved through.
var toBeNamed = []string{"button", "link", "textbox", "searchbox", "grid", "row", "gridcell", "rowheader", "columnheader", "dialog", "image", "region", "DisclosureTriangle"}

func allIsNamed(p *tab) error {
	return inOrder(
		p.named("grid", "row", "rowheader", "columnheader", "gridcell", "button", "link", "searchbox"),
		p.opened("debian-13, restart"),
		p.named("dialog", "button", "link", "searchbox", "DisclosureTriangle"),
	)
}

// named wants what is there of these roles, and of all that are to be named, to
// have names with words in them.
func (p *tab) named(roles ...string) step {
	return func() error {
		tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			return err
		}
		count, tables := map[string]int{}, map[accessibility.NodeID]bool{}
		for _, n := range tree.Nodes {
			role, name := wordOf(n.Role), wordOf(n.Name)
			// Rows of tables that are only read need no names of their own.
			tables[n.NodeID] = role == "table" || tables[n.ParentID]
			if n.Ignored || !slices.Contains(toBeNamed, role) || role == "row" && tables[n.NodeID] {
				continue
			}
			count[role]++
			if strings.TrimSpace(name) == "" {
				return fmt.Errorf("%s without a name", role)
			}
			if role != "gridcell" && !strings.ContainsFunc(name, unicode.IsLetter) {
				return fmt.Errorf("%s %q has a name without a word", role, name)
			}
		}
		for _, role := range roles {
			if count[role] == 0 {
				return fmt.Errorf("no %s", role)
			}
		}
		return nil
	}
}

func wordOf(v *accessibility.Value) string {
	var s string
	if v != nil {
		_ = json.Unmarshal(v.Value, &s)
	}
	return s
}

// tour does all that a reader may do.
func (p *tab) tour() error {
	return inOrder(
		p.opened("debian-13, service"), p.keys(kb.ArrowRight, "/", "greeter", kb.Enter, kb.Escape),
		p.so("the panel", `document.querySelector(".viewer .bar button").focus() || true`), p.keys(kb.Enter, kb.Escape),
		p.keys("/", "lock", kb.Enter, kb.Escape),
		p.so("the button", `document.querySelector("#theme").focus() || true`), p.keys(kb.Enter, kb.Enter, kb.Enter),
		p.so("a button", `document.querySelector(".copy").focus() || true`), p.keys(kb.Enter),
	)
}

// never wants a list to stay empty, before and after a reader did all he may do
// and the page had time for what it left for later.
func (p *tab) never(what string, list func() []string) error {
	stays := func() error {
		_, err := ask[bool](p, `new Promise((done) => setTimeout(() => done(true), 50))`)
		if found := list(); err == nil && len(found) > 0 {
			err = fmt.Errorf("%s %s", what, strings.Join(found, "; "))
		}
		return err
	}
	return inOrder(stays, p.tour, stays)
}

func nothingIsSaid(p *tab) error {
	return p.never("it says", func() []string { said, _ := p.heard(); return said })
}

func nothingIsAskedFor(p *tab) error {
	return p.never("it asks for", func() []string { _, asked := p.heard(); return asked })
}
