// The numbers follow the raters: asked for again every five seconds while somebody looks.

import { drawOverlays } from "./overlays.js";

const EVERY_MS = 5000;
const GIVE_UP_AFTER = 5;

const results = document.getElementById("results");
const lost = document.getElementById("results-lost");
let shown = null;
// As the server sent it: the maps are drawn into it afterwards.
let looks = document.getElementById("looks")?.outerHTML;
let failures = 0;

async function refresh() {
  if (document.visibilityState === "visible") {
    try {
      // "no-cache": the browser asks whether anything changed, and nothing is sent when not.
      const response = await fetch(results.dataset.url, { cache: "no-cache" });
      if (!response.ok || response.redirected) throw new Error(`status ${response.status}`);
      show(await response.text());
      failures = 0;
    } catch {
      failures += 1;
    }
    lost.hidden = failures < GIVE_UP_AFTER;
  }
  setTimeout(refresh, EVERY_MS);
}

function show(html) {
  if (html === shown) return;
  shown = html;
  const restore = rememberPlace();
  const drawn = document.getElementById("looks");
  results.innerHTML = html;
  keepMaps(drawn);
  restore();
}

// Pictures would flicker where they are the same.
function keepMaps(drawn) {
  const sent = document.getElementById("looks");
  if (drawn && sent?.outerHTML === looks) {
    sent.replaceWith(drawn);
  } else if (sent) {
    looks = sent.outerHTML;
    drawOverlays();
  }
}

// Where the reader is: the focused link, what is unfolded, how far a table was scrolled.
function rememberPlace() {
  const focused = results.contains(document.activeElement) ? document.activeElement.id : "";
  const unfolded = [...results.querySelectorAll("details[open]")].map((element) => element.id);
  const scrolled = [...results.querySelectorAll(".scroll")].map((element) => [element.id, element.scrollLeft]);
  return () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, left] of scrolled) document.getElementById(id)?.scrollTo({ left });
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };
}

setTimeout(refresh, EVERY_MS);
