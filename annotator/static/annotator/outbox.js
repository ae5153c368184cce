// Answers on their way to the server. None is lost: each waits in the browser's storage until the
// server has acknowledged it, across reloads and lost connections. None is doubled: each has an id
// that the server stores once.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const PATIENCE_MS = 20_000;

export class Outbox {
  #storage;
  #prefix;
  #post;
  #tell;
  #count = 0;
  #sending = false;
  #pause = FIRST_PAUSE_MS;
  #timer = null;

  /**
   * `post(letter, signal)` promises a fetch response. `tell` is called with what happens:
   * `{kind: "waiting" | "saved" | "dropped" | "offline" | "stopped", letter, body}`.
   */
  constructor(storage, rater, post, tell) {
    this.#storage = storage;
    this.#prefix = `daam-answer-${rater}`;
    this.#post = post;
    this.#tell = tell;
    addEventListener("online", () => this.send());
  }

  /** Waiting letters, in the order they were put in. One key each, so that two tabs never clash. */
  get letters() {
    return this.#keys().map((key) => JSON.parse(this.#storage.getItem(key)));
  }

  get length() {
    return this.#keys().length;
  }

  put(letter) {
    const order = [Date.now(), this.#count++].map((number) => String(number).padStart(15, "0"));
    const key = [this.#prefix, ...order, letter.answer.answer_id].join("-");
    this.#storage.setItem(key, JSON.stringify(letter));
    this.#tell({ kind: "waiting", letter });
    this.send();
  }

  /** Send what waits, one after the other; safe to call at any time. */
  async send() {
    clearTimeout(this.#timer);
    if (this.#sending) return;
    this.#sending = true;
    let key;
    while ((key = this.#keys()[0]) !== undefined) {
      if (!(await this.#deliver(key))) break;
    }
    this.#sending = false;
  }

  /** True where the next letter may follow. */
  async #deliver(key) {
    const letter = JSON.parse(this.#storage.getItem(key));
    const { status, body } = await this.#outcome(letter);
    if (status === 200 || body?.saved) {
      this.#done(key, { kind: "saved", letter, body });
    } else if (status === 409 || status === 422) {
      // Sending it again would never help.
      this.#done(key, { kind: "dropped", letter, body });
    } else if (status === 403 || status === 404) {
      this.#tell({ kind: "stopped", letter, body });
      return false;
    } else {
      this.#tell({ kind: "offline", letter });
      this.#later();
      return false;
    }
    return true;
  }

  async #outcome(letter) {
    try {
      const response = await this.#post(letter, AbortSignal.timeout(PATIENCE_MS));
      return { status: response.status, body: await response.json().catch(() => null) };
    } catch {
      return { status: 0, body: null };
    }
  }

  #done(key, happening) {
    this.#storage.removeItem(key);
    this.#pause = FIRST_PAUSE_MS;
    this.#tell(happening);
  }

  #later() {
    this.#timer = setTimeout(() => this.send(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }

  #keys() {
    const keys = Array.from({ length: this.#storage.length }, (_, i) => this.#storage.key(i));
    return keys.filter((key) => key.startsWith(this.#prefix)).sort();
  }
}
