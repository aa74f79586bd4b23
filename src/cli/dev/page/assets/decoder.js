// What a presigned URL says: what is signed, what the client must send, and how long it lives.

import { $, announce, el } from "./dom.js";

/** URLs that were issued here, with what the service said of them. */
const issued = new Map();
let ends = null;

/** Shows a URL that was just issued. */
export function decode(answer) {
  issued.set(answer.url, answer);
  if (issued.size > MOST) issued.delete(issued.keys().next().value);
  $("url").value = answer.url;
  show();
}

const MOST = 50;

/** Follows what is pasted, and the clock. */
export function followUrl() {
  $("url").addEventListener("input", show);
  setInterval(tick, 1000);
}

function show() {
  const text = $("url").value.trim();
  const url = parsed(text);
  ends = url?.ends ?? null;
  tick();
  if (text && !url) $("decoded").replaceChildren(el("p", { class: "hint" }, "This is no URL presigned by SigV4."));
  else $("decoded").replaceChildren(...(url ? panels(url, issued.get(text)) : []));
}

/** The parts of a URL presigned by SigV4; null if it is none. */
function parsed(text) {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const query = new Map(url.searchParams);
  const date = query.get("X-Amz-Date")?.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/);
  const credential = query.get("X-Amz-Credential")?.split("/");
  const seconds = Number(query.get("X-Amz-Expires"));
  if (!date || credential?.length !== 5 || !(seconds > 0) || !query.has("X-Amz-Signature")) return null;
  const [, year, month, day, hour, minute, second] = date.map(Number);
  const signed = Date.UTC(year, month - 1, day, hour, minute, second);
  const [key, , region, service] = credential;
  const headers = (query.get("X-Amz-SignedHeaders") ?? "").split(";");
  return { url, query, key, region, service, seconds, headers, signed: new Date(signed), ends: signed + seconds * 1000 };
}

function panels(parts, answer) {
  const { url, query } = parts;
  const others = [...query].filter(([name]) => !KNOWN.has(name));
  const facts = [
    ["Method", answer ? answer.method : "signed too, but not in the URL: whoever issued it says which"],
    ["Host", url.host],
    ["Path", decoded(url.pathname)],
    ...others.map(([name, value]) => [name, name === "X-Amz-Security-Token" ? "a session's token" : value]),
    ["Signed by", `${parts.key}, for ${parts.service} in ${parts.region}`],
    ["Signed at", parts.signed.toLocaleString()],
    ["Lives", `${parts.seconds} s, until ${new Date(parts.ends).toLocaleString()}`],
    ["Body", answer?.signed_headers.some((name) => BINDS_BODY.test(name)) ? "bound by a digest" : "not bound: any will do"],
  ];
  if (answer) facts.push(["Issued by", `the grant ${answer.grant}`]);
  const list = ([name, value]) => [el("dt", {}, name), el("dd", {}, value)];
  return [
    el("h3", {}, "What is signed"),
    el("dl", {}, ...facts.flatMap(list)),
    el("h3", {}, "What the client must send"),
    el("dl", {}, ...parts.headers.flatMap((name) => list([name, sent(name, url, answer)]))),
  ];
}

/** Members of the query that are shown in other words. */
const KNOWN = new Set(
  ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"].map((name) => `X-Amz-${name}`),
);

/** The name of an algorithm alone binds nothing. */
const BINDS_BODY = /^(content-md5$|x-amz-checksum-(?!algorithm|type))/;

function sent(name, url, answer) {
  if (name === "host") return `${url.host} (by itself)`;
  if (name === "content-length") return "the exact size that was asked for (by itself)";
  return answer?.headers[name] ?? "exactly as it was signed";
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function tick() {
  const left = $("left");
  left.hidden = ends === null;
  if (ends === null) return;
  const seconds = Math.ceil((ends - Date.now()) / 1000);
  const hasEnded = seconds <= 0;
  if (hasEnded && !left.classList.contains("bad") && left.textContent) announce("The URL that is decoded has ended");
  left.classList.toggle("bad", hasEnded);
  left.textContent = hasEnded ? "Has ended: the store refuses it" : `Lives for another ${clock(seconds)}`;
}

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours ? `${hours}:` : ""}${two(minutes)}:${two(seconds % 60)}`;
}
