// Which part of a picture is on the screen, and how large. Places on the screen are CSS pixels from
// the canvas's corner; places in the picture are its own pixels.

const MOST = 16;

export class View {
  #picture;
  #zoom = 1;
  #centre;
  #width = 1;
  #height = 1;

  constructor({ width, height }) {
    this.#picture = { width, height };
    this.#centre = [width / 2, height / 2];
  }

  get centre() {
    return this.#centre;
  }

  get scale() {
    const { width, height } = this.#picture;
    return this.#zoom * Math.min(this.#width / width, this.#height / height);
  }

  /** Of the picture's corner, on the screen. */
  get left() {
    return this.#width / 2 - this.scale * this.#centre[0];
  }

  get top() {
    return this.#height / 2 - this.scale * this.#centre[1];
  }

  fit(width, height) {
    this.#width = width;
    this.#height = height;
    this.#keepInside();
  }

  toPicture([x, y]) {
    return [(x - this.left) / this.scale, (y - this.top) / this.scale];
  }

  /** Nearer by `factor`; what is at `about` in the picture stays where it is on the screen. */
  zoomBy(factor, about = null) {
    const [x, y] = about ?? this.#centre;
    const at = [this.left + this.scale * x, this.top + this.scale * y];
    this.carry(at, at, factor);
  }

  /** What is at `from` on the screen comes to be at `to`, nearer by `factor`. */
  carry(from, to, factor) {
    const [x, y] = this.toPicture(from);
    this.#zoom = Math.min(MOST, Math.max(1, this.#zoom * factor));
    this.#centre = [x - (to[0] - this.#width / 2) / this.scale, y - (to[1] - this.#height / 2) / this.scale];
    this.#keepInside();
  }

  /** Bring a place of the picture onto the screen. */
  reveal([x, y]) {
    const [halfWidth, halfHeight] = this.#half();
    this.#centre = [
      Math.min(x + halfWidth, Math.max(x - halfWidth, this.#centre[0])),
      Math.min(y + halfHeight, Math.max(y - halfHeight, this.#centre[1])),
    ];
    this.#keepInside();
  }

  #half() {
    return [this.#width / this.scale / 2, this.#height / this.scale / 2];
  }

  #keepInside() {
    const { width, height } = this.#picture;
    const inside = (at, half, size) => (2 * half >= size ? size / 2 : Math.min(size - half, Math.max(half, at)));
    const [halfWidth, halfHeight] = this.#half();
    this.#centre = [inside(this.#centre[0], halfWidth, width), inside(this.#centre[1], halfHeight, height)];
  }
}
