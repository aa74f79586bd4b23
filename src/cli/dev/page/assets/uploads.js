// Files on their way to the store, from the picker and from drops.

import { upload } from "./actions.js";
import { Stopped } from "./asking.js";
import { $ } from "./dom.js";
import { LARGE, sendLarge, showUnfinished } from "./large.js";
import { Row } from "./row.js";
import { inTurn } from "./turns.js";

/** Takes files; `start` says who sends where, `arrived` hears when one is there. */
export function takeFiles(start, arrived) {
  const take = async (files) => {
    const [large, small] = [[], []];
    for (const file of files) (file.size > LARGE ? large : small).push(file);
    large.forEach((file) => sendLarge(file, start(), arrived));
    const ends = await Promise.all(small.map((file) => sendSmall(file, start())));
    if (ends.includes(true)) arrived();
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
  showUnfinished(arrived);
}

/** Whether it arrived. */
async function sendSmall(file, { caller, folder }) {
  const cancel = new AbortController();
  const row = new Row(file.name, file.size);
  row.button("Cancel", () => cancel.abort(new Stopped("cancelled")));
  try {
    const key = await inTurn(cancel.signal, () => upload(caller, folder, file, (gone) => row.progress(gone), cancel.signal));
    row.arrived(key);
    return true;
  } catch (error) {
    row.failed(error.message);
    return false;
  }
}
