// Keeps a part of the page up to date while work goes on elsewhere.
//
// `<div data-live="URL">` holds a fragment whose first element says when to ask again
// (`data-every`, seconds; none: never), what to say aloud (`data-announce`) and, once there is
// nothing more to see here, where to go (`data-go`).

const live = document.querySelector("[data-live]");
const status = document.querySelector("[data-live-status]");
const RETRY_SECONDS = 10;

let timer = 0;
let said = live.firstElementChild.dataset.announce;
let shown = live.innerHTML.trim();

function follow() {
  const { every, announce, go } = live.firstElementChild.dataset;
  if (announce && announce !== said) status.textContent = said = announce;
  if (go) location.assign(go);
  else if (every) schedule(Number(every));
}

function schedule(seconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, seconds * 1000);
}

async function refresh() {
  // A hidden tab asks nothing; it catches up when it is looked at again.
  if (document.hidden) return;
  try {
    const response = await fetch(live.dataset.live, { credentials: "same-origin" });
    if (response.status >= 500) return schedule(RETRY_SECONDS);
    // Logged out, or gone: the whole page says so better.
    if (response.redirected || !response.ok) return location.reload();
    replace((await response.text()).trim());
    follow();
  } catch {
    schedule(RETRY_SECONDS);
  }
}

/** Nothing is touched that has not changed, and an open fold or the focus stays where it is. */
function replace(html) {
  if (html === shown) return;
  shown = html;
  const folds = new Map(Array.from(live.querySelectorAll("details[id]"), (fold) => [fold.id, fold.open]));
  const focused = live.contains(document.activeElement) ? place(document.activeElement) : null;
  live.innerHTML = html;
  for (const fold of live.querySelectorAll("details[id]")) {
    if (folds.has(fold.id)) fold.open = folds.get(fold.id);
  }
  if (focused) focusable().find((element) => place(element) === focused)?.focus();
}

function focusable() {
  return Array.from(live.querySelectorAll("a, button, summary, [tabindex]"));
}

function place(element) {
  return `${element.tagName} ${element.getAttribute("href") ?? element.textContent.trim()}`;
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && live.firstElementChild.dataset.every) refresh();
});
follow();
