// Theme, published-model toggle, gallery filters and viewer. The page reads whole without it.
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);
  root.classList.add("js");

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

  // Print: unfold the numbers behind the charts.
  const unfolded = [];
  addEventListener("beforeprint", () => {
    for (const details of all("details:not([open])")) { details.open = true; unfolded.push(details); }
  });
  addEventListener("afterprint", () => { for (const d of unfolded.splice(0)) d.open = false; });

  const filters = one("#filters");
  if (!filters) return;
  const cards = all("#cards > .card");
  const visible = () => cards.filter((card) => !card.hidden);
  const more = one("#more");
  const pageSize = matchMedia("(max-width: 44rem)").matches ? 8 : 24;
  let room = pageSize;

  // Long galleries unfold in pages; the viewer walks through all that the filters leave.
  function page() {
    const list = visible();
    for (const [k, card] of list.entries()) card.classList.toggle("later", k >= room);
    more.hidden = list.length <= room;
    more.textContent = `Show ${Math.min(pageSize, list.length - room)} more`;
  }
  more.addEventListener("click", () => {
    const next = visible()[room];
    room += pageSize;
    page();
    (next.querySelector("button.open") || next).focus();
  });

  function apply() {
    room = pageSize;
    const wanted = Object.fromEntries(new FormData(filters));
    for (const card of cards) {
      // A filter is named like the card's data it looks at; "tag" looks for one word among several.
      card.hidden = Object.entries(wanted).some(([name, value]) => value && !(name === "tag"
        ? card.dataset.tags.split(" ").includes(value) : card.dataset[name] === value));
    }
    page();
    const n = visible().length;
    one("#shown").textContent = `${n} of ${cards.length} shown`;
    one("#none").hidden = n > 0;
  }
  filters.addEventListener("change", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(apply));
  // A reason in a table leads to its examples.
  for (const link of all("a[data-reason]")) {
    link.addEventListener("click", () => {
      filters.reset();
      filters.elements.reason.value = link.dataset.reason;
      if (filters.elements.reason.selectedIndex < 0) filters.elements.reason.value = "";
      setTimeout(apply);
    });
  }

  apply();

  const viewer = one("#viewer");
  if (!viewer) return;
  const body = one("#viewer-body");
  let current = null;

  function show(card) {
    current = card;
    const copy = document.createElement("div");
    copy.className = "big";
    copy.append(card.querySelector("svg.grid").cloneNode(true),
                card.querySelector(".words").cloneNode(true));
    body.replaceChildren(copy);
    const list = visible();
    one("#viewer-place").textContent = `${list.indexOf(card) + 1} of ${list.length}`;
    if (!viewer.open) viewer.showModal();
    body.scrollTop = 0;
  }
  function step(by) {
    const list = visible();
    show(list[(list.indexOf(current) + by + list.length) % list.length]);
  }
  function toggleMarks() {
    const off = viewer.classList.toggle("no-marks");
    one("#viewer-marks").setAttribute("aria-pressed", String(!off));
  }
  for (const card of cards) card.querySelector(".open").addEventListener("click", () => show(card));
  for (const button of all("[data-step]", viewer)) {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  one("#viewer-marks").addEventListener("click", toggleMarks);
  one("#viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("close", () => {
    if (!current) return;
    while (current.classList.contains("later")) { room += pageSize; page(); }
    current.querySelector(".open").focus();
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") step(1);
    else if (event.key === "m") toggleMarks();
    else return;
    event.preventDefault();
  });
})();
