// The rating page: its parts put together, and the rater's hands connected to them.

import { loadColours, loadScene } from "./heat-map.js";
import { listenToKeys } from "./keys.js";
import { Screen } from "./screen.js";
import { Server } from "./server.js";
import { Session } from "./session.js";
import { storage } from "./storage.js";

const OPACITY = "daam-opacity";

const element = (id) => document.getElementById(id);
const page = element("rate").dataset;
const screen = new Screen();
const colours = loadColours(page.colours, page.colourMap);
const session = new Session({
  screen,
  server: new Server(page, document.querySelector("[name=csrfmiddlewaretoken]").value),
  rater: page.rater,
  load: async (item) => loadScene(item, await colours),
  colourMap: page.colourMap,
  leave: () => location.assign(page.thanks),
});

function connectAnswers() {
  const group = element("answers");
  const radios = [...group.querySelectorAll("[role=radio]")];
  const choiceOf = ({ score, optOut }) => ({ score: score ? Number(score) : null, opt_out: optOut ?? "" });
  group.addEventListener("click", (event) => {
    const radio = event.target.closest("[role=radio]");
    // A click without a pointer is Enter or Space on the focused point.
    if (radio) session.answer(choiceOf(radio.dataset), event.detail ? "pointer" : "keyboard");
  });
  group.addEventListener("keydown", (event) => moveFocus(event, radios));
  const byKey = new Map(radios.map(({ dataset }) => [dataset.score ?? dataset.key, choiceOf(dataset)]));
  return (key) => byKey.has(key) && (() => session.answer(byKey.get(key), "keyboard"));
}

/** In a radio group the arrows go from one to the next; here they choose nothing, since choosing answers. */
function moveFocus(event, radios) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const at = radios.indexOf(document.activeElement);
  if (!step || at < 0) return;
  event.preventDefault();
  const next = radios[(at + step + radios.length) % radios.length];
  for (const radio of radios) radio.tabIndex = radio === next ? 0 : -1;
  next.focus();
}

function connectMap() {
  const hold = element("hold");
  const pressed = ({ type, key, repeat }) => type === "pointerdown" || (!repeat && [" ", "Enter"].includes(key));
  for (const event of ["pointerdown", "keydown"]) {
    hold.addEventListener(event, (happened) => pressed(happened) && session.hideMap(true));
  }
  for (const event of ["pointerup", "pointercancel", "pointerleave", "keyup", "blur"]) {
    hold.addEventListener(event, () => session.hideMap(false));
  }
  hold.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press is a hold
  screen.opacity = storage.getItem(OPACITY) ?? page.opacity;
  element("opacity").addEventListener("input", () => {
    storage.setItem(OPACITY, screen.opacity);
    screen.repaint();
  });
}

function help() {
  element("help").showModal();
}

connectMap();
element("back").addEventListener("click", () => session.back());
element("retry").addEventListener("click", () => session.show());
element("postpone").addEventListener("click", () => session.postpone());
element("help-open").addEventListener("click", help);
listenToKeys(
  {
    choice: connectAnswers(),
    back: () => session.back(),
    forward: () => session.forward(),
    hide: () => session.hideMap(true),
    show: () => session.hideMap(false),
    help,
  },
  element("keys-on"),
);
addEventListener("beforeunload", (event) => session.waiting && event.preventDefault());
session.start();
