// The parts of one upload on their way, some at a time, each tried again with a new URL where it fails.

import { issuedRequest } from "./api.js";
import { demand } from "./asking.js";
import { put, sha256 } from "./bytes.js";
import { Tally } from "./tally.js";
import { askSteps, partCount } from "./upload.js";

/**
 * Sends the parts that are not `there`, and returns all of them in their order. `progress` hears of the bytes that have
 * gone and the parts that are there. Nothing is under way any more when this has ended, however it ends.
 */
export function sendParts(story, upload, file, there, progress, signal) {
  return new Sending(story, upload, file, there, progress, signal).all();
}

class Sending {
  #upload;
  #file;
  #there;
  #progress;
  #signed;
  #sent;
  /** Ends all parts when one has failed for good. */
  #failure = new AbortController();
  #signal;
  /** Bytes that have gone, by part. */
  #gone = new Map();
  #done = [];
  #next = 1;
  #failed = "";

  constructor(story, upload, file, there, progress, signal) {
    [this.#upload, this.#file, this.#there, this.#progress] = [upload, file, there, progress];
    [this.#signed, this.#sent] = [new Tally(story), new Tally(story)];
    this.#signal = AbortSignal.any([signal, this.#failure.signal]);
  }

  async all() {
    this.#tell();
    const lane = async () => {
      while (this.#next <= partCount(this.#upload)) await this.#part(this.#next++);
    };
    const watched = () => lane().catch((error) => this.#failure.abort(error));
    await Promise.all(Array.from({ length: AT_ONCE }, watched));
    this.#signal.throwIfAborted();
    return this.#done.toSorted((one, other) => one.number - other.number);
  }

  async #part(number) {
    const { part_size } = this.#upload;
    const from = (number - 1) * part_size;
    const bytes = this.#file.slice(from, from + part_size);
    const sum = await sha256(bytes);
    this.#signal.throwIfAborted();
    const there = this.#there.get(number);
    // A part of other bytes is from before the file was changed.
    const tag = there?.sum === sum ? there.tag : await this.#again(() => this.#send(number, from, bytes, sum));
    this.#gone.set(number, bytes.size);
    this.#done.push({ number, tag, sum });
    this.#tell();
  }

  /** Tries a part again, with a URL of its own each time. */
  async #again(act) {
    for (let left = TRIES - 1; ; left--) {
      try {
        return await act();
      } catch (error) {
        this.#signal.throwIfAborted();
        if (error.isFinal || left === 0) throw error;
        this.#failed = ` Tried again after: ${error.message}`;
        this.#tell();
        await after(FIRST_WAIT * 2 ** (TRIES - 1 - left), this.#signal);
      }
    }
  }

  async #send(number, from, bytes, sum) {
    const checksum = { algorithm: "SHA256", value: sum };
    const why = { operation: "UploadPart", part_number: number, content_length: bytes.size, checksum };
    const steps = { parts: [number], checksums: { [number]: checksum } };
    const title = "Ask for the URL of a part";
    const { parts } = await askSteps(this.#signed, title, this.#upload, steps, why, this.#signal);
    const [issued] = parts;
    const request = issuedRequest(issued, { file: this.#file.name, piece: { from, length: bytes.size } });
    const step = this.#sent.step("Send the part to the store", request);
    this.#tell();
    const progress = (gone) => {
      this.#gone.set(number, Math.min(gone, bytes.size));
      this.#tell();
    };
    try {
      const answer = await put(request, bytes, progress, this.#signal);
      step.answered(answer);
      demand(answer, [200]);
      return answer.headers.find(([name]) => name === "etag")[1];
    } catch (error) {
      this.#gone.delete(number);
      this.#tell();
      throw error;
    }
  }

  #tell() {
    const [done, count] = [this.#done.length, partCount(this.#upload)];
    const gone = [...this.#gone.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.#progress(gone, done, count);
    this.#signed.say("Each part has a URL of its own, asked for when it is wanted. This is one of them.");
    this.#sent.say(`Each part goes up like this one: ${done} of ${count} are there.${this.#failed}`);
  }
}

/** Parts on their way at the same time. */
const AT_ONCE = 3;

/** How often a part is tried, and how long it waits after the first failure; each time twice as long. */
const TRIES = 5;
const FIRST_WAIT = 500;

/** Waits so many milliseconds, unless it is stopped. */
function after(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop);
  });
}
