// The page's beginning: who is asked for, which folders there are, and what follows from a choice.

import { grantsOf, tokenOf, world } from "./api.js";
import { followUrl } from "./decoder.js";
import { followDiagnosis } from "./diagnosis.js";
import { $, copy, el } from "./dom.js";
import { refresh } from "./files.js";
import { followLanguage } from "./steps.js";
import { takeFiles } from "./uploads.js";

let caller = null;
let buckets = [];
let folders = [];

/** What each caller may do, as the service says. */
const grants = new Map();

async function start() {
  const around = await world();
  buckets = around.buckets;
  for (const one of around.callers) {
    const radio = el("input", { type: "radio", name: "caller", value: one.name, checked: one === around.callers[0] });
    radio.addEventListener("change", () => become(one));
    const about = el("span", { class: "hint" }, one.about);
    $("callers").append(el("label", {}, radio, el("span", {}, el("strong", {}, one.name), " ", about)));
    grants.set(one.name, await grantsOf(one.name));
  }
  $("folder").addEventListener("change", go);
  $("refresh").addEventListener("click", go);
  takeFiles(() => ({ caller: caller.name, folder: chosen() }), () => refresh(caller.name, chosen(), true));
  $("copy-token").addEventListener("click", async ({ target }) => copy(target, await tokenOf(caller.name)));
  followLanguage();
  followUrl();
  followDiagnosis(() => caller.name);
  await become(around.callers[0]);
  document.documentElement.dataset.ready = "";
}

async function become(one) {
  caller = one;
  $("claims").textContent = JSON.stringify(one.claims, null, 2);
  const before = chosen();
  folders = foldersOf(one);
  $("folder").replaceChildren(...folders.map(({ prefix, bucket, may }, place) => el("option", { value: place }, `${prefix || bucket}: ${may}`)));
  const same = folders.findIndex((folder) => folder.prefix === before?.prefix && folder.bucket === before?.bucket);
  const home = folders.findIndex((folder) => folder.mine.includes("write"));
  // Whoever may write nowhere stays, and sees what is refused.
  $("folder").selectedIndex = Math.max(home >= 0 ? home : same, 0);
  await go();
}

/** Every folder that any caller's grants name, and what this one may do there. */
function foldersOf(one) {
  const all = [...grants.values()].flat().filter((grant) => grant.prefix !== undefined && buckets.includes(grant.bucket));
  const places = new Map(all.map(({ bucket, prefix }) => [`${bucket}/${prefix}`, { bucket, prefix }]));
  return [...places.values()].map(({ bucket, prefix }) => {
    const here = grants.get(one.name).filter((grant) => grant.bucket === bucket && grant.prefix === prefix && grant.enabled);
    const allows = here.filter((grant) => grant.effect === "allow");
    const mine = [...new Set(allows.flatMap((grant) => grant.actions))];
    const maker = allows.find((grant) => grant.upload?.file_name)?.name;
    const nothing = here.length ? "denied" : `nothing for ${one.name}`;
    return { bucket, prefix, mine, maker, allows, may: mine.join(", ") || nothing };
  });
}

function chosen() {
  return folders[$("folder").selectedIndex];
}

/** What the grants that let this caller upload here ask for. */
function hint({ allows, maker }) {
  const uploads = allows.filter((grant) => grant.upload !== null).map((grant) => grant.upload);
  const asks = uploads.flatMap(({ content_types, max_size, write_once, require_checksum }) => [
    content_types && `types ${content_types.join(", ")}`,
    max_size && `at most ${max_size} bytes`,
    write_once && "nothing is replaced",
    require_checksum && "with a checksum",
    maker && "presignd makes the key",
  ]);
  const said = asks.filter(Boolean);
  return said.length ? `An upload here: ${said.join("; ")}.` : "";
}

async function go() {
  const folder = chosen();
  if (!folder) throw new Error("no grant of the configuration names a folder in its store");
  $("folder-hint").textContent = hint(folder);
  await refresh(caller.name, folder);
}

start().catch((error) => {
  $("trouble").textContent = `The page cannot start: ${error.message}. Is presignd dev still running?`;
  $("trouble").hidden = false;
});
