// What was sent and what came back, step by step: a story for each thing that a person did.

import { $, announce, copy, el } from "./dom.js";
import { code } from "./code.js";

/** A new story on top: open, and those before fold; or by the way, folded itself. */
export function begin(title, isAside) {
  for (const story of isAside ? [] : $("stories").children) story.open = false;
  return new Story(title, isAside);
}

class Story {
  constructor(title, isAside) {
    this.title = title;
    this.isAside = isAside;
    this.outcome = el("span", { class: "chip" }, "…");
    this.steps = el("ol", { class: "plain" });
    const summary = el("summary", {}, el("span", {}, title), " ", this.outcome);
    $("stories").prepend(el("details", { class: "story", open: !isAside }, summary, this.steps));
    while ($("stories").children.length > MOST) $("stories").lastChild.remove();
  }

  /** A request that is about to be sent. */
  step(title, request) {
    const step = new Step(title, request);
    this.steps.append(step.element);
    return step;
  }

  /** How it ended, in words and as `good`, `bad` or neither; also told to those who do not see it. */
  end(words, kind) {
    this.outcome.textContent = words;
    this.outcome.className = `chip ${kind}`;
    if (!this.isAside) announce(`${this.title}: ${words}`);
  }
}

/** Stories that are kept. */
const MOST = 20;

class Step {
  constructor(title, request) {
    const snippet = el("code", { class: "snippet" });
    snippet.request = request;
    show(snippet);
    const button = el("button", { type: "button", onclick: () => copy(button, snippet.textContent) }, "Copy");
    this.element = el(
      "li",
      { class: "step" },
      el("div", { class: "heading" }, el("h3", {}, title), button),
      el("pre", { tabindex: "0", "aria-label": `${title}: the request` }, snippet),
    );
  }

  /** What came back: a status, and text that may be JSON or XML. */
  answered({ status, headers, text }) {
    const isGood = status >= 200 && status < 300;
    this.element.append(el("p", {}, "Answer: ", el("span", { class: `chip ${isGood ? "good" : "bad"}` }, `${status}`)));
    const lines = headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    const whole = [lines, pretty(text)].filter((part) => part !== "").join("\n\n");
    if (whole) {
      const shown = el("pre", { tabindex: "0", "aria-label": "The answer" }, whole);
      // A problem of presignd's is told in its own place.
      const isOpen = !isGood && !text.startsWith("{");
      this.element.append(el("details", { open: isOpen }, el("summary", {}, "Headers and body"), shown));
    }
  }

  /** Something to say beside; returns where it stands. */
  note(text) {
    const note = el("p", { class: "hint" }, text);
    this.element.append(note);
    return note;
  }

  /** A refusal of presignd's: its problem, and what each grant had to do with it. */
  refused(problem, told) {
    const errors = (problem.errors ?? []).map(({ pointer, detail }) => el("li", {}, el("code", {}, pointer), ` ${detail}`));
    this.element.append(
      el(
        "div",
        { class: "refusal" },
        el("p", {}, el("strong", {}, `${problem.title} (${problem.code})`), el("br"), problem.detail),
        errors.length ? el("ul", {}, ...errors) : null,
        problem.status === 403 ? el("p", {}, decided(told)) : null,
        grants(told.considered),
      ),
    );
  }
}

function decided({ grant, considered }) {
  const name = grant ?? considered.find((one) => one.decides)?.grant;
  return name ? `The grant ${name} decided.` : "No grant covers this request.";
}

/** Every grant on the bucket, those that decide first. */
function grants(considered) {
  if (!considered.length) return null;
  const rank = (one) => (one.decides ? 0 : one.candidate ? 1 : 2);
  const row = (one) =>
    el(
      "li",
      { class: one.decides ? "decides" : "" },
      el("strong", {}, one.grant),
      ` ${one.effect} `,
      el("code", {}, one.prefix),
      one.decides ? " decides" : one.candidate ? " is a candidate" : " is no candidate",
      one.reasons.length ? `: ${one.reasons.join("; ")}` : "",
    );
  const rows = considered.toSorted((a, b) => rank(a) - rank(b)).map(row);
  return el("details", { open: true }, el("summary", {}, "Every grant that was considered"), el("ul", {}, ...rows));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.replaceAll("><", ">\n<");
  }
}

function show(snippet) {
  snippet.textContent = code(snippet.request, document.querySelector("input[name=language]:checked").value);
}

/** From now on all requests are shown in the language that is chosen. */
export function followLanguage() {
  $("languages").addEventListener("change", () => document.querySelectorAll(".snippet").forEach(show));
}
