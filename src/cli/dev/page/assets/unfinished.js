// Uploads in parts that have begun and not ended, kept beyond a reload of the page: what they are, and no token or URL.

/** All of them. */
export function unfinished() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME));
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** Keeps one that has begun. */
export function keep(upload) {
  write([...others(upload), upload]);
}

/** Lets one go that has ended. */
export function drop(upload) {
  write(others(upload));
}

function others(upload) {
  return unfinished().filter((one) => one.upload_id !== upload.upload_id);
}

function write(uploads) {
  try {
    localStorage.setItem(NAME, JSON.stringify(uploads));
  } catch {
    // A browser that keeps nothing for pages: an upload then ends with its page.
  }
}

const NAME = "presignd-dev-unfinished-uploads";
