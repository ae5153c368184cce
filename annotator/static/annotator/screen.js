// The page's elements: what is shown, and nothing of what it means.

const element = (id) => document.getElementById(id);

export class Screen {
  #texts = element("texts").dataset;
  #choices = [...document.querySelectorAll("[role=radio]")];
  #easel;
  #scene = null;

  /** `easel`: what pictures are shown on; see `easel.js`. */
  constructor(easel) {
    this.#easel = easel;
  }

  /** Show an item with its scene; `answer` is what was chosen before, or null. */
  showItem(item, scene, answer) {
    this.#scene = scene;
    this.#stage(...this.#easel.parts);
    this.#easel.show(scene, answer, item);
    showPrompt(item);
    this.#check(answer);
    element("announcement").textContent = fill(this.#texts.announcement, item);
  }

  /** How large the rater sees it, in CSS pixels, and on what kind of page. */
  measure() {
    const { width, height } = this.#scene.picture;
    const box = element(this.#easel.parts[0]).getBoundingClientRect(); // the picture fits into it
    const scale = Math.min(box.width / width, box.height / height);
    return {
      picture_width: Math.round(scale * width),
      picture_height: Math.round(scale * height),
      viewport_width: innerWidth,
      viewport_height: innerHeight,
      pixel_ratio: devicePixelRatio,
      pinch_zoom: visualViewport?.scale ?? null,
      side_by_side: this.#easel.parts.length > 1 && element(this.#easel.parts[1]).checkVisibility(),
      language: document.documentElement.lang,
    };
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
    if (document.activeElement?.closest("#answers, #hold, #toggle, #failure, header")) {
      element("stage").focus({ preventScroll: true });
    }
  }

  #clear(note) {
    this.#scene = null;
    this.#easel.clear();
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
    if (first) first.tabIndex = 0;
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
