// The rating page: its parts put together, and the rater's hands connected to them.

import { begin, help } from "./controls.js";
import { Display } from "./display.js";
import { MapEasel } from "./easel.js";
import { loadColours, loadScene } from "./heat-map.js";
import { listenToKeys } from "./keys.js";
import { Screen } from "./screen.js";
import { Session } from "./session.js";

const element = (id) => document.getElementById(id);

/** `server`: see `server.js`; `storage`: where answers wait and the rater's own settings are kept. */
export function startPage({ server, storage, leave }) {
  const page = element("rate").dataset;
  const display = new Display(page, storage);
  const colours = loadColours(page.colours);
  const session = new Session({
    screen: new Screen(new MapEasel(display)),
    display,
    server,
    storage,
    rater: page.rater,
    load: async (item) => prepared(await loadScene(item, await colours), display),
    leave,
  });
  connectHiding(session);
  connectKeys(session, connectAnswers(session), storage);
  begin(session);
}

/** What costs time is done while the rater still looks at an earlier item. */
function prepared(scene, { colourMap, tau }) {
  scene.overlay(colourMap);
  if (tau !== null) scene.outline(tau);
  return scene;
}

/** Returns what a key answers: `(key) => action`, if it answers. */
function connectAnswers(session) {
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

/** Where the study does not lock it. */
function connectHiding(session) {
  const hold = element("hold");
  if (!hold) return;
  const pressed = ({ type, key, repeat }) => type === "pointerdown" || (!repeat && [" ", "Enter"].includes(key));
  for (const event of ["pointerdown", "keydown"]) {
    hold.addEventListener(event, (happened) => pressed(happened) && session.holdMap(true));
  }
  for (const event of ["pointerup", "pointercancel", "pointerleave", "keyup", "blur"]) {
    hold.addEventListener(event, () => session.holdMap(false));
  }
  hold.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press is a hold
  element("toggle").addEventListener("click", () => session.toggleMap());
}

function connectKeys(session, answerTo, storage) {
  const hiding = element("hold") !== null;
  const actions = {
    single: (key) => (key === "h" && hiding ? () => session.toggleMap() : answerTo(key)),
    back: () => session.back(),
    forward: () => session.forward(),
    hold: () => hiding && session.holdMap(true),
    release: () => session.holdMap(false),
    help,
  };
  listenToKeys(actions, element("keys-on"), storage);
}
