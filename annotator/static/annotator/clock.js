// How long an item was looked at.

/** Resolves when what was just drawn is on the screen: the frame after the one that draws it. */
export function painted() {
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

/** Runs from the moment an item is painted; time in a hidden tab is counted apart. */
export class Clock {
  #paintedAt = new Date();
  #start = performance.now();
  #hidden = 0;
  #hiddenSince = null;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#turn());
  }

  start() {
    this.#paintedAt = new Date();
    this.#start = performance.now();
    this.#hidden = 0;
    this.#hiddenSince = document.hidden ? this.#start : null;
  }

  read() {
    const now = performance.now();
    const hidden = this.#hidden + (this.#hiddenSince === null ? 0 : now - this.#hiddenSince);
    return {
      painted_at: this.#paintedAt.toISOString(),
      reaction_ms: Math.round(now - this.#start - hidden),
      hidden_ms: Math.round(hidden),
    };
  }

  #turn() {
    if (document.hidden) {
      this.#hiddenSince = performance.now();
    } else if (this.#hiddenSince !== null) {
      this.#hidden += performance.now() - this.#hiddenSince;
      this.#hiddenSince = null;
    }
  }
}
