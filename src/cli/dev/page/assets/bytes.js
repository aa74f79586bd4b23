// A file's bytes: their digest, and their way to the store.

/** The SHA-256 of a file or a piece of one, in base64. It is read into memory for that. */
export async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** Sends them; `progress` hears how many have gone. XMLHttpRequest, since fetch tells nothing of that. */
export function put({ method, url, headers }, blob, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => progress(loaded);
    request.onload = () => resolve({ status: request.status, headers: fields(request), text: request.responseText });
    request.onerror = () => reject(new Error("the store cannot be reached"));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.throwIfAborted();
    signal.addEventListener("abort", abort);
    request.send(blob);
  });
}

function fields(request) {
  const lines = request.getAllResponseHeaders().trim().split("\r\n");
  return lines.map((line) => line.split(/: (.*)/s, 2));
}
