// A mask as it is drawn: strokes, one after the other, on a sheet of the picture's size.

const INSIDE = 128; // of 255: an edge pixel that is covered by half belongs to the mask

export class Mask {
  #sheet;
  #context;
  #below; // the sheet without the last stroke: a stroke that goes on is drawn anew, as a whole
  #strokes = [];
  #undone = [];
  #undoneBefore = [];

  /** `counts`: a mask to go on from, as `counts` gives it; null for an empty one. */
  constructor({ width, height }, counts = null) {
    this.#sheet = new OffscreenCanvas(width, height);
    this.#context = this.#sheet.getContext("2d", { willReadFrequently: true });
    this.#below = new OffscreenCanvas(width, height);
    if (counts) this.add({ tool: "stamp", counts });
  }

  /** As opaque as drawn, of the picture's size. */
  get sheet() {
    return this.#sheet;
  }

  get canUndo() {
    return this.#strokes.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /**
   * `{tool, points, size}` with the tool "brush", "eraser" (lines along the points, `size` pixels
   * thick) or "polygon" (their inside); `{tool: "clear"}`.
   */
  add(stroke) {
    this.#undoneBefore = this.#undone;
    this.#undone = [];
    this.#strokes.push(stroke);
    copy(this.#sheet, this.#below.getContext("2d"));
    this.#draw(stroke);
  }

  /**
   * Go on with the line that was added last. Drawn piece by piece, the soft edges of its pieces
   * would add up, and a slow stroke would be thicker than a fast one.
   */
  extend(points) {
    const stroke = this.#strokes.at(-1);
    stroke.points.push(...points);
    copy(this.#below, this.#context);
    this.#draw(stroke);
  }

  /** As if what was added last had never been. */
  takeBack() {
    this.#strokes.pop();
    this.#undone = this.#undoneBefore;
    copy(this.#below, this.#context);
  }

  undo() {
    if (this.canUndo) this.#undone.push(this.#strokes.pop());
    this.#redraw();
  }

  redo() {
    if (this.canRedo) this.#strokes.push(this.#undone.pop());
    this.#redraw();
  }

  /** Lengths of the runs of outside, inside, outside, … down the columns, as COCO counts them. */
  counts() {
    const { width, height } = this.#sheet;
    const { data } = this.#context.getImageData(0, 0, width, height);
    const runs = [0];
    let inside = false;
    for (let x = 0; x < width; x++) {
      for (let y = 0; y < height; y++) {
        const here = data[4 * (y * width + x) + 3] >= INSIDE;
        if (here !== inside) runs.push(0);
        inside = here;
        runs[runs.length - 1] += 1;
      }
    }
    return runs;
  }

  #redraw() {
    this.#context.clearRect(0, 0, this.#sheet.width, this.#sheet.height);
    for (const stroke of this.#strokes) this.#draw(stroke);
  }

  #draw({ tool, points, size, counts }) {
    const context = this.#context;
    if (tool === "clear") return context.clearRect(0, 0, this.#sheet.width, this.#sheet.height);
    if (tool === "stamp") return context.putImageData(this.#stamp(counts), 0, 0);
    context.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over";
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = size;
    if (tool === "polygon") context.fill(lineAlong(points));
    else if (points.length === 1) context.fill(dot(points[0], size / 2)); // a line of no length is no dot
    else context.stroke(lineAlong(points));
    context.globalCompositeOperation = "source-over";
  }

  #stamp(counts) {
    const { width, height } = this.#sheet;
    const image = new ImageData(width, height);
    let at = 0;
    counts.forEach((length, i) => {
      for (const end = at + length; at < end; at++) {
        if (i % 2) image.data[4 * ((at % height) * width + Math.floor(at / height)) + 3] = 255;
      }
    });
    return image;
  }
}

function copy(sheet, context) {
  context.globalCompositeOperation = "copy";
  context.drawImage(sheet, 0, 0);
  context.globalCompositeOperation = "source-over";
}

function lineAlong(points) {
  const path = new Path2D();
  for (const point of points) path.lineTo(...point);
  return path;
}

function dot([x, y], radius) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  return path;
}
