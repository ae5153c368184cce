// A rater's run through the items. One press answers and paints the next; the answer itself travels
// behind. Nothing is taken as an answer before its picture and map are on the screen.

import { Clock, painted } from "./clock.js";
import { showFeedback } from "./feedback.js";
import { Outbox } from "./outbox.js";
import { Queue } from "./queue.js";

// When fewer than LOW items are ahead, so many are asked for that AHEAD of them are: several at a time
// cost the server little more than one.
const LOW = 4;
const AHEAD = 10;
const DRAW_AGAIN_MS = 2000;
const NOTICEABLE_MS = 150;

export class Session {
  #screen;
  #server;
  #display;
  #leave;
  #queue;
  #outbox;
  #clock = new Clock();
  #progress = { done: 0, total: 0 };
  #finished = false;
  #explaining = false;
  #stopped = false;
  // What has been answered, oldest first. `#place` is where in it we are: at its end is the item at
  // the front, not yet answered.
  #past = [];
  #place = 0;
  #front = null;
  #turn = 0;
  #open = null; // the entry on the screen, while it can be answered
  #seen = null; // what the rater did with its map

  /** `load(item)` promises a scene; `leave()` is called when all is rated and saved. */
  constructor({ screen, display, server, storage, rater, load, leave }) {
    this.#screen = screen;
    this.#display = display;
    this.#server = server;
    this.#leave = leave;
    this.#queue = new Queue(load);
    this.#outbox = new Outbox(
      storage,
      rater,
      ({ answer }, signal) => server.submit(answer, this.#want, signal),
      (event) => this.#hear(event),
    );
  }

  /** Answers that the server has not acknowledged. */
  get waiting() {
    return this.#outbox.length;
  }

