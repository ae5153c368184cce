// One item, large: the map as the study shows it to raters, or as the researcher sets it here.
// Left and right go to the item before and after; Space, held, hides the map.

import { Display } from "./display.js";
import { loadColours, loadScene, paint } from "./heat-map.js";

const page = document.querySelector("[data-colours]");
const place = document.getElementById("item-map");

async function show() {
  const overlay = place.querySelector("[data-large]");
  const [picture, map] = overlay.querySelectorAll("img");
  const scene = await loadScene({ picture: picture.src, heat_map: map.src }, await loadColours(page.dataset.colours));
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", map.alt);
  const { colourMap, opacity } = page.dataset;
  const contour = place.dataset.studyContour ? { contour: "" } : {};
  const study = { colourMap, opacity: Number(opacity), tau: place.dataset.studyTau, rater: "researcher", ...contour };
  const tools = document.querySelector("[data-map-tools]");
  const display = new Display(study, sessionStorage);
  const draw = () => paint(canvas, scene, display);
  display.listen(draw);
  document.getElementById("toggle").addEventListener("click", () => display.toggle());
  listenToSpace(display);
  draw();
  overlay.replaceChildren(canvas);
  tools.hidden = false;
}

function listenToSpace(display) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || isOnControl(event)) return;
    event.preventDefault();
    display.hold(true);
  });
  document.addEventListener("keyup", (event) => event.key === " " && display.hold(false));
  addEventListener("blur", () => display.hold(false));
}

const NEIGHBOURS = { ArrowLeft: "prev", ArrowRight: "next" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isOnControl(event)) return;
  document.querySelector(`nav a[rel=${NEIGHBOURS[event.key]}]`)?.click();
});

/** Where keys have a meaning already: controls, and tables that scroll. */
function isOnControl({ target }) {
  return target.closest("a, button, input, select, textarea, summary, .scroll") !== null;
}

// What cannot be drawn stays as the two pictures.
if (place) show().catch(() => {});
