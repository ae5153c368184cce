// The page on which a rater draws where a thing is in its picture.

import { connect } from "./connection.js";
import { NO_MAP, begin, help } from "./controls.js";
import { loadPicture } from "./heat-map.js";
import { MaskEditor } from "./mask-editor.js";
import { Screen } from "./screen.js";
import { Session } from "./session.js";

const THICKER = 4; // a key's step, of 100

const element = (id) => document.getElementById(id);
const page = element("rate").dataset;
const connection = connect(page);
const canvas = element("drawing");
const editor = new MaskEditor(canvas, showState);

const easel = {
  parts: ["drawing"],
  show(scene, answer) {
    editor.show(scene.picture, answer?.mask ?? null);
    // Not out of a form whose preview this is.
    if (document.hasFocus() && !element("help").open) canvas.focus({ preventScroll: true });
  },
  clear() {},
};
const session = new Session({
  screen: new Screen(easel),
  display: NO_MAP,
  rater: page.rater,
  load: async (item) => ({ picture: await loadPicture(item.picture) }),
  ...connection,
});

// Of buttons, by their id, and of keys. An open polygon is closed before anything is saved.
const ACTIONS = {
  save: (by) => (editor.openPolygon ? editor.closePolygon() : session.answer({ mask: editor.counts() }, by)),
  absent: (by) => session.answer({ mask: editor.emptyCounts() }, by),
  poor: (by) => session.answer({ opt_out: element("poor").dataset.optOut }, by),
  undo: () => editor.undo(),
  redo: () => editor.redo(),
  clear: () => editor.clear(),
  nearer: () => editor.zoomBy(1.5),
  farther: () => editor.zoomBy(1 / 1.5),
  thinner: () => resize(-THICKER),
  thicker: () => resize(THICKER),
  brush: () => take("brush"),
  eraser: () => take("eraser"),
  polygon: () => take("polygon"),
  help,
};
// Single keys act while the picture has the focus (WCAG 2.1.4), where they type nothing.
const KEYS = {
  Enter: "save", n: "absent", p: "poor", u: "undo", r: "redo", "+": "nearer", "=": "nearer", "-": "farther",
  "[": "thinner", "]": "thicker", b: "brush", e: "eraser", g: "polygon", "?": "help",
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function take(tool) {
  editor.tool = tool;
  showState();
}

function resize(by) {
  const slider = element("size");
  slider.value = editor.thickness + by; // as far as it goes
  editor.thickness = Number(slider.value);
}

function showState() {
  for (const tool of ["brush", "eraser", "polygon"]) {
    element(tool).setAttribute("aria-pressed", String(editor.tool === tool));
  }
  element("undo").disabled = !editor.canUndo;
  element("redo").disabled = !editor.canRedo;
  // Nothing drawn is said on purpose, by the button for it.
  element("save").disabled = editor.isEmpty && !editor.openPolygon;
  element("save-label").hidden = editor.openPolygon;
  element("close-label").hidden = !editor.openPolygon;
}

for (const [id, act] of Object.entries(ACTIONS)) {
  // A click without a pointer is Enter or Space on the focused button.
  element(id)?.addEventListener("click", (event) => id !== "help" && act(event.detail ? "pointer" : "keyboard"));
}
element("size").addEventListener("input", (event) => {
  editor.thickness = Number(event.target.value);
});

canvas.addEventListener("keydown", (event) => {
  if (event.altKey) return;
  const withControl = event.ctrlKey || event.metaKey;
  if (withControl && event.key.toLowerCase() === "z") (event.shiftKey ? editor.redo() : editor.undo());
  else if (withControl) return;
  else if (ARROWS[event.key]) editor.moveCursor(...ARROWS[event.key], event.shiftKey);
  else if (event.key === " ") editor.putPenDown();
  else if (event.key === "Escape") editor.dropPolygon();
  else if (event.key === "Backspace") session.back();
  else if (event.key === "h") editor.hide(true);
  else if (!act(event)) return;
  event.preventDefault();
});
canvas.addEventListener("keyup", ({ key }) => {
  if (key === " ") editor.liftPen();
  if (key === "h") editor.hide(false);
});

function act({ key, repeat }) {
  const name = KEYS[key.length === 1 ? key.toLowerCase() : key];
  if (name && !repeat && !element(name)?.disabled) ACTIONS[name]("keyboard");
  return name;
}

begin(session);
