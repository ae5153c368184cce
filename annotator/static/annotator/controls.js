// What every page that shows items has around them.

const element = (id) => document.getElementById(id);

/** Connect the buttons of the header and of the stage's notes, and go. */
export function begin(session) {
  element("back").addEventListener("click", () => session.back());
  element("retry").addEventListener("click", () => session.show());
  element("postpone").addEventListener("click", () => session.postpone());
  element("help-open").addEventListener("click", help);
  addEventListener("beforeunload", (event) => session.waiting && event.preventDefault());
  session.start();
}

export function help() {
  element("help").showModal();
}

/** A session on a page without a heat map: nothing to hide, to colour or to fade. */
export const NO_MAP = { opacity: null, colourMap: "", tau: null, hold: () => false, toggle: () => false };
