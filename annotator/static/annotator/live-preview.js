// Keeps the preview of the rating screen at what is filled in. Without this, a button does it.

const PAUSE_MS = 400;
// Long, secret, or not on the rating screen.
const LEFT_OUT = ["csrfmiddlewaretoken", "consent_text", "instructions"];

const section = document.querySelector("[data-preview]");
const frame = section.querySelector("iframe");
const form = document.getElementById("study-form");
let timer = 0;

function show() {
  const filled = new FormData(form);
  for (const name of LEFT_OUT) filled.delete(name);
  // Replaced, not gone to: the way back leaves the form, not the preview.
  frame.contentWindow.location.replace(`${section.dataset.preview}?${new URLSearchParams(filled)}`);
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE_MS);
});
section.querySelector("button").hidden = true;
