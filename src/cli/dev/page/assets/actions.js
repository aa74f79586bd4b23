// What a person does, as requests: first presignd is asked for a URL, then the store is sent what the URL is for.

import { issuedRequest, send } from "./api.js";
import { ask, demand, parsed, textIn, told, use } from "./asking.js";
import { put, sha256 } from "./bytes.js";

/** Uploads a small file at once; `progress` hears of the bytes that have gone, `signal` ends it. */
export function upload(caller, folder, file, progress, signal) {
  return told(`Upload ${file.name} as ${caller}`, async (story) => {
    const issued = await ask(story, caller, await putObject(folder, file));
    const request = issuedRequest(issued, { file: file.name });
    const step = story.step("Send the file to the store", request);
    const answer = await put(request, file, progress, signal);
    step.answered(answer);
    demand(answer, [200]);
    return { words: "uploaded", result: issued.key };
  });
}

async function putObject({ bucket, prefix, maker }, file) {
  const content_type = file.type || "application/octet-stream";
  const named = maker ? { file_name: file.name, grant: maker } : { key: prefix + file.name };
  const checksum = { algorithm: "SHA256", value: await sha256(file) };
  return { operation: "PutObject", bucket, ...named, content_type, content_length: file.size, checksum };
}

/** The objects below a prefix, and the token of the next page; by the way, if that follows from something else. */
export function list(caller, { bucket, prefix }, token, isAside) {
  return told(`List ${prefix || bucket} as ${caller}`, async (story) => {
    const more = token === undefined ? {} : { continuation_token: token };
    const issued = await ask(story, caller, { operation: "ListObjectsV2", bucket, prefix, ...more });
    const answer = await use(story, "Ask the store for the list", issuedRequest(issued), [200]);
    const xml = parsed(answer);
    const plain = textIn(xml, "EncodingType") === "url" ? (key) => decodeURIComponent(key.replaceAll("+", " ")) : (key) => key;
    const objects = [...xml.getElementsByTagName("Contents")].map((object) => ({
      bucket,
      key: plain(textIn(object, "Key")),
      size: Number(textIn(object, "Size")),
      modified: new Date(textIn(object, "LastModified")),
    }));
    return { words: `${objects.length} listed`, result: { objects, next: textIn(xml, "NextContinuationToken") } };
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
    demand(answer, [200]);
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
    await use(story, "Have the store delete it", issuedRequest(issued), [204]);
    return { words: "deleted" };
  });
}
