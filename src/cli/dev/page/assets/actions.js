// What a person does, as requests: first presignd is asked for a URL, then the store is sent what the URL is for.

import { explain, forget, issuedRequest, presignRequest, send } from "./api.js";
import { size } from "./dom.js";
import { decode } from "./decoder.js";
import { begin } from "./steps.js";

/** Why something did not come about, in words to show. */
export class Refused extends Error {}

/** Asks presignd for a URL. */
async function ask(story, caller, body) {
  const request = await presignRequest(caller, body);
  const step = story.step("Ask presignd for a URL", request);
  const answer = await send(request);
  step.answered(answer);
  const document = JSON.parse(answer.text);
  if (answer.status === 200) {
    if (!story.isAside) decode(document);
    return document;
  }
  step.refused(document, await explain(caller, body));
  if (answer.status === 401) forget(caller);
  const reasons = document.errors?.map((error) => error.detail).join("; ") ?? document.detail;
  throw new Refused(`${document.code}: ${reasons}`);
}

/** Tells a story to its end, whichever it is. */
async function told(title, tell, isAside = false) {
  const story = begin(title, isAside);
  try {
    const { words, result } = await tell(story);
    story.end(words, true);
    return result;
  } catch (error) {
    story.end(error instanceof Refused ? "refused" : error.message, false);
    throw error;
  }
}

/** Uploads a file; `progress` hears of the bytes that have gone, `signal` ends it. */
export function upload(caller, folder, file, progress, signal) {
  return told(`Upload ${file.name} as ${caller}`, async (story) => {
    const issued = await ask(story, caller, await putObject(folder, file));
    const request = issuedRequest(issued, { file: file.name });
    const step = story.step("Send the file to the store", request);
    const answer = await put(request, file, progress, signal);
    step.answered(answer);
    demand(answer, 200);
    return { words: "uploaded", result: issued.key };
  });
}

async function putObject({ bucket, prefix, maker }, file) {
  const content_type = file.type || "application/octet-stream";
  const named = maker ? { file_name: file.name, grant: maker } : { key: prefix + file.name };
  const body = { operation: "PutObject", bucket, ...named, content_type, content_length: file.size };
  return file.size <= DIGESTED ? { ...body, checksum: { algorithm: "SHA256", value: await sha256(file) } } : body;
}

/** Bytes of a file whose digest is made first: that takes the whole file into memory. */
const DIGESTED = 256 * 1024 * 1024;

async function sha256(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** XMLHttpRequest, since fetch tells nothing of an upload's progress. */
function put({ method, url, headers }, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => progress(loaded);
    request.onload = () => resolve({ status: request.status, headers: fields(request), text: request.responseText });
    request.onerror = () => reject(new Error("the store cannot be reached"));
    request.onabort = () => reject(new Error("cancelled"));
    signal.throwIfAborted();
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function fields(request) {
  const lines = request.getAllResponseHeaders().trim().split("\r\n");
  return lines.map((line) => line.split(/: (.*)/s, 2));
}

/** The objects below a prefix, and the token of the next page; by the way, if that follows from something else. */
export function list(caller, { bucket, prefix }, token, isAside) {
  return told(`List ${prefix || bucket} as ${caller}`, async (story) => {
    const more = token === undefined ? {} : { continuation_token: token };
    const issued = await ask(story, caller, { operation: "ListObjectsV2", bucket, prefix, ...more });
    const answer = await use(story, "Ask the store for the list", issuedRequest(issued), 200);
    const xml = new DOMParser().parseFromString(answer.text, "application/xml");
    const text = (element, name) => element.getElementsByTagName(name)[0]?.textContent;
    const plain = text(xml, "EncodingType") === "url" ? (key) => decodeURIComponent(key.replaceAll("+", " ")) : (key) => key;
    const objects = [...xml.getElementsByTagName("Contents")].map((object) => ({
      bucket,
      key: plain(text(object, "Key")),
      size: Number(text(object, "Size")),
      modified: new Date(text(object, "LastModified")),
    }));
    return { words: `${objects.length} listed`, result: { objects, next: text(xml, "NextContinuationToken") } };
  }, isAside);
}

/** A URL to look at an object by, for an element that fetches it itself. */
export function look(caller, { bucket, key }, shown) {
  return told(`Look at ${key} as ${caller}`, async (story) => {
    const issued = await ask(story, caller, { operation: "GetObject", bucket, key });
    const request = issuedRequest(issued);
    const step = story.step("Fetch it from the store", request);
    const failed = await shown(issued.url).then(() => null, (error) => error);
    if (failed === null) {
      step.note("The <img> element fetched it: no script needs to see the bytes.");
      return { words: "shown" };
    }
    const answer = await send(request);
    step.answered({ ...answer, text: answer.status === 200 ? "" : answer.text });
    demand(answer, 200);
    throw failed;
  });
}

/** Has the browser download an object under its own name. */
export function download(caller, { bucket, key }) {
  const name = key.split("/").at(-1);
  return told(`Download ${key} as ${caller}`, async (story) => {
    const issued = await ask(story, caller, { operation: "GetObject", bucket, key, download_as: name });
    const step = story.step("Fetch it from the store", issuedRequest(issued, { saveAs: name }));
    const link = document.createElement("a");
    // A tab of its own, should the store answer with an error instead.
    Object.assign(link, { href: issued.url, download: name, target: "_blank", rel: "noopener" });
    link.click();
    step.note("The browser downloads it by itself: the URL makes the store answer with Content-Disposition: attachment.");
    return { words: "handed to the browser" };
  });
}

/** Deletes an object. */
export function remove(caller, { bucket, key }) {
  return told(`Delete ${key} as ${caller}`, async (story) => {
    const issued = await ask(story, caller, { operation: "DeleteObject", bucket, key });
    await use(story, "Have the store delete it", issuedRequest(issued), 204);
    return { words: "deleted" };
  });
}

async function use(story, title, request, status) {
  const step = story.step(title, request);
  const answer = await send(request);
  step.answered(answer);
  demand(answer, status);
  return answer;
}

function demand(answer, status) {
  if (answer.status === status) return;
  const xml = new DOMParser().parseFromString(answer.text, "application/xml");
  const text = (name) => xml.getElementsByTagName(name)[0]?.textContent ?? "";
  throw new Refused(`${answer.status} ${text("Code")}: ${text("Message") || size(answer.text.length)}`);
}
