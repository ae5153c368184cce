// The canvas on which a mask is drawn over a picture: by mouse, pen, finger or keyboard.

import { Mask } from "./mask.js";
import { View } from "./view.js";

const TINT = "#ff2fd0"; // a colour that pictures seldom have
const STRENGTH = 0.55;

export class MaskEditor {
  tool = "brush";
  size = 24;
  #canvas;
  #changed;
  #picture = null;
  #mask = null;
  #view = null;
  #corners = [];
  #pointers = new Map();
  #cursor = null; // where the keyboard draws
  #penDown = false;
  #hidden = false;

  /** Calls `changed()` after everything that is drawn or taken back. */
  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#changed = changed;
    new ResizeObserver(() => this.draw()).observe(canvas);
    for (const kind of ["down", "move", "up", "cancel"]) {
      canvas.addEventListener(`pointer${kind}`, (event) => this.#pointer(kind, event));
    }
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("dblclick", () => this.closePolygon());
    canvas.addEventListener("blur", () => this.#putCursor(null));
  }

  show(picture, counts) {
    this.#picture = picture;
    this.#mask = new Mask(picture, counts);
    this.#view = new View(picture);
    this.#corners = [];
    this.#cursor = null;
    this.#penDown = false;
    this.#hidden = false;
    this.#done();
  }

  get canUndo() {
    return this.openPolygon || (this.#mask?.canUndo ?? false);
  }

  get canRedo() {
    return this.#mask?.canRedo ?? false;
  }

  /** Nothing is in the mask; true as well where everything was rubbed out again. */
  get isEmpty() {
    return !this.#mask || this.#mask.counts().length < 2;
  }

  counts() {
    return this.#mask.counts();
  }

  emptyCounts() {
    return [this.#picture.width * this.#picture.height];
  }

  get openPolygon() {
    return this.#corners.length > 0;
  }

  hide(hidden) {
    this.#hidden = hidden;
    this.draw();
  }

  zoomBy(factor) {
    this.#view.zoomBy(factor, this.#cursor);
    this.draw();
  }

  undo() {
    if (this.openPolygon) this.#corners.pop();
    else this.#mask.undo();
    this.#done();
  }

  redo() {
    this.#mask.redo();
    this.#done();
  }

  clear() {
    this.#corners = [];
    this.#mask.add({ tool: "clear" });
    this.#done();
  }

  /** What is not closed is not drawn: two corners have no inside. */
  closePolygon() {
    if (this.#corners.length > 2) this.#mask.add({ tool: "polygon", points: this.#corners });
    this.dropPolygon();
  }

  dropPolygon() {
    this.#corners = [];
    this.#done();
  }

  // -- by keyboard -------------------------------------------------------------------------------

  /** Move the cursor by `dx`, `dy` steps of half the brush, or single pixels where it is `fine`. */
  moveCursor(dx, dy, fine) {
    const step = fine ? 1 : Math.max(1, this.size / 2);
    const { width, height } = this.#picture;
    const [x, y] = this.#cursor ?? this.#view.centre;
    const to = [Math.min(width, Math.max(0, x + dx * step)), Math.min(height, Math.max(0, y + dy * step))];
    if (this.#penDown) this.#mask.extend(to);
    this.#view.reveal(to);
    this.#putCursor(to);
  }

  /** While the pen is down, moving the cursor draws. A polygon gets a corner. */
  putPenDown() {
    if (this.#penDown) return;
    const at = this.#cursor ?? this.#view.centre;
    this.#penDown = this.tool !== "polygon";
    this.#begin(at);
    this.#putCursor(at);
  }

  liftPen() {
    this.#penDown = false;
    this.#changed();
  }

  #putCursor(at) {
    this.#cursor = at;
    this.draw();
  }

  // -- by pointer --------------------------------------------------------------------------------

  #pointer(kind, event) {
    if (!this.#picture || (kind === "down" && event.button !== 0)) return;
    const at = this.#place(event);
    if (kind === "down") this.#press(event.pointerId, at);
    else if (!this.#pointers.has(event.pointerId)) return;
    else if (kind === "move") this.#drag(event, at);
    else this.#release(event.pointerId);
    this.draw();
  }

  #press(id, at) {
    this.#canvas.setPointerCapture(id);
    this.#pointers.set(id, at);
    this.#cursor = null;
    if (this.#pointers.size === 1) this.#begin(this.#view.toPicture(at));
    else if (this.tool === "polygon") this.#corners.pop();
    else if (this.#pointers.size === 2) this.#mask.undo(); // a second finger: it was no stroke
  }

  #drag(event, at) {
    const before = this.#pointers.get(event.pointerId);
    if (this.#pointers.size > 1) this.#pinch(event.pointerId, before, at);
    else if (this.tool !== "polygon") {
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const point of passed.length ? passed.map((one) => this.#place(one)) : [at]) {
        this.#mask.extend(this.#view.toPicture(point));
      }
    }
    this.#pointers.set(event.pointerId, at);
  }

  #pinch(id, before, at) {
    const [, other] = [...this.#pointers].find(([key]) => key !== id);
    const distance = ([x, y]) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
    this.#view.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    this.#view.zoomBy(distance(at) / distance(before), this.#view.toPicture(other));
  }

  #release(id) {
    const alone = this.#pointers.size === 1;
    this.#pointers.delete(id);
    if (alone) this.#changed();
  }

  #begin(at) {
    if (this.tool === "polygon") this.#corners.push(at);
    else this.#mask.add({ tool: this.tool, size: this.size, points: [at] });
  }

  #wheel(event) {
    if (!this.#picture) return;
    event.preventDefault();
    this.#view.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, this.#view.toPicture(this.#place(event)));
    this.draw();
  }

  #place({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  }

  #done() {
    if (!this.#picture) return;
    this.draw();
    this.#changed();
  }

  // -- what is seen ------------------------------------------------------------------------------

  draw() {
    if (!this.#picture) return;
    const canvas = this.#canvas;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    this.#view.fit(canvas.clientWidth, canvas.clientHeight);
    const context = canvas.getContext("2d");
    const { scale, left, top } = this.#view;
    context.setTransform(scale * ratio, 0, 0, scale * ratio, left * ratio, top * ratio);
    context.drawImage(this.#picture, 0, 0);
    if (this.#hidden) return;
    context.globalAlpha = STRENGTH;
    context.drawImage(this.#tinted(), 0, 0);
    context.globalAlpha = 1;
    if (this.openPolygon) this.#drawCorners(context, 1 / scale);
    if (this.#cursor) this.#drawCursor(context, 1 / scale);
  }

  #tinted() {
    const { width, height } = this.#picture;
    const tinted = new OffscreenCanvas(width, height);
    const context = tinted.getContext("2d");
    context.drawImage(this.#mask.sheet, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = TINT;
    context.fillRect(0, 0, width, height);
    return tinted;
  }

  /** `thin`: a screen pixel, in those of the picture. */
  #drawCorners(context, thin) {
    const path = new Path2D();
    this.#corners.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    for (const [x, y] of this.#corners) path.addPath(square(x, y, 3 * thin));
    strokeTwice(context, path, thin);
  }

  #drawCursor(context, thin) {
    const [x, y] = this.#cursor;
    const path = new Path2D();
    path.arc(x, y, this.tool === "polygon" ? 4 * thin : this.size / 2, 0, 2 * Math.PI);
    path.addPath(square(x, y, thin));
    strokeTwice(context, path, thin);
  }
}

function square(x, y, half) {
  const path = new Path2D();
  path.rect(x - half, y - half, 2 * half, 2 * half);
  return path;
}

/** White with a dark border: seen on any picture. */
function strokeTwice(context, path, thin) {
  for (const [colour, width] of [["#000", 3], ["#fff", 1.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = width * thin;
    context.stroke(path);
  }
}
