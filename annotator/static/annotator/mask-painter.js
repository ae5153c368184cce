// How a mask looks while it is drawn: the picture, the mask as a tint over it, and what is in hand.

const TINT = "#ff2fd0"; // a colour that pictures seldom have
const STRENGTH = 0.55;

/**
 * Paints the part of `picture` that `view` shows, which is fitted to the canvas. `mask` is a sheet of
 * the picture's size, or null where it is hidden; `corners` are those of an open polygon; `rings`
 * are `{at, radius}` in the picture's pixels, or with no radius small.
 */
export function paintMask(canvas, { picture, view, mask, corners, rings }) {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  view.fit(canvas.clientWidth, canvas.clientHeight);
  const context = canvas.getContext("2d");
  const { scale, left, top } = view;
  context.setTransform(scale * ratio, 0, 0, scale * ratio, left * ratio, top * ratio);
  context.drawImage(picture, 0, 0);
  if (!mask) return;
  context.globalAlpha = STRENGTH;
  context.drawImage(tinted(mask), 0, 0);
  context.globalAlpha = 1;
  const thin = 1 / scale; // a screen pixel, in those of the picture
  if (corners.length) strokeTwice(context, outlineOf(corners, thin), thin);
  for (const ring of rings) strokeTwice(context, circle(ring, thin), thin);
}

function tinted(mask) {
  const sheet = new OffscreenCanvas(mask.width, mask.height);
  const context = sheet.getContext("2d");
  context.drawImage(mask, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = TINT;
  context.fillRect(0, 0, mask.width, mask.height);
  return sheet;
}

function outlineOf(corners, thin) {
  const path = new Path2D();
  for (const corner of corners) path.lineTo(...corner);
  for (const [x, y] of corners) path.addPath(square(x, y, 3 * thin));
  return path;
}

function circle({ at: [x, y], radius }, thin) {
  const path = new Path2D();
  path.arc(x, y, radius ?? 4 * thin, 0, 2 * Math.PI);
  path.addPath(square(x, y, thin));
  return path;
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
