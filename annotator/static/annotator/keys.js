// Which key does what. Keys act on the page, not on a focused control.

const SWITCH = "daam-keys-off";

/**
 * Calls `actions.back()`, `.forward()`, `.hold()`, `.release()`, `.help()`; `.single(key)` gives the
 * action of a key that types a character, if there is one. `toggle` is the checkbox that turns those
 * off (WCAG 2.1.4).
 */
export function listenToKeys(actions, toggle, storage) {
  toggle.checked = storage.getItem(SWITCH) === null;
  toggle.addEventListener("change", () => {
    if (toggle.checked) storage.removeItem(SWITCH);
    else storage.setItem(SWITCH, "1");
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || inDialog(event.target)) return;
    const action = actionOf(event, actions, toggle.checked);
    if (!action) return;
    event.preventDefault();
    // A key held down is one press.
    if (!event.repeat) action();
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === " ") actions.release();
  });
  addEventListener("blur", () => actions.release());
}

function actionOf({ key, target }, actions, singleKeys) {
  const control = target.closest("button, a, input, select");
  if (key === " ") return control ? null : actions.hold;
  if (key === "Enter" && control) return null; // it presses the control
  if (key === "Backspace") return actions.back;
  if (key === "ArrowLeft") return keepsArrows(control) ? null : actions.back;
  if (key === "ArrowRight") return keepsArrows(control) ? null : actions.forward;
  if (key === "?") return actions.help;
  if (control?.matches("select") && Number.isNaN(parseInt(key))) return null; // it chooses by letters
  return singleKeys ? actions.single(key.toLowerCase()) : null;
}

function keepsArrows(control) {
  return control?.matches("input, select, [role=radio]");
}

function inDialog(target) {
  return target.closest("dialog") !== null;
}
