// The picture and the marks on it. A click is turned into a cell by its share of the picture's box
// as it is on the screen at that moment, so any scale, zoom, scroll and pixel density are right.

const SVG = "http://www.w3.org/2000/svg";
const ZOOMS = [1, 1.5, 2, 3, 4];
// Small pictures may be enlarged this much to fill the window; more would only blur.
const MOST_ENLARGED = 1.75;
const STILL = 4; // pixels that a hand may tremble
const NARROW = window.matchMedia("(max-width: 56rem)"); // as in study.css
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const same = (a, b) => a[0] === b[0] && a[1] === b[1];

function shape(kind, className, attributes) {
  const made = document.createElementNS(SVG, kind);
  made.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function box(className, row, col, inset, height = 1, width = 1) {
  return shape("rect", className, {
    x: col - 1 + inset, y: row - 1 + inset, rx: 0.12, ry: 0.12,
    width: width - 2 * inset, height: height - 2 * inset,
  });
}

export class Board {
  // parts: {view, board, pane, picture, marks, rulerTop, rulerLeft}; onChange after every step.
  constructor(parts, onChange) {
    Object.assign(this, parts);
    this.onChange = onChange;
    this.clicks = [];
    this.history = [];
    this.clickable = false;
    this.zoom = 0;
    this.pane.addEventListener("pointerdown", (event) => this.pressed(event));
    this.pane.addEventListener("click", (event) => this.clicked(event));
    this.pane.addEventListener("pointermove", (event) => this.hovered(event));
    this.pane.addEventListener("pointerleave", () => this.point(null, "hover"));
    this.board.addEventListener("keydown", (event) => this.key(event));
    this.board.addEventListener("blur", () => this.point(null, "cursor"));
    new ResizeObserver(() => this.fit()).observe(this.view);
  }

  // Show a picture; rejects when it cannot be loaded.
  async load(url, rows, cols, rulers) {
    this.clickable = false;
    Object.assign(this, { rows, cols, clicks: [], history: [], cursor: null, feedback: null });
    this.hover = null;
    this.pane.classList.remove("ready");
    this.marks.setAttribute("viewBox", `0 0 ${cols} ${rows}`);
    this.picture.src = url;
    await this.picture.decode();
    this.rule(rulers);
    this.zoom = 0;
    this.fit();
    this.draw();
    this.pane.classList.add("ready");
  }

  rule(rulers) {
    this.board.classList.toggle("ruled", rulers);
    for (const [ruler, count] of [[this.rulerTop, this.cols], [this.rulerLeft, this.rows]]) {
      const numbers = rulers ? Array.from({ length: count }, (_, k) => k + 1) : [];
      ruler.replaceChildren(...numbers.map((number) => {
        const span = document.createElement("span");
        span.textContent = number;
        return span;
      }));
    }
  }

  // Sizes the picture to the room there is. In narrow windows the room's height follows the picture.
  fit() {
    const { naturalWidth: width, naturalHeight: height } = this.picture;
    if (!width || !this.view.clientWidth) return; // not loaded, or hidden behind a sheet
    const narrow = NARROW.matches;
    const frame = this.board.classList.contains("ruled") ? 38 : 12;
    const room = narrow ? window.innerHeight * 0.6 : this.view.clientHeight;
    const scale = Math.min(
      (this.view.clientWidth - frame) / width, (room - frame) / height, MOST_ENLARGED,
    );
    const shown = Math.max(40, Math.floor(width * scale));
    const large = shown * ZOOMS[this.zoom];
    this.pane.style.width = `${large}px`;
    this.pane.style.height = `${(large * height) / width}px`;
    // Thin on small cells, so that a mark does not hide what it marks.
    const stroke = Math.min(3, Math.max(2, (large / this.cols) * 0.045));
    this.marks.style.setProperty("--stroke", `${stroke}px`);
    this.view.style.height = narrow ? `${(shown * height) / width + frame}px` : "";
    this.view.classList.toggle("zoomed", this.zoom > 0);
  }

  zoomBy(step) {
    const before = this.zoom;
    this.zoom = Math.min(ZOOMS.length - 1, Math.max(0, before + step));
    if (this.zoom === before) return;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.view;
    const grown = ZOOMS[this.zoom] / ZOOMS[before];
    this.fit();
    this.view.scrollLeft = (scrollLeft + clientWidth / 2) * grown - clientWidth / 2;
    this.view.scrollTop = (scrollTop + clientHeight / 2) * grown - clientHeight / 2;
  }

  get canGrow() { return this.zoom < ZOOMS.length - 1; }

  get canShrink() { return this.zoom > 0; }

  // The cell under a point of the window, null outside the picture.
  cellAt(x, y) {
    const area = this.picture.getBoundingClientRect();
    const row = Math.floor(((y - area.top) / area.height) * this.rows) + 1;
    const col = Math.floor(((x - area.left) / area.width) * this.cols) + 1;
    const inside = row >= 1 && row <= this.rows && col >= 1 && col <= this.cols;
    return inside ? [row, col] : null;
  }

  pressed(event) {
    this.pressedAt = event.isPrimary ? [event.clientX, event.clientY] : null;
  }

  // Where the pointer went down decides: browsers round the place of a click to whole pixels. A
  // pointer that moved on to another cell meant neither.
  clicked(event) {
    const up = this.cellAt(event.clientX, event.clientY);
    const [x, y] = this.pressedAt ?? [event.clientX, event.clientY];
    this.pressedAt = null;
    const cell = this.cellAt(x, y);
    const moved = Math.hypot(event.clientX - x, event.clientY - y) > STILL;
    if (!this.clickable || !cell || (moved && !(up && same(cell, up)))) return;
    this.cursor = null;
    this.toggle(cell);
  }

  hovered(event) {
    const mouse = event.pointerType === "mouse" && this.clickable;
    this.point(mouse ? this.cellAt(event.clientX, event.clientY) : null, "hover");
  }

  point(cell, which) {
    const before = this[which];
    if (before === cell || (before && cell && same(before, cell))) return;
    this[which] = cell;
    this.draw();
  }

  key(event) {
    if (!this.clickable || event.ctrlKey || event.altKey || event.metaKey) return;
    const from = this.cursor ?? this.clicks.at(-1) ?? null;
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      const to = this.cursor ? [this.cursor[0] + down, this.cursor[1] + right] : from ?? [1, 1];
      this.moveTo(to);
    } else if (event.key === "Home" || event.key === "End") {
      this.moveTo([from?.[0] ?? 1, event.key === "Home" ? 1 : this.cols]);
    } else if (event.key === " " || event.key === "Enter") {
      if (this.cursor && !event.repeat) this.toggle(this.cursor);
    } else {
      return;
    }
    event.preventDefault();
  }

  moveTo([row, col]) {
    const cell = [Math.min(this.rows, Math.max(1, row)), Math.min(this.cols, Math.max(1, col))];
    this.point(cell, "cursor");
    this.marks.querySelector(".cursor")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  toggle(cell) {
    const without = this.clicks.filter((other) => !same(other, cell));
    this.step(without.length < this.clicks.length ? without : [...this.clicks, cell]);
  }

  clear() {
    if (this.clicks.length) this.step([]);
  }

  undo() {
    if (!this.history.length) return;
    this.clicks = this.history.pop();
    this.draw();
    this.onChange();
  }

  step(clicks) {
    this.history.push(this.clicks);
    this.clicks = clicks;
    this.draw();
    this.onChange();
  }

  restore(clicks) {
    this.clicks = clicks.filter(([row, col]) => row <= this.rows && col <= this.cols);
    this.draw();
  }

  // Practice: show what was right; null takes it away again.
  judge(feedback) {
    this.feedback = feedback;
    this.draw();
  }

  draw() {
    const shapes = [];
    const right = this.feedback?.cells ?? [];
    if (this.feedback) shapes.push(...this.regionShapes(this.feedback.region));
    for (const [row, col] of right) shapes.push(box("right", row, col, -0.03));
    for (const [row, col] of this.clicks) {
      const wrong = this.feedback && !right.some((cell) => same(cell, [row, col]));
      shapes.push(box("halo", row, col, 0.04), box(wrong ? "mark wrong" : "mark", row, col, 0.04));
    }
    if (this.hover) shapes.push(box("hover", ...this.hover, 0.04));
    if (this.cursor) shapes.push(box("cursor-halo", ...this.cursor, 0), box("cursor", ...this.cursor, 0));
    this.marks.replaceChildren(...shapes);
  }

  // Dims what was not asked about.
  regionShapes({ rows: [r1, r2], cols: [c1, c2], outside }) {
    const whole = r1 === 1 && c1 === 1 && r2 === this.rows && c2 === this.cols;
    if (whole) return [];
    const inner = `M${c1 - 1} ${r1 - 1}H${c2}V${r2}H${c1 - 1}Z`;
    const d = outside ? inner : `M0 0H${this.cols}V${this.rows}H0Z${inner}`;
    return [shape("path", "dim", { d, "fill-rule": "evenodd" })];
  }
}
