// Theme, menu, published-model toggle, figures to save, gallery with filters and viewer. The page
// reads whole without it, but for the gallery of a page of many files.
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const one = (selector, from = document) => from.querySelector(selector);
  root.classList.add("js");

  function made(name, fields = {}, ...children) {
    const element = Object.assign(document.createElement(name), fields);
    element.append(...children);
    return element;
  }

  // Storage may be refused for files: the choice then lasts as long as the page.
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* see above */ } },
  };

  const themes = ["auto", "light", "dark"];
  const themeButton = one("#theme");
  function setTheme(theme) {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    themeButton.textContent = "Theme: " + theme;
    store.set("handeye-theme", theme);
  }
  themeButton.hidden = false;
  setTheme(themes.includes(store.get("handeye-theme")) ? store.get("handeye-theme") : "auto");
  themeButton.addEventListener("click", () => {
    const now = root.dataset.theme || "auto";
    setTheme(themes[(themes.indexOf(now) + 1) % themes.length]);
  });

  const menu = one("#menu");
  function unfold(open) {
    menu.setAttribute("aria-expanded", String(open));
    one("#nav").classList.toggle("open", open);
  }
  menu.hidden = false;
  menu.addEventListener("click", () => unfold(menu.getAttribute("aria-expanded") !== "true"));
  one("#nav").addEventListener("click", () => unfold(false));
  one(".topbar").addEventListener("keydown", (event) => {
    if (event.key === "Escape") { unfold(false); menu.focus(); }
  });

  for (const box of all("input.show-published")) {
    box.addEventListener("change", () => {
      root.classList.toggle("no-published", !box.checked);
      for (const other of all("input.show-published")) other.checked = box.checked;
    });
  }

  for (const button of all("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      const words = source.textContent.replace(/\s+/g, " ").trim();
      try {
        await navigator.clipboard.writeText(words);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  // On a phone sections but the first begin folded: the bar, addresses, "/" and print unfold them.
  if (matchMedia("(max-width: 44rem)").matches) {
    for (const part of all("main section:not(:first-of-type) > details.part")) part.open = false;
  }

  // Print: unfold everything but the answers on cards.
  const unfolded = [];
  addEventListener("beforeprint", () => {
    for (const details of all("details:not([open]):not(.raw)")) { details.open = true; unfolded.push(details); }
  });
  addEventListener("afterprint", () => { for (const d of unfolded.splice(0)) d.open = false; });

  // Tables that are wider than the page say so.
  const widths = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      const table = one("table", target);
      const right = target.getBoundingClientRect().right;
      const hidden = all("thead tr:last-child th", table)
        .filter((th) => th.getBoundingClientRect().left > right - 24).length;
      target.dataset.more = hidden ? `${hidden} more column${hidden > 1 ? "s" : ""}: scroll →` : "";
    }
  });
  for (const scroll of all(".scroll")) widths.observe(scroll);

  // ---- saving figures: SVG and PNG as drawn, CSV and LaTeX from the table of the same numbers

  const MIME = "image/svg+xml";
  const SVG = "http://www.w3.org/2000/svg";
  const PAINT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
    "stroke-linejoin", "stroke-linecap", "opacity", "paint-order", "font-family", "font-size",
    "font-weight", "font-style", "text-anchor", "vector-effect"];

  function save(name, type, content) {
    const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
    const link = made("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  function painted(source) {
    const copy = source.cloneNode(true);
    const from = [source, ...all("*", source)];
    for (const [k, element] of [copy, ...all("*", copy)].entries()) {
      const style = getComputedStyle(from[k]);
      if (!["title", "desc"].includes(element.localName)) {
        for (const name of PAINT) element.setAttribute(name, style.getPropertyValue(name));
      }
      for (const name of ["class", "style", "id", "aria-labelledby", "aria-describedby"]) element.removeAttribute(name);
    }
    return copy;
  }

  function wordsAt(element, ground, whole) {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const text = document.createElementNS(SVG, "text");
    const size = parseFloat(style.fontSize);
    const swatch = one("svg", element);
    const left = swatch ? swatch.getBoundingClientRect().right + 5 : box.left;
    text.setAttribute("x", left - ground.left);
    text.setAttribute("y", box.top - ground.top + box.height / 2 + size * 0.35);
    text.setAttribute("font-family", style.fontFamily);
    text.setAttribute("font-size", style.fontSize);
    text.setAttribute("font-weight", style.fontWeight);
    text.setAttribute("fill", style.color);
    text.textContent = element.textContent.trim();
    whole.append(text);
  }

  // The charts of a figure, its legend and the names of its panels, where they stand on the page.
  // What is folded away has a box all the same; a figure that is all folded is unfolded meanwhile.
  function drawing(figure) {
    const seen = (e) => e.getClientRects().length > 0 && !e.closest("table") && !e.closest("details:not([open])");
    const charts = () => all("svg.chart", figure).filter(seen);
    const opened = charts().length ? [] : all("details:not([open], .numbers)", figure);
    for (let d = figure; d; d = d.parentElement) if (d.matches("details:not([open])")) opened.push(d);
    for (const d of opened) d.open = true;
    const theme = root.dataset.theme;
    root.dataset.theme = "light";
    const parts = [...charts(), ...all("svg.swatch", figure).filter(seen)];
    const words = all(".name, .charthead, .legend li", figure).filter(seen);
    const boxes = [...parts, ...words].map((e) => e.getBoundingClientRect());
    const edge = (name, pick) => pick(...boxes.map((b) => b[name]));
    const margin = 12;
    const ground = { left: edge("left", Math.min) - margin, top: edge("top", Math.min) - margin };
    const width = Math.ceil(edge("right", Math.max) - ground.left + margin);
    const height = Math.ceil(edge("bottom", Math.max) - ground.top + margin);
    const whole = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) whole.setAttribute(name, value);
    const paper = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ width, height, fill: "#fff" })) paper.setAttribute(name, value);
    whole.append(paper);
    for (const part of parts) {
      const box = part.getBoundingClientRect();
      const copy = painted(part);
      const at = { x: box.left - ground.left, y: box.top - ground.top, width: box.width, height: box.height, overflow: "visible" };
      for (const [name, value] of Object.entries(at)) copy.setAttribute(name, value);
      whole.append(copy);
    }
    for (const element of words) wordsAt(element, ground, whole);
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    for (const d of opened) d.open = false;
    return { text: new XMLSerializer().serializeToString(whole), width, height };
  }

  function savePng(figure, name) {
    const { text, width, height } = drawing(figure);
    const image = new Image();
    image.onload = () => {
      const scale = 3;
      const canvas = made("canvas", { width: width * scale, height: height * scale });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(name, "image/png", blob), "image/png");
    };
    image.src = `data:${MIME};charset=utf-8,` + encodeURIComponent(text);
  }

  const said = (cell) => (cell ? cell.textContent.replace(/\s+/g, " ").trim() : "");
  // A table as rows: group, label, basis and note, and the cells; what is measured to six digits.
  function rowsOf(table) {
    const heads = all("thead tr:last-child th.num", table).map(said);
    const over = all("thead .groups th", table).flatMap((th) => Array(th.colSpan).fill(said(th)));
    const rows = all("tbody", table).flatMap((body) => {
      const group = said(one(".divider th", body));
      return all("tr:not(.divider)", body).map((row) => {
        const head = one("th", row);
        const label = said(one(".name", head) || one(".unseen", head)).replace(/:$/, "");
        return { group, label, basis: said(one(".basis", head)), note: said(one(".warn", head)), cells: all("td", row) };
      });
    });
    return { heads, over, rows };
  }

  function csvOf(tables) {
    const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const lines = [["table", "group", "row", "basis", "note", "column", "value", "low", "high", "n"]];
    for (const table of tables) {
      const { heads, over, rows } = rowsOf(table);
      for (const row of rows) for (const [k, cell] of row.cells.entries()) {
        const figures = cell.dataset.e ? cell.dataset.e.split(" ") : [said(cell), "", "", ""];
        const column = [over[k], heads[k]].filter(Boolean).join(" ");
        lines.push([said(table.caption), row.group, row.label, row.basis, row.note, column, ...figures]);
      }
    }
    return lines.map((line) => line.map(quoted).join(",")).join("\n") + "\n";
  }

  const SPECIAL = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
    "−": "$-$", "–": "--", "…": "\\dots{}", "→": "$\\rightarrow$", "†": "\\dag{}", "×": "$\\times$",
    "≥": "$\\geq$", "≤": "$\\leq$", "·": "$\\cdot$", "|": "$|$", "<": "$<$", ">": "$>$", " ": "~" };
  const tex = (words) => words.replace(/[\\~^&%$#_{}−–…→†×≥≤·|<>\u00a0]/g, (c) => SPECIAL[c] || "\\" + c);
  function texOf(table, name) {
    const { heads, over, rows } = rowsOf(table);
    const line = (cells) => cells.join(" & ") + " \\\\";
    const out = ["% needs \\usepackage{booktabs}", "\\begin{table}", "\\centering", `\\caption{${tex(said(table.caption))}}`,
      `\\label{tab:${name}}`, `\\begin{tabular}{l${"r".repeat(heads.length)}}`, "\\toprule"];
    if (over.length) {
      const spans = all("thead .groups th", table);
      let at = 2;
      out.push(line(["", ...spans.map((th) => `\\multicolumn{${th.colSpan}}{c}{${tex(said(th))}}`)]));
      out.push(spans.map((th) => { const rule = `\\cmidrule(lr){${at}-${at + th.colSpan - 1}}`; at += th.colSpan; return rule; }).join(" "));
    }
    out.push(line([tex(said(one("thead tr:last-child th:not(.num)", table))), ...heads.map(tex)]), "\\midrule");
    let group = "";
    for (const row of rows) {
      if (row.group !== group) {
        if (group || rows[0] !== row) out.push("\\midrule");
        out.push(line([`\\multicolumn{${heads.length + 1}}{l}{\\emph{${tex(row.group)}}}`]));
        group = row.group;
      }
      const value = (cell) => tex(said(one(".v", cell) || cell));
      const label = [row.label, row.basis.length < 40 && row.basis && `(${row.basis})`].filter(Boolean).join(" ");
      out.push(line([tex(label), ...row.cells.map(value)]));
      if (row.cells.some((cell) => one(".ci", cell))) out.push(line(["", ...row.cells.map((cell) => tex(said(one(".ci", cell))))]));
    }
    return [...out, "\\bottomrule", "\\end{tabular}", "\\end{table}", ""].join("\n");
  }

  function tools(name, figure, tables) {
    const group = made("div", { className: "save" }, made("span", { textContent: "Save" }));
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", `Save ${name}`);
    const offer = (kind, act) => group.append(made("button", { type: "button", textContent: kind, onclick: act }));
    if (figure) {
      offer("SVG", () => save(`${name}.svg`, MIME, drawing(figure).text));
      offer("PNG", () => savePng(figure, `${name}.png`));
    }
    if (tables.length) {
      offer("CSV", () => save(`${name}.csv`, "text/csv", csvOf(tables)));
      offer("LaTeX", () => save(`${name}.tex`, "text/x-tex", tables.map((t) => texOf(t, t.id)).join("\n")));
    }
    return group;
  }
  for (const figure of all("figure.plot")) figure.append(tools(figure.id.slice(4), figure, all("table", figure)));
  for (const scroll of all(".scroll")) {
    const table = one("table", scroll);
    if (!scroll.closest("figure.plot")) scroll.after(tools(table.id.slice(2), null, [table]));
  }

  // ---- sounds: one at a time; a line moves over the waveform it was started from, and where the
  // sound is a video's, that is seen behind the waveform

  const heard = new Map();
  const soundOf = (source) => {
    if (!heard.has(source)) {
      const name = /\.(mp4|webm)$/.test(source) ? "video" : "audio";
      heard.set(source, source.startsWith("#") ? document.getElementById(source.slice(1)) : made(name, { src: source, playsInline: true }));
    }
    return heard.get(source);
  };
  let stop = () => {};
  function play(button) {
    const sound = soundOf(button.dataset.sound);
    const waves = all(".waveform", button.parentElement);
    let moving = true;
    stop();
    stop = () => {
      stop = () => {};
      moving = false;
      sound.pause();
      sound.onended = null;
      button.textContent = "Play";
      for (const wave of waves) wave.classList.remove("playing");
    };
    if (sound.localName === "video") {
      sound.hidden = false;
      button.parentElement.append(sound);
    }
    sound.currentTime = 0;
    sound.onended = () => stop();
    button.textContent = "Stop";
    for (const wave of waves) wave.classList.add("playing");
    const move = () => {
      if (!moving) return;
      for (const wave of waves) {
        const x = (sound.currentTime / (sound.duration || 1)) * wave.viewBox.baseVal.width;
        for (const end of ["x1", "x2"]) one(".at", wave).setAttribute(end, x);
      }
      requestAnimationFrame(move);
    };
    sound.play().then(move, () => { if (moving) stop(); });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.play");
    if (!button) return;
    if (button.textContent === "Stop") stop(); else play(button);
  });

  // ---- what an address names

  function reveal(target) {
    for (let d = target; d; d = d.parentElement) if (d.localName === "details") d.open = true;
    for (const d of all(":scope > details.part", target)) d.open = true;
  }
  let toItem = () => false;
  function follow() {
    const [name] = location.hash.slice(1).split("?");
    if (toItem(location.hash.slice(1))) return;
    const target = name && document.getElementById(name);
    if (target) { reveal(target); if (target.localName !== "li") target.scrollIntoView(); }
  }
  addEventListener("hashchange", follow);
  // A second click on the same address changes nothing, so no event tells of it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) setTimeout(follow);
  });

  // ---- gallery

  const filters = one("#filters");
  if (!filters) { follow(); return; }
  const list = one("#cards");
  const more = one("#more");
  const step = list.classList.contains("clips") ? 3 : matchMedia("(max-width: 44rem)").matches ? 6 : 8;
  let entries = all(".card", list).map((card) => ({ key: card.id, find: card.dataset.find, values: { ...card.dataset }, card }));
  let shown = entries;
  let room = step;

  // Cards of a page of many files come with scripts: nothing else may be loaded from a disk.
  const waiting = new Map();
  window.handeye = (name, value) => { waiting.get(String(name)).found(value); };
  function script(name) {
    if (!waiting.has(name)) {
      const entry = {};
      entry.promise = new Promise((found) => { entry.found = found; });
      waiting.set(name, entry);
      document.head.append(made("script", { src: `items/${name}.js` }));
    }
    return waiting.get(name).promise;
  }
  let size = 0;
  async function cardOf(entry) {
    if (!entry.card) {
      const cards = await script(String(Math.floor(entry.place / size)));
      const box = made("template", { innerHTML: cards[entry.place % size] });
      entry.card = entry.card || box.content.firstElementChild;
    }
    return entry.card;
  }

  const wanted = () => Object.fromEntries(Array.from(new FormData(filters)).filter(([, value]) => value));
  function fits(entry, wish, but) {
    return Object.entries(wish).every(([name, value]) => name === but || (name === "find"
      ? entry.find.toLowerCase().includes(value.trim().toLowerCase())
      : name === "tags" ? entry.values.tags.split(" ").includes(value) : entry.values[name] === value));
  }

  let turn = 0;
  async function draw() {
    const now = ++turn;
    const cards = await Promise.all(shown.slice(0, room).map(cardOf));
    if (now !== turn) return;
    list.replaceChildren(...cards);
    more.hidden = shown.length <= room;
    more.textContent = `Show ${Math.min(step, shown.length - room)} more of ${(shown.length - room).toLocaleString("en")}`;
  }

  // Every filter says how many items each of its choices would leave beside the other filters.
  function apply(keep) {
    const wish = wanted();
    shown = entries.filter((entry) => fits(entry, wish));
    if (!keep) room = step;
    for (const select of all("select", filters)) {
      const counts = new Map();
      for (const entry of entries) {
        if (!fits(entry, wish, select.name)) continue;
        const values = select.name === "tags" ? entry.values.tags.split(" ") : [entry.values[select.name]];
        for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
      }
      for (const option of all("option[data-label]", select)) {
        const n = counts.get(option.value) || 0;
        option.textContent = `${option.dataset.label} (${n.toLocaleString("en")})`;
        option.disabled = !n && !option.selected;
      }
    }
    one("#shown").textContent = `${shown.length.toLocaleString("en")} of ${entries.length.toLocaleString("en")} shown`;
    one("#none").hidden = shown.length > 0;
    return draw();
  }
  function changed() {
    const state = new URLSearchParams(wanted()).toString();
    history.replaceState(null, "", state ? `#failures?${state}` : "#failures");
    return apply();
  }
  filters.addEventListener("input", changed);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(changed));
  more.addEventListener("click", async () => {
    const next = shown[room];
    room += step;
    await draw();
    (one("button.open", next.card) || next.card).focus();
  });

  const viewer = one("#viewer");
  const body = one("#viewer-body");
  let current = null;
  async function show(entry) {
    current = entry;
    const card = await cardOf(entry);
    if (current !== entry) return;
    const copy = made("div", { className: list.classList.contains("clips") ? "big clips" : "big" });
    copy.append(...Array.from(card.cloneNode(true).childNodes));
    for (const element of all("[id], [aria-labelledby]", copy)) {
      for (const name of ["id", "aria-labelledby", "aria-describedby"]) {
        if (element.hasAttribute(name)) element.setAttribute(name, `${element.getAttribute(name)}-big`);
      }
    }
    for (const video of all("video", copy)) video.remove();
    for (const button of all("button.open", copy)) button.replaceWith(...button.querySelectorAll("svg"));
    body.replaceChildren(copy);
    one("#viewer-marks").hidden = !one(".overlay", copy);
    one("#viewer-place").textContent = `${shown.indexOf(entry) + 1} of ${shown.length.toLocaleString("en")}`;
    history.replaceState(null, "", `#${entry.key}`);
    if (!viewer.open) viewer.showModal();
    body.scrollTop = 0;
  }
  const beside = (entry, by) => shown[(shown.indexOf(entry) + by + shown.length) % shown.length];
  function toggleMarks() {
    const off = viewer.classList.toggle("no-marks");
    one("#viewer-marks").setAttribute("aria-pressed", String(!off));
  }
  const entryAt = (element) => {
    const card = element.closest("#cards > .card");
    return card && entries.find((entry) => entry.card === card);
  };
  list.addEventListener("click", (event) => {
    if (event.target.closest(".open")) show(entryAt(event.target));
  });
  for (const button of all("[data-step]", viewer)) {
    button.addEventListener("click", () => show(beside(current, Number(button.dataset.step))));
  }
  one("#viewer-marks").addEventListener("click", toggleMarks);
  one("#viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("close", async () => {
    room = Math.max(room, shown.indexOf(current) + 1);
    const state = new URLSearchParams(wanted()).toString();
    history.replaceState(null, "", state ? `#failures?${state}` : "#failures");
    await draw();
    (one(".open", current.card) || current.card).focus();
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(beside(current, -1));
    else if (event.key === "ArrowRight") show(beside(current, 1));
    else if (event.key === "m" || event.key === "M") toggleMarks();
    else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (viewer.open || event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(event.target.localName)) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const from = entryAt(event.target);
    if (event.key === "/") { reveal(filters); filters.elements.find.focus(); }
    else if (by && from) (one(".open", beside(from, by).card || from.card) || from.card).focus();
    else return;
    event.preventDefault();
  });

  // An item of the address is shown; filters of the address are set.
  toItem = (hash) => {
    const entry = entries.find((one_) => one_.key === hash);
    if (entry) {
      if (!shown.includes(entry)) { filters.reset(); apply(); }
      reveal(filters);
      show(entry);
      return true;
    }
    if (viewer.open) viewer.close();
    if (!hash.startsWith("failures?")) return false;
    const state = new URLSearchParams(hash.slice("failures?".length));
    for (const option of all("option", filters)) option.disabled = false;
    for (const field of filters.elements) {
      if (!field.name) continue;
      field.value = state.get(field.name) || "";
      if (field.selectedIndex < 0) field.value = "";
    }
    reveal(filters);
    apply();
    one("#failures").scrollIntoView();
    return true;
  };

  if (!("paged" in list.dataset)) { apply(); follow(); return; }
  script("index").then(({ page, names, rows }) => {
    size = page;
    entries = rows.map(([key, find, ...values], place) => ({ key, find, place, card: null,
      values: Object.fromEntries(names.map((name, k) => [name, values[k]])) }));
    apply();
    follow();
  });
})();
