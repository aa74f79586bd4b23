// The files of a folder, as the store lists them.

import { download, list, look, remove } from "./actions.js";
import { $, el, size } from "./dom.js";

let asked = 0;

/** Lists a folder anew. What an older question finds is not shown any more. */
export async function refresh(caller, folder, isAside = false) {
  const question = ++asked;
  const shown = await found(caller, folder, undefined, isAside);
  if (question === asked) $("list").replaceChildren(...shown);
}

async function found(caller, folder, token, isAside) {
  try {
    const { objects, next } = await list(caller, folder, token, isAside);
    if (!objects.length) return [el("p", { class: "hint" }, "Nothing is here yet.")];
    const rows = objects.map((object) => row(caller, folder, object));
    const more = async () => button.replaceWith(...(await found(caller, folder, next, false)));
    const button = el("button", { type: "button", onclick: more }, "More");
    return [el("ul", { class: "plain", "aria-label": "Files" }, ...rows), ...(next ? [button] : [])];
  } catch (error) {
    return [el("p", { class: "refusal" }, error.message)];
  }
}

function row(caller, folder, object) {
  const name = object.key.slice(folder.prefix.length);
  const act = (label, onclick) => el("button", { type: "button", "aria-label": `${label} ${name}`, onclick }, label);
  const item = el(
    "li",
    { class: "file" },
    el("span", { class: "name" }, name),
    el("span", { class: "state" }, `${size(object.size)}, ${object.modified.toLocaleString()}`),
    el(
      "span",
      { class: "acts" },
      IMAGE.test(name) ? act("Preview", () => preview(caller, object).catch(quiet)) : null,
      act("Download", () => download(caller, object).catch(quiet)),
      twice(act("Delete"), async () => {
        if (await remove(caller, object).then(() => true, quiet)) item.remove();
      }),
    ),
  );
  return item;
}

const IMAGE = /\.(avif|gif|jpe?g|png|svg|webp)$/i;

/** The story of what was asked has told of it. */
function quiet() {
  return false;
}

/** A button that asks back before it acts. */
function twice(button, act) {
  const label = button.textContent;
  let isSure = false;
  const reset = () => {
    isSure = false;
    button.textContent = label;
  };
  button.addEventListener("click", () => {
    if (isSure) {
      reset();
      act();
    } else {
      isSure = true;
      button.textContent = "Really?";
    }
  });
  button.addEventListener("blur", reset);
  return button;
}

function preview(caller, object) {
  return look(caller, object, async (url) => {
    const image = el("img", { alt: object.key });
    image.src = url;
    await image.decode().catch(() => Promise.reject(new Error("this is no image that the browser can show")));
    $("preview-title").textContent = object.key;
    $("preview-image").replaceChildren(image);
    $("preview").showModal();
  });
}
