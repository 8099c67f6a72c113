// A clip (picture, video, sound) and a choice of answers to it. Files are fetched whole and shown
// from memory: players ask servers for pieces, and what cannot be loaded is known before the clock
// runs.

const LETTERS = "ABCDEFGHIJ";
const PATIENCE = 20000;

async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return URL.createObjectURL(await answer.blob());
}

// Phones decode nothing before somebody plays it: that the file can be read is all that is awaited.
function loaded(player) {
  return new Promise((done, failed) => {
    player.addEventListener("loadedmetadata", done, { once: true });
    player.addEventListener("error", () => failed(new Error("no player")), { once: true });
    setTimeout(() => failed(new Error("too slow")), PATIENCE);
  });
}

export class Choice {
  // parts: {clip, choices}; onChange after every choice.
  constructor(parts, onChange) {
    Object.assign(this, parts);
    this.onChange = onChange;
    this.urls = [];
    this.player = null;
    this.choices.addEventListener("change", onChange);
  }

  // Show the item; rejects when something of it cannot be loaded. urls: {picture, sound}.
  async load(item, urls) {
    this.clear();
    this.choices.append(...item.options.map((text, place) => this.option(text, place)));
    const medium = item.medium || "picture";
    if (medium === "picture") {
      const picture = Object.assign(document.createElement("img"), { src: urls.picture, alt: "Picture" });
      await picture.decode();
      this.clip.append(picture);
    } else {
      await this.play(medium === "video" ? "video" : "audio", urls.picture);
    }
    if (item.sound) await this.play("audio", urls.sound);
  }

  async play(kind, source) {
    const url = await fetched(source);
    this.urls.push(url);
    const player = document.createElement(kind);
    // A video's own controls would lie over what is asked about: it gets a button below.
    Object.assign(player, { controls: kind === "audio", preload: "auto", playsInline: true });
    player.setAttribute("aria-label", kind === "video" ? "Clip" : "Sound");
    const ready = loaded(player);
    player.src = url;
    this.clip.append(player);
    if (kind === "video") this.clip.append(this.button(player));
    this.player = player;
    await ready;
  }

  button(player) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Play" });
    button.addEventListener("click", () => this.toggle());
    for (const happened of ["play", "pause", "ended"]) {
      player.addEventListener(happened, () => { button.textContent = player.paused || player.ended ? "Play" : "Pause"; });
    }
    player.addEventListener("click", () => this.toggle());
    return button;
  }

  option(text, place) {
    const label = document.createElement("label");
    const fields = { type: "radio", name: "choice", value: place, disabled: true };
    const input = Object.assign(document.createElement("input"), fields);
    const key = Object.assign(document.createElement("b"), { textContent: LETTERS[place] });
    const words = Object.assign(document.createElement("span"), { textContent: text });
    label.append(input, key, words);
    return label;
  }

  // Play from the start, if the browser lets a page do so.
  start() {
    this.player?.play().catch(() => {});
  }

  toggle() {
    if (!this.player) return;
    if (this.player.paused) this.start(); else this.player.pause();
  }

  stop() {
    this.player?.pause();
  }

  clear() {
    this.stop();
    this.player = null;
    for (const url of this.urls.splice(0)) URL.revokeObjectURL(url);
    this.clip.replaceChildren();
    for (const label of this.choices.querySelectorAll("label")) label.remove();
  }

  get inputs() { return [...this.choices.querySelectorAll("input")]; }

  // null while nothing is chosen.
  get value() {
    const chosen = this.inputs.find((input) => input.checked);
    return chosen ? Number(chosen.value) : null;
  }

  set value(place) {
    for (const input of this.inputs) input.checked = Number(input.value) === place;
  }

  // By its letter; whether there is one.
  pick(letter) {
    const place = LETTERS.indexOf(letter.toUpperCase());
    if (place < 0 || place >= this.inputs.length) return false;
    this.value = place;
    this.inputs[place].focus();
    this.onChange();
    return true;
  }

  set enabled(on) {
    for (const input of this.inputs) input.disabled = !on;
  }

  // Practice: mark the right option; null takes it away again.
  judge(place) {
    for (const input of this.inputs) input.parentElement.classList.toggle("right", Number(input.value) === place);
  }
}
