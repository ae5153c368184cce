// What hands do on a canvas, told as strokes, pans and zooms. Places are CSS pixels from its corner.

const PER_PIXEL = 0.002; // a notch of a wheel is a fifth nearer
const PER_PIXEL_OF_PINCH = 0.01; // a touchpad's pinch comes as a small wheel with Ctrl
const PIXELS_PER_LINE = 33;

/**
 * One finger, a pen or the left button draws: `hand.begin(at)`, `hand.goOn(places)`, `hand.end()`.
 * Two fingers, another button or the wheel move and zoom: `hand.carry(from, to, factor)`.
 * `hand.takeBack()`: what was begun was the first finger of two. `hand.hover(at)`: a mouse is above
 * the canvas; null: no longer.
 */
export class Gestures {
  #canvas;
  #hand;
  #pointers = new Map(); // where each that is down was last
  #draws = false; // or they move the picture, until all are lifted

  constructor(canvas, hand) {
    this.#canvas = canvas;
    this.#hand = hand;
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#lift(event));
    canvas.addEventListener("pointercancel", (event) => this.#lift(event));
    canvas.addEventListener("pointerleave", () => hand.hover(null));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #press(event) {
    const at = this.#place(event);
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, at);
    const alone = this.#pointers.size === 1;
    if (!alone && this.#draws) this.#hand.takeBack();
    this.#draws = alone && event.button === 0;
    if (this.#draws) this.#hand.begin(at);
  }

  #move(event) {
    const at = this.#place(event);
    const before = this.#pointers.get(event.pointerId);
    if (event.pointerType !== "touch") this.#hand.hover(at);
    if (!before) return;
    if (this.#draws) this.#hand.goOn(this.#passed(event));
    else this.#carry(event.pointerId, before, at);
    this.#pointers.set(event.pointerId, at);
  }

  #lift({ pointerId }) {
    if (!this.#pointers.delete(pointerId) || this.#pointers.size) return;
    if (this.#draws) this.#hand.end();
    this.#draws = false;
  }

  /** What lies under the middle of two fingers stays there, and so does what lies under each. */
  #carry(id, before, at) {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    if (!other) return this.#hand.carry(before, at, 1);
    const distance = ([x, y]) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
    const middle = ([x, y]) => [(x + other[0]) / 2, (y + other[1]) / 2];
    this.#hand.carry(middle(before), middle(at), distance(at) / distance(before));
  }

  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_PER_LINE : 1);
    const strength = event.ctrlKey ? PER_PIXEL_OF_PINCH : PER_PIXEL;
    const at = this.#place(event);
    this.#hand.carry(at, at, Math.exp(-strength * pixels));
  }

  /** All places since the last event: a fast finger is told of once per frame. */
  #passed(event) {
    const passed = event.getCoalescedEvents?.() ?? [];
    return (passed.length ? passed : [event]).map((one) => this.#place(one));
  }

  #place({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  }
}
