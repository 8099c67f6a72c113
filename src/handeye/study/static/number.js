// The number field and its on-screen keypad. Digits may come from the keyboard, the keypad or a
// paste; anything else is dropped. The phone's own keyboard stays away (inputmode none).

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "back", "0"];
const LONGEST = 5;

export class NumberPad {
  constructor(input, pad, onChange) {
    this.input = input;
    this.pad = pad;
    this.onChange = onChange;
    for (const name of KEYS) pad.append(this.button(name));
    input.addEventListener("input", () => this.set(input.value));
  }

  button(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.key = name;
    button.tabIndex = -1; // the field itself takes the keyboard
    button.textContent = name === "back" ? "\u232b" : name;
    if (name === "back") button.setAttribute("aria-label", "Delete the last digit");
    button.addEventListener("click", () => this.press(name));
    return button;
  }

  press(name) {
    if (this.input.disabled) return;
    const text = this.input.value;
    this.set(name === "back" ? text.slice(0, -1) : text + name);
  }

  set(text) {
    this.input.value = String(text).replace(/\D/g, "").slice(0, LONGEST);
    this.onChange();
  }

  // null while nothing is typed.
  get value() {
    return this.input.value === "" ? null : Number(this.input.value);
  }

  set enabled(on) {
    this.input.disabled = !on;
    for (const button of this.pad.children) button.disabled = !on;
  }
}
