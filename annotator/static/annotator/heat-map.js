// A picture and its heat map, decoded ahead and drawn on a canvas.

import { outline } from "./outline.js";
import { resample } from "./resample.js";

const LINES_PER_SIDE = 160; // as in the engine: the outline's width is that part of the shorter side
const THINNEST = 1.5;

/**
 * Colour tables by name, a pixel for each level: the colour, as opaque as the level is hot. From the
 * file that holds 256 × 6 hexadecimal digits by name.
 */
export async function loadColours(url) {
  const response = await fetchOrFail(url);
  const tables = Object.entries(await response.json());
  return Object.fromEntries(tables.map(([name, digits]) => [name, table(digits)]));
}

function table(digits) {
  const channel = (level, i) => (i === 3 ? level : parseInt(digits.slice(6 * level + 2 * i, 6 * level + 2 * i + 2), 16));
  const bytes = Uint8Array.from({ length: 256 * 4 }, (_, i) => channel(i >> 2, i & 3));
  return new Uint32Array(bytes.buffer);
}

/** Everything that one item shows, decoded. Rejects where either cannot be had. */
export async function loadScene(item, colours) {
  const [picture, map] = await Promise.all([
    loadPicture(item.picture),
    fetchOrFail(item.heat_map).then(async (response) => {
      const floor = Number(response.headers.get("Heat-Map-Floor"));
      return { ...readLevels(await decode(response)), floor };
    }),
  ]);
  return new Scene(picture, map, colours);
}

/** A picture and the map over it, of the same size; what is costly is made once. */
class Scene {
  #levels;
  #floor;
  #colours;
  #overlay = {};
  #outline = {};

  /** `map`: `{width, height, values, floor}`, its values 0 to 255, `floor` the 0 as a share of the 255. */
  constructor(picture, map, colours) {
    this.picture = picture;
    this.#levels = resample(map, picture.width, picture.height);
    this.#floor = map.floor;
    this.#colours = colours;
  }

  /** The map in its colours, as opaque as hot. */
  overlay(colourMap) {
    if (this.#overlay.colourMap !== colourMap) {
      const { width, height } = this.picture;
      const canvas = new OffscreenCanvas(width, height);
      const pixels = colourise(this.#levels, this.#colours[colourMap]);
      canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
      this.#overlay = { colourMap, canvas };
    }
    return this.#overlay.canvas;
  }

  /** Around the hard map: where the map reaches `tau` of its peak (not of what the colours span). */
  outline(tau) {
    if (this.#outline.tau !== tau) {
      const level = (255 * (tau - this.#floor)) / (1 - this.#floor);
      // A map that is the same everywhere has no hard part.
      const path = this.#floor === 1 ? null : outline(this.#levels, this.picture, level);
      this.#outline = { tau, path };
    }
    return this.#outline.path;
  }
}

/**
 * The picture, over it the map as opaque as hot, at most `opacity`, and over that the outline of the
 * hard map where `tau` is not null. With opacity 0 the picture alone.
 */
export function paint(canvas, scene, { colourMap, opacity, tau = null }) {
  const { picture } = scene;
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  const context = canvas.getContext("2d");
  context.globalAlpha = 1;
  context.drawImage(picture, 0, 0);
  if (opacity === 0) return;
  context.globalAlpha = opacity;
  context.drawImage(scene.overlay(colourMap), 0, 0);
  if (tau !== null) strokeOutline(context, scene.outline(tau), picture);
}

/** White with a dark border: seen on any picture. */
function strokeOutline(context, path, { width, height }) {
  if (!path) return;
  const thickness = Math.max(THINNEST, Math.min(width, height) / LINES_PER_SIDE);
  context.globalAlpha = 1;
  context.lineCap = context.lineJoin = "round";
  for (const [colour, lineWidth] of [["#000", 2 * thickness], ["#fff", thickness]]) {
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.stroke(path);
  }
}

/** A picture alone, decoded. Rejects where it cannot be had. */
export async function loadPicture(url) {
  return decode(await fetchOrFail(url));
}

async function fetchOrFail(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}

async function decode(response) {
  return createImageBitmap(await response.blob(), { colorSpaceConversion: "none" });
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
