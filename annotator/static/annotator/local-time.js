// <local-time><time datetime="…">14:02 UTC</time></local-time>: the same moment on the reader's clock,
// written as their browser writes times.
// An element of its own, so that a fragment put into the page later needs no further call.

const FORMATS = {
  time: { hour: "2-digit", minute: "2-digit" },
  moment: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  weekday: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
};

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const format = new Intl.DateTimeFormat(undefined, FORMATS[this.getAttribute("format")]);
    time.textContent = format.format(new Date(time.dateTime));
  }
}

customElements.define("local-time", LocalTime);
