// Files on their way to the store, each with its progress.

import { upload } from "./actions.js";
import { $, el, size } from "./dom.js";

/** Takes files from the picker and from drops; `start` says who sends where, `done` hears when some have arrived. */
export function takeFiles(start, done) {
  const take = async (files) => {
    const ends = await Promise.all([...files].map((file) => send(file, start())));
    if (ends.includes(true)) done();
  };
  $("pick").addEventListener("change", () => {
    const files = [...$("pick").files];
    // The same file may be chosen again.
    $("pick").value = "";
    take(files);
  });
  const drop = $("drop");
  const over = (isOver) => (event) => {
    event.preventDefault();
    drop.classList.toggle("over", isOver);
  };
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (event) => {
    over(false)(event);
    take(event.dataTransfer.files);
  });
}

async function send(file, { caller, folder }) {
  const cancel = new AbortController();
  const bar = el("progress", { max: file.size || 1, value: 0, "aria-label": `Upload of ${file.name}` });
  const state = el("span", { class: "state" }, size(file.size));
  const button = el("button", { type: "button", "aria-label": `Cancel ${file.name}`, onclick: () => cancel.abort(new Error("cancelled")) }, "Cancel");
  const name = el("span", { class: "name" }, file.name);
  const row = el("li", { class: "upload" }, name, button, bar, state);
  $("uploads").prepend(row);
  while ($("uploads").children.length > MOST) $("uploads").lastChild.remove();
  const progress = (sent) => {
    bar.value = sent;
    state.textContent = `${size(Math.min(sent, file.size))} of ${size(file.size)}`;
  };
  try {
    const key = await inTurn(() => upload(caller, folder, file, progress, cancel.signal));
    bar.value = bar.max;
    state.textContent = `${size(file.size)} at ${key}`;
    row.classList.add("good");
    return true;
  } catch (error) {
    bar.remove();
    state.textContent = error.message;
    row.classList.add("bad");
    return false;
  } finally {
    button.remove();
  }
}

/** So many go at a time, since each file is read into memory for its digest. */
let free = 3;
const waiting = [];

async function inTurn(act) {
  if (free > 0) free--;
  else await new Promise((resolve) => waiting.push(resolve));
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}

/** Uploads that are shown. */
const MOST = 50;
