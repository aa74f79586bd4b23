// Why S3 said no, by the URL and its answer: what was done wrong, and what to do.

import { send, serviceRequest } from "./api.js";
import { $, el } from "./dom.js";

/** Asks when it is asked for, as the caller of that moment. */
export function followDiagnosis(caller) {
  $("diagnose").addEventListener("click", async () => {
    const shown = await findings(caller()).catch((error) => [refusal(error.message)]);
    $("findings").replaceChildren(...shown);
  });
}

async function findings(caller) {
  const answer = $("answer").value;
  // An answer without a body, as to HEAD, tells nothing that the URL alone does not.
  const question = { url: $("url").value, ...(answer.trim() === "" ? {} : { error: answer }) };
  const { status, text } = await send(await serviceRequest(caller, "/v1/diagnose", question));
  const told = JSON.parse(text);
  if (status !== 200) return [refusal(told.errors?.map(({ detail }) => detail).join("; ") ?? told.detail)];
  if (!told.findings.length) return [el("p", { class: "hint" }, "Nothing is wrong with what was given. Paste what S3 answered, too.")];
  return [el("ol", { class: "findings", "aria-label": "Findings, the likeliest first" }, ...told.findings.map(finding))];
}

function finding({ code, detail, mend }) {
  return el("li", {}, el("code", {}, code), el("p", {}, detail), el("p", { class: "mend" }, mend));
}

function refusal(words) {
  return el("p", { class: "refusal" }, words);
}
