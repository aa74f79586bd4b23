// What the page asks of presignd: tokens, grants, URLs and reasons.

const tokens = new Map();

/** Who may be played, and where the objects are. */
export async function world() {
  return (await fetch("/dev/page.json")).json();
}

/** A token of a ready caller; one for all that the page does as that caller. */
export async function tokenOf(caller) {
  if (!tokens.has(caller)) {
    const answer = await fetch(`/dev/token?as=${encodeURIComponent(caller)}`);
    tokens.set(caller, (await answer.text()).trim());
  }
  return tokens.get(caller);
}

/** Lets a token go that is believed no more: presignd dev has a new key after each start. */
export function forget(caller) {
  tokens.delete(caller);
}

/** Everything that a token may do. */
export async function grantsOf(caller) {
  const headers = { Authorization: `Bearer ${await tokenOf(caller)}` };
  const grants = [];
  for (let after = null; ; ) {
    const query = after === null ? "" : `?after=${encodeURIComponent(after)}`;
    const answer = await fetch(`/v1/grants${query}`, { headers });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    const page = await answer.json();
    grants.push(...page.grants);
    if (page.next === null) return grants;
    after = page.next;
  }
}

/** A request to presignd, as it is sent and shown. */
export async function serviceRequest(caller, path, body) {
  return {
    method: "POST",
    url: `${location.origin}${path}`,
    headers: { Authorization: `Bearer ${await tokenOf(caller)}`, "Content-Type": "application/json" },
    json: body,
  };
}

/** The request that uses an issued URL. */
export function issuedRequest(issued, more = {}) {
  return { method: issued.method, url: issued.url, headers: issued.headers, ...more };
}

/** Sends a request, and reads the whole answer as text. */
export async function send({ method, url, headers, json, text }, signal) {
  const body = json ? JSON.stringify(json) : text;
  const response = await fetch(url, { method, headers, body, signal }).catch((error) => {
    // Which of the two it is, a browser's own words do not tell.
    throw error instanceof TypeError ? new Error(`${new URL(url, location).host} cannot be reached`) : error;
  });
  return { status: response.status, headers: [...response.headers], text: await response.text() };
}

/** Which grants were considered for a URL or a plan, and which one decided; none, where the token is not believed. */
export async function explain(caller, body) {
  const answer = await send(await serviceRequest(caller, "/dev/explain", body));
  return answer.status === 200 ? JSON.parse(answer.text) : { grant: null, considered: [] };
}
