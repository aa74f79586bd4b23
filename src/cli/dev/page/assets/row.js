// The row of one upload: the file's name, a bar, how it stands, and buttons.

import { $, el, size } from "./dom.js";

export class Row {
  #name;
  #bytes;
  #bar;
  #state;
  #buttons = el("span", { class: "acts" });
  #row;

  constructor(name, bytes) {
    [this.#name, this.#bytes] = [name, bytes];
    this.#bar = el("progress", { max: bytes || 1, value: 0, "aria-label": `Upload of ${name}` });
    this.#state = el("span", { class: "state" }, size(bytes));
    this.#row = el("li", { class: "upload" }, el("span", { class: "name" }, name), this.#buttons, this.#bar, this.#state);
    $("uploads").prepend(this.#row);
    const ended = $("uploads").querySelectorAll(".upload:is(.good, .bad)");
    for (const row of [...ended].slice(MOST)) row.remove();
  }

  /** Another button; what it says can change. */
  button(label, act) {
    const button = el("button", { type: "button", onclick: act });
    this.rename(button, label);
    this.#buttons.append(button);
    return button;
  }

  /** Has a button say something else. */
  rename(button, label) {
    button.textContent = label;
    button.ariaLabel = `${label} ${this.#name}`;
  }

  /** So many bytes have gone. */
  progress(gone, more = "") {
    this.#bar.value = gone;
    this.say(`${size(Math.min(gone, this.#bytes))} of ${size(this.#bytes)}${more}`);
  }

  /** How it stands, in words; in trouble it can still go on. */
  say(words, isTrouble = false) {
    this.#state.textContent = words;
    this.#row.classList.toggle("trouble", isTrouble);
  }

  /** Lets no button be pressed, or lets it again. */
  hold(isHeld) {
    for (const button of this.#buttons.children) button.disabled = isHeld;
  }

  /** It has arrived. */
  arrived(key) {
    this.#bar.value = this.#bar.max;
    this.#end(`${size(this.#bytes)} at ${key}`, "good");
  }

  /** It will not arrive. */
  failed(words) {
    this.#bar.remove();
    this.#end(words, "bad");
  }

  #end(words, kind) {
    this.say(words);
    this.#buttons.remove();
    this.#row.classList.add(kind);
  }
}

/** Rows of uploads that have ended, so many are shown. */
const MOST = 50;
