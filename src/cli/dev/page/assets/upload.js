// An upload in parts that has begun: `{ caller, bucket, prefix, key, upload_id, part_size, name, size, lastModified }`.

import { askAt } from "./asking.js";

/** Whether it is of this file, by this caller to this folder. */
export function isOf(upload, caller, { bucket, prefix }, { name, size, lastModified }) {
  const wanted = { caller, bucket, prefix, name, size, lastModified };
  return Object.entries(wanted).every(([member, value]) => upload[member] === value);
}

/** How many parts there are. */
export function partCount({ size, part_size }) {
  return Math.ceil(size / part_size);
}

/** Asks for URLs of an upload's steps. */
export function askSteps(story, title, upload, steps, why, signal) {
  const { caller, bucket, key, upload_id, part_size, size } = upload;
  const body = { bucket, key, upload_id, content_length: size, part_size, ...steps };
  return askAt("/v1/uploads/parts", story, title, caller, body, { why: { bucket, key, upload_id, ...why }, signal });
}
