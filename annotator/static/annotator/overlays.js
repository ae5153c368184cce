// Small multiples: each picture with its map, as the study shows it to raters.

import { loadColours, loadScene, paint } from "./heat-map.js";

async function draw(overlay, colours, shown) {
  const [picture, map] = overlay.querySelectorAll("img");
  const scene = await loadScene({ picture: picture.src, heat_map: map.src }, colours);
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", map.alt);
  const { colourMap, opacity, tau } = shown;
  paint(canvas, scene, { colourMap, opacity: Number(opacity), tau: tau === undefined ? null : Number(tau) });
  overlay.replaceChildren(canvas);
}

/** Drawn when they come near the screen; one that cannot be drawn stays as the two pictures. */
async function drawWhenNear(page) {
  const colours = await loadColours(page.dataset.colours);
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
        observer.unobserve(target);
        draw(target, colours, page.dataset).catch(() => {});
      }
    },
    { rootMargin: "200px" },
  );
  for (const overlay of page.querySelectorAll("[data-overlay]")) observer.observe(overlay);
}

export function drawOverlays() {
  const page = document.querySelector("[data-colours]");
  if (page?.querySelector("[data-overlay]")) drawWhenNear(page);
}

drawOverlays();
