// A picture and its heat map, decoded ahead and drawn on a canvas.

/**
 * One colour table, a pixel for each level: the colour, as opaque as the level is hot. From the file
 * that holds 256 × 6 hexadecimal digits by name.
 */
export async function loadColours(url, name) {
  const response = await fetchOrFail(url);
  const digits = (await response.json())[name];
  const channel = (level, i) => (i === 3 ? level : parseInt(digits.slice(6 * level + 2 * i, 6 * level + 2 * i + 2), 16));
  const bytes = Uint8Array.from({ length: 256 * 4 }, (_, i) => channel(i >> 2, i & 3));
  return new Uint32Array(bytes.buffer);
}

/**
 * Everything that one item shows, decoded: `{picture, overlay}`, bitmaps of the same size.
 * Rejects where either cannot be had: then there is nothing to judge.
 */
export async function loadScene(item, colours) {
  const [picture, grey] = await Promise.all([loadBitmap(item.picture), loadBitmap(item.heat_map)]);
  const { width, height } = picture;
  const levels = resample(readLevels(grey), width, height);
  const overlay = await createImageBitmap(new ImageData(colourise(levels, colours), width, height));
  return { picture, overlay };
}

/** The picture, and over it the map: as opaque as hot, at most `opacity`; 0 is the picture alone. */
export function paint(canvas, scene, opacity) {
  const { picture, overlay } = scene;
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  const context = canvas.getContext("2d");
  context.globalAlpha = 1;
  context.drawImage(picture, 0, 0);
  context.globalAlpha = opacity;
  context.drawImage(overlay, 0, 0);
}

async function loadBitmap(url) {
  const response = await fetchOrFail(url);
  return createImageBitmap(await response.blob(), { colorSpaceConversion: "none" });
}

async function fetchOrFail(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}

function readLevels(bitmap) {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, values: Float32Array.from({ length: width * height }, (_, i) => data[4 * i]) };
}

/** RGBA bytes, a table's pixel for each level; written by whole pixels, since there are many. */
function colourise(levels, colours) {
  const pixels = new Uint32Array(levels.length);
  for (let i = 0; i < levels.length; i++) {
    pixels[i] = colours[Math.round(Math.min(255, Math.max(0, levels[i])))];
  }
  return new Uint8ClampedArray(pixels.buffer);
}

// -- bicubic resampling --------------------------------------------------------------------------
// Done here and not by `drawImage`, whose smoothing differs between browsers: every rater sees what
// the engine draws (Pillow's filter: Keys' cubic, a = -1/2).

function resample({ width, height, values }, newWidth, newHeight) {
  if (width === newWidth && height === newHeight) return values;
  const rows = transposeResampled(values, width, height, newWidth); // (newWidth, height)
  return transposeResampled(rows, height, newWidth, newHeight); // (newHeight, newWidth)
}

/** (height, width) values → (target, height): resampled along the rows, then transposed. */
function transposeResampled(values, width, height, target) {
  const result = new Float32Array(target * height);
  for (let column = 0; column < target; column++) {
    const { first, weights } = cubicWeights(column, width, target);
    for (let row = 0; row < height; row++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * values[row * width + first + i];
      result[column * height + row] = sum;
    }
  }
  return result;
}

function cubicWeights(position, size, target) {
  const scale = size / target;
  const reach = Math.max(1, scale);
  const centre = (position + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - 2 * reach + 0.5));
  const end = Math.min(size, Math.trunc(centre + 2 * reach + 0.5));
  const weights = Array.from({ length: end - first }, (_, i) => cubic((first + i - centre + 0.5) / reach));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { first, weights: weights.map((weight) => weight / sum) };
}

function cubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}
