// What is asked of presignd and of the store within a story, and why it did not come about.

import { explain, forget, send, serviceRequest } from "./api.js";
import { decode } from "./decoder.js";
import { size } from "./dom.js";
import { begin } from "./steps.js";

/** Why something did not come about, in words to show; where it is final, asking again does not help. */
export class Refused extends Error {
  constructor(message, isFinal) {
    super(message);
    this.isFinal = isFinal;
  }
}

/** The end that a person made to something, for now or for good. */
export class Stopped extends Error {}

/** Tells a story to its end, whichever it is. */
export async function told(title, tell, isAside = false) {
  const story = begin(title, isAside);
  try {
    const { words, result } = await tell(story);
    story.end(words, "good");
    return result;
  } catch (error) {
    story.end(error instanceof Refused ? "refused" : error.message, error instanceof Stopped ? "" : "bad");
    throw error;
  }
}

/** Asks presignd for a URL. */
export async function ask(story, caller, body) {
  const issued = await askAt("/v1/presign", story, "Ask presignd for a URL", caller, body);
  if (!story.isAside) decode(issued);
  return issued;
}

/** Asks presignd at a path. `why` is the body that a refusal is explained by, if it is another. */
export async function askAt(path, story, title, caller, body, { why = body, signal } = {}) {
  const request = await serviceRequest(caller, path, body);
  const step = story.step(title, request);
  const answer = await send(request, signal);
  step.answered(answer);
  const document = JSON.parse(answer.text);
  if (answer.status === 200) return document;
  step.refused(document, await explain(caller, why));
  if (answer.status === 401) forget(caller);
  const reasons = document.errors?.map((error) => error.detail).join("; ") ?? document.detail;
  throw new Refused(`${document.code}: ${reasons}`, answer.status < 500 && !PASSING.includes(answer.status));
}

/** A token has ended, a request took too long, there were too many: these pass. */
const PASSING = [401, 408, 429];

/** Uses an issued URL; the answer has one of these statuses. */
export async function use(story, title, request, statuses, signal) {
  const step = story.step(title, request);
  const answer = await send(request, signal);
  step.answered(answer);
  demand(answer, statuses);
  return answer;
}

/** Throws what the store says unless its answer has one of these statuses. */
export function demand(answer, statuses) {
  if (statuses.includes(answer.status)) return;
  const xml = parsed(answer);
  const said = textIn(xml, "Message") ?? size(answer.text.length);
  throw new Refused(`${answer.status} ${textIn(xml, "Code") ?? ""}: ${said}`, answer.status === 404);
}

/** An answer's XML. */
export function parsed({ text }) {
  return new DOMParser().parseFromString(text, "application/xml");
}

/** The text of the first element of that name; undefined where there is none. */
export function textIn(element, name) {
  return element.getElementsByTagName(name)[0]?.textContent;
}
