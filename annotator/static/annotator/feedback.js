// What training says after an answer.

const element = (id) => document.getElementById(id);

/** Says what the right answer is and why; resolves when it has been read. */
export function showFeedback({ accepted, answer, why }, { score, opt_out: optOut }) {
  const { right, wrong } = element("feedback-title").dataset;
  element("feedback-title").textContent = accepted.includes(score ?? optOut) ? right : wrong;
  element("feedback-answer").textContent = answer;
  element("feedback-why").textContent = why;
  const dialog = element("feedback");
  dialog.showModal();
  return new Promise((read) => dialog.addEventListener("close", read, { once: true }));
}
