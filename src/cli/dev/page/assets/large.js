// Large files on the page: each goes up in parts, is paused and resumed, also after a reload, or given up.

import { Stopped } from "./asking.js";
import { size } from "./dom.js";
import { giveUp, uploadInParts } from "./multipart.js";
import { Row } from "./row.js";
import { inTurn } from "./turns.js";
import { drop, keep, unfinished } from "./unfinished.js";
import { isOf } from "./upload.js";

/** Files above this go up in parts. */
export const LARGE = 16 * 1024 * 1024;

/** Those that have not ended. */
const going = new Set();

/** Shows what an earlier visit has left; `arrived` hears when one is there. */
export function showUnfinished(arrived) {
  for (const upload of unfinished()) {
    const { caller, bucket, prefix } = upload;
    new Large(upload, { caller, folder: { bucket, prefix } }, arrived).waitForFile(upload);
  }
}

/** Sends a file, or goes on with what has gone of it. */
export function sendLarge(file, where, arrived) {
  const before = [...going].find((one) => one.isOf(file, where));
  return (before ?? new Large(file, where, arrived)).go(file, where);
}

class Large {
  #where;
  #arrived;
  #row;
  #file = null;
  #upload = null;
  /** Ends the run under way; null while none is. */
  #stop = null;
  #run = Promise.resolve();
  #toggle;

  constructor(file, where, arrived) {
    [this.#where, this.#arrived] = [where, arrived];
    this.#row = new Row(file.name, file.size);
    this.#toggle = this.#row.button("Pause", () => (this.#stop ? this.#stop.abort(new Stopped("paused")) : this.go(this.#file, this.#where)));
    this.#row.button("Cancel", () => this.#cancel());
    going.add(this);
  }

  /** An upload of an earlier visit: a page may not open a file by itself. */
  waitForFile(upload) {
    this.#upload = upload;
    this.#toggle.hidden = true;
    const { caller, prefix, bucket } = upload;
    this.#row.say(`Unfinished, by ${caller} to ${prefix || bucket}: choose the same file there again, and it goes on.`);
  }

  isOf(file, { caller, folder }) {
    const { name, size, lastModified } = this.#file ?? {};
    const { bucket, prefix } = this.#where.folder;
    const own = this.#upload ?? { caller: this.#where.caller, bucket, prefix, name, size, lastModified };
    return isOf(own, caller, folder, file);
  }

  /** Goes on, if it is not going. */
  go(file, where) {
    if (this.#stop) return;
    [this.#file, this.#where] = [file, where];
    this.#stop = new AbortController();
    this.#toggle.hidden = false;
    this.#row.rename(this.#toggle, "Pause");
    this.#run = this.#go(this.#stop.signal).finally(() => (this.#stop = null));
  }

  async #go(signal) {
    const { caller, folder } = this.#where;
    let [gone, parts] = [0, ""];
    const progress = (bytes, done, count) => {
      [gone, parts] = [bytes, `, ${done} of ${count} parts`];
      this.#row.progress(gone, parts);
    };
    const began = (upload) => {
      if (this.#upload) drop(this.#upload);
      this.#upload = upload;
      keep(upload);
    };
    this.#row.progress(0);
    try {
      const key = await inTurn(signal, () => uploadInParts(caller, folder, this.#file, this.#upload, { began, progress, signal }));
      this.#ended();
      this.#row.arrived(key);
      this.#arrived();
    } catch (error) {
      this.#stopped(error, `${size(gone)} of ${size(this.#file.size)}${parts}`);
    }
  }

  /** What has begun can go on; what has not is refused for good. */
  #stopped(error, stand) {
    if (error instanceof Stopped) {
      this.#row.say(`Paused: ${stand}`);
    } else if (this.#upload) {
      this.#row.say(`${stand}: ${error.message}`, true);
    } else {
      this.#ended();
      return this.#row.failed(error.message);
    }
    this.#row.rename(this.#toggle, "Resume");
  }

  #ended() {
    going.delete(this);
    if (this.#upload) drop(this.#upload);
  }

  async #cancel() {
    this.#stop?.abort(new Stopped("cancelled"));
    await this.#run;
    // It may have arrived, or failed, by then.
    if (!going.has(this)) return;
    this.#row.hold(true);
    try {
      if (this.#upload) await giveUp(this.#upload);
      this.#ended();
      this.#row.failed("cancelled");
    } catch (error) {
      this.#row.hold(false);
      this.#row.say(`It is not given up: ${error.message}`, true);
    }
  }
}
