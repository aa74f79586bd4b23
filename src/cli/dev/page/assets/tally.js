// Requests that are alike, as one step of a story: the first is shown, and of the others it is said how many there are.

/** Stands where a story does, for requests of one kind. */
export class Tally {
  #story;
  #step = null;
  #note = null;

  constructor(story) {
    this.#story = story;
  }

  /** A request that is about to be sent. */
  step(title, request) {
    if (this.#step) return { answered: () => {}, refused: (...why) => this.#step.refused(...why) };
    this.#step = this.#story.step(title, request);
    this.#note = this.#step.note("");
    return this.#step;
  }

  /** How many there are by now, in words. */
  say(words) {
    if (this.#note) this.#note.textContent = words;
  }
}
