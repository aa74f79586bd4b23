// A large file in parts: planned, begun, sent and completed; gone on with, if some parts are there; or given up.

import { issuedRequest } from "./api.js";
import { askAt, parsed, Refused, textIn, told, use } from "./asking.js";
import { decode } from "./decoder.js";
import { sendParts } from "./parts.js";
import { askSteps } from "./upload.js";

/**
 * Uploads a file, or goes on with what has begun of it. `began` hears of an upload that has begun, `progress` of the
 * bytes that have gone and the parts that are there.
 */
export function uploadInParts(caller, folder, file, before, { began, progress, signal }) {
  return told(`${before ? "Go on with" : "Upload"} ${file.name} in parts as ${caller}`, async (story) => {
    let [upload, there] = [before, before && (await listed(story, before, signal))];
    if (!there) {
      [upload, there] = [await begin(story, caller, folder, file, signal), new Map()];
      began(upload);
    }
    const parts = await sendParts(story, upload, file, there, progress, signal);
    signal.throwIfAborted();
    await complete(story, upload, parts);
    return { words: `uploaded in ${parts.length} parts`, result: upload.key };
  });
}

/** The size of parts: the least that S3 takes, or so large that ListParts tells of all in one page. */
function partSize(bytes) {
  return Math.max(5 * 1024 * 1024, Math.ceil(bytes / 1000));
}

async function begin(story, caller, { bucket, prefix, maker }, file, signal) {
  const { name, size, lastModified } = file;
  const named = maker ? { file_name: name, grant: maker } : { key: prefix + name };
  const content_type = file.type || "application/octet-stream";
  const checksum = { algorithm: "SHA256" };
  const body = { bucket, ...named, content_type, content_length: size, part_size: partSize(size), checksum };
  const plan = await askAt("/v1/uploads", story, "Ask presignd for a plan", caller, body, { signal });
  decode(plan.create);
  // Not to be stopped on its way: what has begun must be known, or nobody can end it.
  const answer = await use(story, "Have the store begin the upload", issuedRequest(plan.create), [200]);
  const upload_id = textIn(parsed(answer), "UploadId");
  return { caller, bucket, prefix, key: plan.key, upload_id, part_size: plan.part_size, name, size, lastModified };
}

/** The parts that the store has, by number; null where it knows no such upload. */
async function listed(story, upload, signal) {
  const why = { operation: "ListParts" };
  const { list } = await askSteps(story, "Ask for the URL that lists the parts", upload, { include: ["list"] }, why, signal);
  const answer = await use(story, "Ask the store which parts it has", issuedRequest(list), [200, 404], signal);
  if (answer.status === 404) return null;
  const parts = [...parsed(answer).getElementsByTagName("Part")].map((part) => ({
    number: Number(textIn(part, "PartNumber")),
    tag: textIn(part, "ETag"),
    sum: textIn(part, "ChecksumSHA256"),
  }));
  return new Map(parts.map((part) => [part.number, part]));
}

async function complete(story, upload, parts) {
  const why = { operation: "CompleteMultipartUpload", object_size: upload.size };
  const title = "Ask for the URL that completes it";
  const { complete } = await askSteps(story, title, upload, { include: ["complete"] }, why);
  decode(complete);
  const rows = parts.map(({ number, tag, sum }) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${tag}</ETag><ChecksumSHA256>${sum}</ChecksumSHA256></Part>`);
  const text = `<CompleteMultipartUpload>${rows.join("")}</CompleteMultipartUpload>`;
  const answer = await use(story, "Have the store join the parts", issuedRequest(complete, { text }), [200]);
  // S3 may find out what is wrong after it has begun to answer.
  const xml = parsed(answer);
  if (xml.documentElement.localName === "Error") throw new Refused(`${textIn(xml, "Code")}: ${textIn(xml, "Message")}`);
}

/** Ends an upload for good: the store drops its parts. */
export function giveUp(upload) {
  return told(`Give up ${upload.name} as ${upload.caller}`, async (story) => {
    const why = { operation: "AbortMultipartUpload" };
    const { abort } = await askSteps(story, "Ask for the URL that gives it up", upload, { include: ["abort"] }, why);
    decode(abort);
    await use(story, "Have the store drop the parts", issuedRequest(abort), [204, 404]);
    return { words: "given up" };
  });
}
