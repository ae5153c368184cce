// The items ahead, each with its picture and map being fetched and decoded before it is needed.

const SCENES_KEPT = 12;
const PAUSES_MS = [300, 1500];

export class Queue {
  #items = [];
  #known = new Set();
  #scenes = new Map();
  #load;

  /** `load(item)` promises an item's decoded scene. */
  constructor(load) {
    this.#load = load;
  }

  get length() {
    return this.#items.length;
  }

  /** Take in what the server says is to be done; what was here before is passed over. */
  add(items) {
    for (const item of items) {
      if (this.#known.has(item.id)) continue;
      this.#known.add(item.id);
      this.#items.push(item);
      this.scene(item).catch(() => {}); // told to whoever shows the item
    }
  }

  next() {
    return this.#items.shift() ?? null;
  }

  postpone(item) {
    this.#items.push(item);
  }

  /** Never to be offered: answered, though the server may not know yet. */
  skip(id) {
    this.#known.add(id);
  }

  /** To be offered again when the server next sends it. */
  forget(id) {
    this.#known.delete(id);
  }

  /** The item's scene; rejects after three attempts, and a later call tries again. */
  scene(item) {
    const kept = this.#scenes.get(item.id);
    if (kept) return kept;
    const scene = this.#attempt(item, PAUSES_MS);
    this.#scenes.set(item.id, scene);
    scene.catch(() => this.#scenes.delete(item.id));
    if (this.#scenes.size > SCENES_KEPT) this.#scenes.delete(this.#scenes.keys().next().value);
    return scene;
  }

  async #attempt(item, [pause, ...later]) {
    try {
      return await this.#load(item);
    } catch (error) {
      if (pause === undefined) throw error;
      await new Promise((resume) => setTimeout(resume, pause));
      return this.#attempt(item, later);
    }
  }
}
