// Files in turn: so many go at a time, since what is sent is read into memory for its digest.

let free = 3;
const waiting = [];

/** Acts when it is its turn, unless it is stopped before. */
export async function inTurn(signal, act) {
  if (free > 0) free--;
  else await turn(signal);
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}

function turn(signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    waiting.push(resolve);
    signal.addEventListener("abort", () => {
      const place = waiting.indexOf(resolve);
      if (place >= 0) waiting.splice(place, 1);
      reject(signal.reason);
    });
  });
}