  async start() {
    for (const { answer } of this.#outbox.letters) this.#queue.skip(answer.assignment);
    this.#outbox.send();
    await this.#draw();
  }

  // -- what the rater does -----------------------------------------------------------------------

  /** `choice`: the answer's own part, such as `{score, opt_out}`. Ignored while there is nothing to judge. */
  async answer(choice, inputMethod) {
    const entry = this.#open;
    if (!entry) return;
    this.#close();
    const again = entry.answer !== null;
    entry.answer = choice;
    this.#outbox.put({ again, answer: this.#describe(entry, choice, inputMethod) });
    if (entry === this.#front) this.#past.push(entry);
    if (entry === this.#front) this.#front = null;
    this.#place += 1;
    if (entry.item.feedback) await this.#explain(entry.item.feedback, choice);
    this.show();
  }

  /** In training the picture stays while the right answer is told. */
  async #explain(feedback, choice) {
    this.#explaining = true;
    await showFeedback(feedback, choice);
    this.#explaining = false;
  }

  /** To the item before, with the answer it was given. */
  async back() {
    if (this.#place === 0) await this.#remember();
    else this.#place -= 1;
    this.show();
  }

  forward() {
    if (this.#place === this.#past.length) return;
    this.#place += 1;
    this.show();
  }

  /** Put the item that cannot be shown behind the others. */
  postpone() {
    this.#queue.postpone(this.#front.item);
    this.#front = null;
    this.show();
  }

  holdMap(held) {
    this.#countHiding(this.#display.hold(held));
  }

  toggleMap() {
    this.#countHiding(this.#display.toggle());
  }

  #countHiding(hidden) {
    if (hidden && this.#open) this.#seen.toggles += 1;
  }

  // -- what is on the screen ---------------------------------------------------------------------

  async show() {
    this.#close();
    const turn = ++this.#turn;
    const entry = this.#entry();
    if (!entry) return this.#atTheEnd();
    const late = setTimeout(() => this.#screen.showWaiting(), NOTICEABLE_MS);
    const scene = await this.#queue.scene(entry.item).catch(() => null);
    clearTimeout(late);
    if (turn !== this.#turn) return;
    if (!scene) return this.#screen.showFailure({ another: entry === this.#front && this.#queue.length > 0 });
    this.#screen.showItem(entry.item, scene, entry.answer);
    this.#screen.focusStage();
    await painted();
    if (turn === this.#turn) this.#allow(entry);
  }

  #entry() {
    if (this.#stopped) return null;
    if (this.#place < this.#past.length) return this.#past[this.#place];
    const item = this.#front ? null : this.#queue.next();
    if (item) this.#front = { item, answer: item.answer };
    return this.#front;
  }

  #allow(entry) {
    this.#clock.start();
    this.#open = entry;
    this.#seen = { opacity: this.#display.opacity, toggles: 0 };
    this.#screen.allowAnswers(true);
  }

  #close() {
    this.#open = null;
    this.#screen.allowAnswers(false);
  }

  #describe(entry, choice, inputMethod) {
    return {
      assignment: entry.item.id,
      answer_id: crypto.randomUUID(),
      ...choice,
      ...this.#clock.read(),
      opacity_initial: this.#seen.opacity,
      opacity_final: this.#display.opacity,
      map_toggles: this.#seen.toggles,
      colour_map: this.#display.colourMap,
      contour_tau: this.#display.tau,
      ...this.#screen.measure(),
      input_method: inputMethod,
    };
  }

  #atTheEnd() {
    if (this.#stopped) return;
    if (this.#finished && this.waiting === 0) return this.#leave();
    this.#screen.showWaiting();
    if (!this.#finished && this.waiting === 0) setTimeout(() => this.#drawIfNeeded(), DRAW_AGAIN_MS);
  }

  // -- what the server says ----------------------------------------------------------------------

  /** How many items to hold, those of waiting answers among them; 0: enough are here. */
  get #want() {
    return this.#queue.length < LOW ? AHEAD + this.waiting : 0;
  }

  #drawIfNeeded() {
    if (!this.#entry() && !this.#finished && this.waiting === 0) this.#draw();
  }

  async #draw() {
    try {
      const response = await this.#server.draw(AHEAD + this.waiting);
      const body = await response.json().catch(() => null);
      if (response.ok) this.#take(body);
      else if (response.status < 500) this.#stop(body);
      else throw new Error(response.status);
    } catch {
      this.#screen.showStatus("offline", this.waiting);
      setTimeout(() => this.#draw(), DRAW_AGAIN_MS);
    }
  }

  async #remember() {
    const oldest = this.#past[0] ?? this.#front;
    if (!oldest) return;
    const response = await this.#server.previous(oldest.item.trial).catch(() => null);
    const item = response?.ok ? (await response.json()).item : null;
    if (item && oldest === (this.#past[0] ?? this.#front)) {
      this.#queue.skip(item.id);
      this.#past.unshift({ item, answer: item.answer });
    }
  }

  #hear({ kind, letter, body }) {
    if (kind === "dropped") this.#queue.forget(letter.answer.assignment);
    this.#screen.showStatus(this.#status(kind), this.waiting, kind === "dropped" ? body?.error : null);
    if (kind === "saved" && !letter.again) this.#progress.done += 1;
    if (kind === "stopped") this.#stop(body);
    else this.#take(body);
  }

  #status(kind) {
    if (kind === "offline") return "offline";
    return this.waiting ? "waiting" : "saved";
  }

  #take(body) {
    if (body?.items) {
      this.#queue.add(body.items);
      this.#progress = body.progress;
      this.#finished = body.finished;
    }
    const travelling = this.#outbox.letters.filter(({ again }) => !again).length;
    this.#screen.showProgress({ ...this.#progress, done: this.#progress.done + travelling });
    if (body?.error && !body.items) return this.#stop(body);
    if (this.#place === this.#past.length && !this.#front && !this.#explaining) this.show();
  }

  #stop(body) {
    this.#stopped = true;
    this.#close();
    this.#turn += 1;
    this.#screen.showStopped(body?.error);
  }
}
