// The page on which a rater says which things are in a picture.

import { connect } from "./connection.js";
import { NO_MAP, begin, help } from "./controls.js";
import { PictureEasel } from "./easel.js";
import { loadPicture } from "./heat-map.js";
import { listenToKeys } from "./keys.js";
import { Screen } from "./screen.js";
import { Session } from "./session.js";

const element = (id) => document.getElementById(id);
const page = element("rate").dataset;
const connection = connect(page);
const boxes = () => [...element("objects").querySelectorAll("input")];

class ObjectsEasel extends PictureEasel {
  show(scene, answer, item) {
    super.show(scene);
    element("objects").replaceChildren(...item.objects.map((name, i) => choice(name, i, answer)));
    showState();
  }

  clear() {
    element("objects").replaceChildren();
  }
}

function choice(name, i, answer) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  const key = document.createElement("kbd");
  box.type = "checkbox";
  box.value = name;
  box.checked = answer?.seen?.includes(name) ?? false;
  key.className = "keys";
  key.textContent = i + 1;
  label.append(box, key, ` ${name}`);
  return label;
}

/** Nothing ticked is an answer too, and says so. */
function showState() {
  const some = boxes().some((box) => box.checked);
  element("some-label").hidden = !some;
  element("none-label").hidden = some;
}

const session = new Session({
  screen: new Screen(new ObjectsEasel()),
  display: NO_MAP,
  rater: page.rater,
  load: async (item) => ({ picture: await loadPicture(item.picture) }),
  ...connection,
});

const seen = () => boxes().filter((box) => box.checked).map((box) => box.value);
const save = (by) => session.answer({ seen: seen() }, by);
const poor = (by) => session.answer({ opt_out: element("poor").dataset.optOut }, by);

function actionOf(key) {
  if (key === "enter") return () => save("keyboard");
  if (key === "p") return () => poor("keyboard");
  const box = boxes()[Number(key) - 1];
  return box && (() => box.click());
}

element("objects").addEventListener("change", showState);
// A click without a pointer is Enter or Space on the focused button.
element("save").addEventListener("click", ({ detail }) => save(detail ? "pointer" : "keyboard"));
element("poor").addEventListener("click", ({ detail }) => poor(detail ? "pointer" : "keyboard"));
listenToKeys(
  {
    single: actionOf,
    back: () => session.back(),
    forward: () => session.forward(),
    hold() {},
    release() {},
    help,
  },
  element("keys-on"),
  connection.storage,
);
begin(session);
