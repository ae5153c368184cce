// The page's elements: what is shown, and nothing of what it means.

import { paint } from "./heat-map.js";

const element = (id) => document.getElementById(id);

export class Screen {
  #texts = element("texts").dataset;
  #choices = [...document.querySelectorAll("[role=radio]")];
  #scene = null;
  #hidden = false;

  get opacity() {
    return Number(element("opacity").value);
  }

  set opacity(value) {
    element("opacity").value = value;
    this.repaint();
  }

  /** What the rater sees now: 0 while the map is hidden. */
  get visibleOpacity() {
    return this.#hidden ? 0 : this.opacity;
  }

  /** True where the map was visible and now is not, or the other way round. */
  hideMap(hidden) {
    if (this.#hidden === hidden || !this.#scene) return false;
    this.#hidden = hidden;
    element("hold").classList.toggle("held", hidden);
    this.repaint();
    return true;
  }

  /** Show an item with its scene; `answer` is what was chosen before, or null. */
  showItem(item, scene, answer) {
    this.#scene = scene;
    this.#hidden = false;
    element("hold").classList.remove("held");
    this.#stage("overlay", "plain");
    paint(element("plain"), scene, 0);
    this.repaint();
    showPrompt(item);
    this.#check(answer);
    element("announcement").textContent = fill(this.#texts.announcement, item);
  }

  repaint() {
    if (this.#scene) paint(element("overlay"), this.#scene, this.visibleOpacity);
  }

  /** Answers are taken, or not: nothing can be judged before it is seen. */
  allowAnswers(allowed) {
    element("rate").setAttribute("aria-busy", String(!allowed));
    element("answers").setAttribute("aria-disabled", String(!allowed));
  }

  showWaiting() {
    this.#clear("waiting");
  }

  showFailure({ another }) {
    this.#clear("failure");
    element("postpone").hidden = !another;
  }

  showStopped(reason) {
    if (reason) element("stopped-reason").textContent = reason;
    this.#clear("stopped");
  }

  showProgress({ done, total }) {
    element("progress").value = done;
    element("progress").max = total;
    element("count").textContent = fill(this.#texts.of, { done, total });
  }

  /** `state` is "saved", "waiting" or "offline"; `text` overrides its usual words. */
  showStatus(state, count, text) {
    element("status").dataset.state = state;
    element("status").textContent = text ?? fill(this.#texts[state], { count });
  }

  /** Focus leaves the control that was used, so that the next key is about the new picture. */
  focusStage() {
    if (document.activeElement?.closest("#answers, #hold, #failure, header")) {
      element("stage").focus({ preventScroll: true });
    }
  }

  #clear(note) {
    this.#scene = null;
    this.allowAnswers(false);
    this.#stage(note);
    this.#check(null);
  }

  #stage(...shown) {
    for (const part of element("stage").children) part.hidden = !shown.includes(part.id);
  }

  #check(answer) {
    for (const choice of this.#choices) {
      const { score, optOut } = choice.dataset;
      const chosen = answer !== null && (optOut ?? "") === answer.opt_out && Number(score ?? 0) === Number(answer.score);
      choice.setAttribute("aria-checked", String(chosen));
      choice.tabIndex = -1;
    }
    const first = this.#choices.find((choice) => choice.ariaChecked === "true") ?? this.#choices[0];
    first.tabIndex = 0;
  }
}

/** The prompt with the judged word marked by its place: the same word may stand there twice. */
function showPrompt({ prompt, start, end, pos, question }) {
  const letters = [...prompt]; // places count characters, not UTF-16 units
  const mark = document.createElement("mark");
  mark.textContent = letters.slice(start, end).join("");
  const box = element("prompt");
  box.replaceChildren(letters.slice(0, start).join(""), mark, letters.slice(end).join(""));
  element("pos").textContent = pos;
  element("question").textContent = question;
  bringIntoView(box, mark);
}

/** A prompt longer than its box is turned to the line of the judged word. */
function bringIntoView(box, mark) {
  const overflows = box.scrollHeight > box.clientHeight;
  box.tabIndex = overflows ? 0 : -1;
  if (!overflows) return;
  const line = parseFloat(getComputedStyle(box).lineHeight);
  box.scrollTop = Math.max(0, Math.floor(mark.offsetTop / line) - 1) * line;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
