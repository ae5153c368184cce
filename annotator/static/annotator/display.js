// How the heat map is shown: as the study sets it and, where nothing is locked, as the rater does.

const element = (id) => document.getElementById(id);
// What a rater may set: the control's id and its property. A locked one has no control on the page.
const SETTINGS = {
  opacity: ["opacity", "value"],
  colourMap: ["colour-map", "value"],
  contour: ["contour", "checked"],
};

export class Display {
  #study;
  #storage;
  #prefix;
  #changed = () => {};
  #held = false;
  #off = false;

  /** `study`: the page's data, with `opacity`, `colourMap`, `contour`, `tau` and `rater`. */
  constructor(study, storage) {
    this.#study = { opacity: study.opacity, colourMap: study.colourMap, contour: "contour" in study };
    this.#study.tau = Number(study.tau);
    this.#storage = storage;
    this.#prefix = `daam-display-${study.rater}-`;
    for (const name of Object.keys(SETTINGS)) this.#connect(name);
  }

  /** Calls `changed()` whenever the map is to be drawn anew. */
  listen(changed) {
    this.#changed = changed;
  }

  get colourMap() {
    return this.#value("colourMap");
  }

  /** What the rater sees now: 0 while the map is hidden. */
  get opacity() {
    return this.hidden ? 0 : Number(this.#value("opacity"));
  }

  /** τ of the outline that is drawn now; null where there is none. */
  get tau() {
    return this.#value("contour") && !this.hidden ? this.#study.tau : null;
  }

  get hidden() {
    return this.#held || this.#off;
  }

  /** True where the map was seen and now is not. */
  hold(held) {
    return this.#hide(held, this.#off);
  }

  /** Likewise. */
  toggle() {
    return this.#hide(this.#held, !this.#off);
  }

  /** Every item begins with its map in sight. */
  reset() {
    this.#hide(false, false);
  }

  #hide(held, off) {
    const before = this.hidden;
    this.#held = held;
    this.#off = off;
    element("hold")?.classList.toggle("held", held);
    element("toggle")?.setAttribute("aria-pressed", String(off));
    if (this.hidden !== before) this.#changed();
    return this.hidden && !before;
  }

  #connect(name) {
    const [id, property] = SETTINGS[name];
    const control = element(id);
    if (!control) return;
    const stored = this.#storage.getItem(this.#prefix + name);
    control[property] = stored === null ? this.#study[name] : JSON.parse(stored);
    control.addEventListener("input", () => {
      this.#storage.setItem(this.#prefix + name, JSON.stringify(control[property]));
      this.#changed();
    });
  }

  #value(name) {
    const [id, property] = SETTINGS[name];
    return element(id)?.[property] ?? this.#study[name];
  }
}
