// The page is whole without this but for what a reader opens. No text of the
// run is ever read as markup: it comes as text nodes, or as templates that were
// escaped when the page was made.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const make = (tag, className, ...children) => {
    const e = document.createElement(tag);
    if (className) e.className = className;
    e.append(...children);
    return e;
  };

  // ---- logs
  const logs = new Map();
  const logOf = (job) => {
    const data = $("log-" + job);
    if (!data) return null;
    if (!logs.has(job)) logs.set(job, JSON.parse(data.textContent));
    return logs.get(job);
  };
  const textOf = (line) => typeof line === "string" ? line : line.filter((_, i) => i % 2).join("");
  const heading = (text) => text.startsWith("### ");
  const verdicts = [[/^(failed|fault)\s{2,}/, "bad"], [/^passed\s{2,}/, "fine"], [/^\s*(✗|E: |.*\berror: )/i, "bad"]];

  function lineElement(line, n) {
    const shown = make("span");
    if (typeof line === "string") {
      shown.textContent = line;
      for (const [pattern, name] of verdicts) if (pattern.test(line)) { shown.className = name; break; }
    } else {
      for (let i = 0; i < line.length; i += 2) shown.append(make("span", line[i], line[i + 1]));
    }
    const e = make("div", "l", shown);
    e.dataset.n = n;
    return e;
  }

  // A log is folded where the run says what it does next.
  function sections(log) {
    const list = [];
    log.lines.forEach((line, i) => {
      const text = textOf(line);
      if (heading(text) || !list.length) list.push({ title: heading(text) ? text.slice(4) : "", at: i, lines: [] });
      if (!heading(text)) list[list.length - 1].lines.push([line, log.first + i]);
    });
    return list;
  }

  const size = (n) => n < 1000 ? n + " B" : n < 1e6 ? Math.round(n / 1000) + " kB" : (n / 1e6).toFixed(1) + " MB";

  // The viewer of a job's log, with the line marked that the reader came for.
  function viewer(job, at) {
    const log = logOf(job);
    const box = make("section", "viewer");
    box.dataset.job = job;
    box.jump = () => box.scrollIntoView({ behavior: "instant" });
    box.setAttribute("aria-label", "Log");
    const bar = make("div", "bar");
    const link = make("a", "", log.name);
    link.href = log.href;
    const about = make("span", "grow");
    box.append(bar);
    if (log.missing) {
      about.textContent = "cannot be read: " + log.missing;
      bar.append(link, about);
      return box;
    }
    about.textContent = `${log.total} lines, ${size(log.size)}`;
    const input = make("input");
    input.type = "search";
    input.placeholder = "Search this log";
    input.setAttribute("aria-label", "Search this log");
    const hits = make("span", "hits");
    hits.setAttribute("role", "status");
    const fold = make("button", "copy", "fold all");
    fold.type = "button";
    bar.append(link, about, input, hits, fold);
    const lines = make("div", "lines");
    if (log.first > 1) {
      const whole = make("a", "", "the whole log");
      whole.href = log.href;
      lines.append(make("p", "more-log", `The first ${log.first - 1} lines are not in this page: `, whole, "."));
    }
    const byNumber = new Map();
    for (const s of sections(log)) {
      const inner = s.lines.map(([line, n]) => {
        const e = lineElement(line, n);
        byNumber.set(n, e);
        return e;
      });
      if (!s.title) { lines.append(...inner); continue; }
      if (!inner.length) {
        const e = make("p", "heading", s.title);
        byNumber.set(log.first + s.at, e);
        lines.append(e);
        continue;
      }
      const d = make("details", "", make("summary", "", s.title + " ", make("small", "", `${inner.length} ${inner.length === 1 ? "line" : "lines"}`)), ...inner);
      byNumber.set(log.first + s.at, d);
      d.open = true;
      lines.append(d);
    }
    box.append(lines);
    fold.onclick = () => {
      const open = fold.textContent === "fold all";
      all("details", lines).forEach((d) => { d.open = !open; });
      fold.textContent = open ? "unfold all" : "fold all";
    };
    searching(input, hits, lines);
    const marked = (n) => {
      const e = byNumber.get(n);
      all(".here", lines).forEach((old) => old.classList.remove("here"));
      if (e) e.classList.add("here");
      return e;
    };
    marked(at);
    box.jump = (n) => show(marked(n) || box);
    return box;
  }

  function show(e) {
    const d = e.closest("details");
    if (d) d.open = true;
    e.scrollIntoView({ block: "center", behavior: "instant" });
  }

  const highlights = window.Highlight && CSS.highlights ? new Highlight() : null;
  if (highlights) CSS.highlights.set("found", highlights);

  function searching(input, said, lines) {
    let hits = [], now = -1;
    const step = (by) => {
      if (!hits.length) return;
      if (hits[now]) hits[now].classList.remove("now");
      now = (now + by + hits.length) % hits.length;
      hits[now].classList.add("now");
      show(hits[now]);
      said.textContent = `${now + 1} of ${hits.length}`;
    };
    input.addEventListener("input", () => {
      hits.forEach((e) => e.classList.remove("hit", "now"));
      if (highlights) highlights.clear();
      const want = input.value.toLowerCase();
      hits = want ? all(".l, summary, .heading", lines).filter((e) => e.textContent.toLowerCase().includes(want)) : [];
      hits.forEach((e) => { e.classList.add("hit"); mark(e, want); });
      now = -1;
      said.textContent = want ? (hits.length ? "" : "none") : "";
      step(1);
    });
    input.addEventListener("keydown", (e) => {
      if (e.key === "Enter") { step(e.shiftKey ? -1 : 1); e.preventDefault(); }
      if (e.key === "Escape" && input.value) { input.value = ""; input.dispatchEvent(new Event("input")); e.preventDefault(); }
    });
  }

  function mark(e, want) {
    if (!highlights || highlights.size > 2000) return;
    const walk = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      const text = n.data.toLowerCase();
      if (text.length !== n.data.length) continue;
      for (let i = text.indexOf(want); i >= 0; i = text.indexOf(want, i + want.length)) {
        const range = new Range();
        range.setStart(n, i);
        range.setEnd(n, i + want.length);
        highlights.add(range);
      }
    }
  }

  // ---- the panel
  const panel = $("panel"), body = $("panel-body");
  let opener = null;

  function open(parts, from) {
    const shown = parts.map((id) => $("p" + id)).filter(Boolean).map((t) => t.content.cloneNode(true).querySelector(".part"));
    if (!shown.length) return;
    const rank = (p) => ["failed", "fault", "cancelled"].indexOf((p.querySelector(".pill") || {}).textContent) < 0;
    shown.sort((a, b) => rank(a) - rank(b));
    const where = [...new Set(shown.map((p) => p.dataset.where))];
    const phases = [...new Set(shown.map((p) => p.dataset.phase))];
    $("panel-title").textContent = (where.length === 1 ? where[0] : where[0].split(" ")[0]) + " · " + phases.join(", ");
    body.replaceChildren();
    for (const p of shown) {
      if (where.length > 1) p.prepend(make("h3", "", p.dataset.where));
      body.append(p);
      const job = p.dataset.job;
      if (viewers().some((v) => v.dataset.job === job) || !$("log-" + job)) continue;
      body.append(viewer(job, Number(p.dataset.line)));
    }
    if (from) opener = from;
    if (!panel.open) panel.showModal();
    neighbours();
    panel.scrollTop = 0;
    $("panel-title").focus({ preventScroll: true });
  }
  const viewers = () => all(".viewer", body);

  // A line of a log is shown where its job is shown already, or on its own.
  function openLog(job, line, from) {
    if (!viewers().some((v) => v.dataset.job === job)) open([job], from);
    const v = viewers().find((v) => v.dataset.job === job);
    if (v) v.jump(line);
  }

  panel.addEventListener("close", () => {
    body.replaceChildren();
    if (highlights) highlights.clear();
    if (opener) opener.focus();
  });
  panel.addEventListener("click", (e) => { if (e.target === panel) panel.close(); });
  $("close").onclick = () => panel.close();

  // ---- the grid
  const rows = all(".grid tbody tr").map((tr) => all(".cell", tr));
  const place = (cell) => {
    const y = rows.findIndex((r) => r.includes(cell));
    return y < 0 ? null : { y, x: rows[y].indexOf(cell) };
  };
  function enter(cell) {
    all(".grid .cell[tabindex='0']").forEach((c) => { c.tabIndex = -1; });
    cell.tabIndex = 0;
  }
  if (rows.length && rows[0].length) {
    const first = document.querySelector(".grid .cell.failed, .grid .cell.fault") || document.querySelector(".grid button.cell") || rows[0][0];
    enter(first);
  }
  const visible = (y) => rows[y] && rows[y][0] && !rows[y][0].closest("tr").hidden;
  function moved(cell, key, far) {
    const p = place(cell);
    if (!p) return null;
    let { x, y } = p;
    const down = key === "ArrowDown" ? 1 : -1;
    switch (key) {
      case "ArrowLeft": x--; break;
      case "ArrowRight": x++; break;
      case "ArrowUp": case "ArrowDown":
        do y += down; while (rows[y] && !visible(y));
        break;
      case "Home": x = 0; if (far) y = rows.findIndex((_, i) => visible(i)); break;
      case "End": x = rows[y].length - 1; if (far) y = rows.findLastIndex((_, i) => visible(i)); break;
      default: return null;
    }
    return (rows[y] || [])[x] || null;
  }
  const grid = document.querySelector(".grid");
  if (grid) {
    grid.addEventListener("keydown", (e) => {
      if (!/^(Arrow|Home|End)/.test(e.key) || e.altKey || e.metaKey) return;
      e.preventDefault();
      const next = moved(e.target, e.key, e.ctrlKey);
      if (next) { enter(next); next.focus(); next.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    });
    grid.addEventListener("focusin", (e) => { if (e.target.classList.contains("cell")) enter(e.target); });
  }
  function neighbour(by) {
    let c = opener;
    while (c && place(c)) {
      c = moved(c, by < 0 ? "ArrowLeft" : "ArrowRight");
      if (c && c.dataset.parts) return c;
    }
    return null;
  }
  function neighbours() {
    for (const [id, by] of [["before", -1], ["after", 1]]) $(id).disabled = !neighbour(by);
  }
  const go = (by) => { const c = neighbour(by); if (c) { enter(c); open(c.dataset.parts.split(" "), c); } };
  $("before").onclick = () => go(-1);
  $("after").onclick = () => go(1);

  // ---- everything that is pressed
  document.addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b) return;
    if (b.dataset.copy) copy(b);
    if (b.dataset.log) {
      openLog(b.dataset.log, Number(b.dataset.line), panel.open ? null : b);
    } else if (b.dataset.parts) {
      open(b.dataset.parts.split(" "), panel.open ? null : b);
    }
  });

  async function copy(b) {
    try {
      await navigator.clipboard.writeText(b.dataset.copy);
    } catch {
      const area = make("textarea", "sr");
      area.value = b.dataset.copy;
      b.after(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      b.focus();
    }
    b.textContent = "copied";
    $("said").textContent = "Copied";
    setTimeout(() => { b.textContent = "copy"; }, 1500);
  }

  // ---- search
  const search = $("search"), found = $("found");
  document.addEventListener("keydown", (e) => {
    const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey) {
      const field = panel.open ? panel.querySelector(".viewer input") : search;
      if (field) { field.focus(); field.select(); e.preventDefault(); }
    }
    if (panel.open && !typing && !e.altKey && (e.key === "ArrowLeft" || e.key === "ArrowRight") && !e.target.closest("pre")) go(e.key === "ArrowLeft" ? -1 : 1);
  });
  search.addEventListener("keydown", (e) => {
    if (e.key === "Escape") { search.value = ""; look(); search.blur(); }
    if (e.key === "Enter") { const b = found.querySelector("button"); if (b) { b.focus(); e.preventDefault(); } }
  });
  let waiting;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 120); });

  const searched = all("[data-search]");
  function look() {
    const want = search.value.trim().toLowerCase();
    const words = want.split(/\s+/);
    let kept = 0;
    for (const e of searched) {
      e.hidden = !words.every((w) => e.dataset.search.toLowerCase().includes(w));
      if (!e.hidden) kept++;
    }
    if (want && !kept) searched.forEach((e) => { e.hidden = false; });
    inLogs(want);
  }
  const most = 60;
  function inLogs(want) {
    found.hidden = want.length < 2;
    if (found.hidden) return found.replaceChildren();
    const hits = [];
    let count = 0;
    for (const data of all("script[id^=log-]")) {
      const job = data.id.slice(4), log = logOf(job);
      log.lines.forEach((line, i) => {
        const text = textOf(line);
        if (!text.toLowerCase().includes(want)) return;
        if (++count > most) return;
        const b = make("button", "", make("span", "", `${log.name}:${log.first + i}`), make("span", "", text.slice(0, 300)));
        b.type = "button";
        b.dataset.log = job;
        b.dataset.line = log.first + i;
        hits.push(b);
      });
    }
    const said = count ? `${count} ${count === 1 ? "line" : "lines"} of the logs${count > most ? `, the first ${most}` : ""}` : "no line of the logs in this page";
    found.replaceChildren(make("div", "", make("p", "", said), ...hits));
  }

  // ---- theme
  const themes = { auto: "automatic", light: "light", dark: "dark" };
  const root = document.documentElement;
  function setTheme(name) {
    root.dataset.theme = name;
    $("theme").setAttribute("aria-label", "Theme: " + themes[name]);
    $("theme").title = "Theme: " + themes[name];
    try { localStorage.setItem("drone-packages-theme", name); } catch { /* a page that may not store still changes */ }
  }
  setTheme(themes[root.dataset.theme] ? root.dataset.theme : "auto");
  $("theme").onclick = () => {
    const names = Object.keys(themes);
    setTheme(names[(names.indexOf(root.dataset.theme) + 1) % names.length]);
  };
})();
