// The canvas on which a mask is drawn over a picture: by mouse, pen, finger or keyboard.

import { Gestures } from "./gestures.js";
import { Mask } from "./mask.js";
import { paintMask } from "./mask-painter.js";
import { View } from "./view.js";

const THINNEST = 2; // in pixels: a thinner dot between four of them would cover none by half
const THICKEST = 0.4; // of the picture's shorter side
const SIZE_SHOWN_MS = 1200;

export class MaskEditor {
  tool = "brush";
  #thickness = 35;
  #canvas;
  #changed;
  #picture = null;
  #mask = null;
  #view = null;
  #corners = [];
  #cursor = null; // where the keyboard draws
  #hover = null; // where the mouse is
  #strokes = false; // a line is being drawn
  #hidden = false;
  #showsSize = 0; // a timer, while it runs
  #frame = 0;

  /** Calls `changed()` after everything that is drawn or taken back. */
  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#changed = changed;
    new ResizeObserver(() => this.#paint()).observe(canvas);
    new Gestures(canvas, {
      begin: (at) => this.#press(this.#view.toPicture(at)),
      goOn: (places) => this.#goOn(places.map((at) => this.#view.toPicture(at))),
      end: () => this.#done(),
      takeBack: () => this.#takeBack(),
      carry: (from, to, factor) => this.#look(() => this.#view.carry(from, to, factor)),
      hover: (at) => this.#look(() => (this.#hover = at)),
    });
    canvas.addEventListener("dblclick", () => this.closePolygon());
    canvas.addEventListener("blur", () => this.#look(() => (this.#cursor = null)));
  }

  show(picture, counts) {
    this.#picture = picture;
    this.#mask = new Mask(picture, counts);
    this.#view = new View(picture);
    this.#corners = [];
    this.#cursor = null;
    this.#strokes = false;
    this.#hidden = false;
    this.#paint(); // at once: the clock starts when the picture is there
    this.#changed();
  }

  /** From 1 to 100; finer where it is thin. */
  get thickness() {
    return this.#thickness;
  }

  /** For a moment a ring shows how thick that is. */
  set thickness(thickness) {
    this.#thickness = thickness;
    clearTimeout(this.#showsSize);
    this.#showsSize = setTimeout(() => this.#look(() => (this.#showsSize = 0)), SIZE_SHOWN_MS);
    this.#draw();
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
    this.#look(() => (this.#hidden = hidden));
  }

  zoomBy(factor) {
    this.#look(() => this.#view.zoomBy(factor, this.#cursor));
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
    const step = fine ? 1 : this.#size / 2;
    const { width, height } = this.#picture;
    const [x, y] = this.#cursor ?? this.#view.centre;
    const to = [Math.min(width, Math.max(0, x + dx * step)), Math.min(height, Math.max(0, y + dy * step))];
    this.#goOn([to]);
    this.#look(() => this.#view.reveal((this.#cursor = to)));
  }

  /** While the pen is down, moving the cursor draws. A polygon gets a corner. */
  putPenDown() {
    if (this.#strokes) return;
    const at = this.#cursor ?? this.#view.centre;
    this.#press(at);
    this.#look(() => (this.#cursor = at));
  }

  liftPen() {
    this.#done();
  }

  // -- by any hand -------------------------------------------------------------------------------

  #press(at) {
    this.#cursor = null;
    this.#strokes = this.tool !== "polygon";
    if (this.#strokes) this.#mask.add({ tool: this.tool, size: this.#size, points: [at] });
    else this.#corners.push(at);
    this.#draw();
  }

  #goOn(places) {
    if (!this.#strokes) return;
    this.#mask.extend(places);
    this.#draw();
  }

  #takeBack() {
    if (this.#strokes) this.#mask.takeBack();
    else this.#corners.pop();
    this.#done();
  }

  #done() {
    this.#strokes = false;
    this.#draw();
    this.#changed();
  }

  // -- what is seen ------------------------------------------------------------------------------

  /** In pixels of the picture: thicker by the square, so that the thin ones can be told apart. */
  get #size() {
    const { width, height } = this.#picture;
    return Math.max(THINNEST, THICKEST * Math.min(width, height) * (this.#thickness / 100) ** 2);
  }

  #look(change) {
    if (!this.#picture) return;
    change();
    this.#draw();
  }

  /** With the next frame: a hand moves more often than the screen. */
  #draw() {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#picture) return;
    paintMask(this.#canvas, {
      picture: this.#picture,
      view: this.#view,
      mask: this.#hidden ? null : this.#mask.sheet,
      corners: this.#corners,
      rings: this.#rings(),
    });
  }

  #rings() {
    const radius = this.tool === "polygon" ? null : this.#size / 2;
    const mouse = this.#hover && radius && { at: this.#view.toPicture(this.#hover), radius };
    const size = this.#showsSize && !this.#cursor && { at: this.#view.centre, radius: this.#size / 2 };
    return [this.#cursor && { at: this.#cursor, radius }, mouse, size].filter(Boolean);
  }
}
