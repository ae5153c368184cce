// What pictures are shown on. An easel has `parts`, the ids of its elements on the stage (the first
// is the one that is judged), `show(scene, answer, item)` and `clear()`.

import { paint } from "./heat-map.js";

const element = (id) => document.getElementById(id);

/** The picture, and beside it the picture with its heat map as the display says. */
export class MapEasel {
  parts = ["overlay", "plain"];
  #display;
  #scene = null;

  constructor(display) {
    this.#display = display;
    display.listen(() => this.#paintMap());
  }

  show(scene) {
    this.#scene = scene;
    this.#display.reset();
    paint(element("plain"), scene, { opacity: 0 });
    this.#paintMap();
  }

  clear() {
    this.#scene = null;
  }

  #paintMap() {
    if (this.#scene) paint(element("overlay"), this.#scene, this.#display);
  }
}

/** The picture alone. */
export class PictureEasel {
  parts = ["plain"];

  show(scene) {
    paint(element("plain"), scene, { opacity: 0 });
  }

  clear() {}
}
