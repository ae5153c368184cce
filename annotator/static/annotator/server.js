// What is asked of the server.

export class Server {
  #addresses;
  #headers;

  /** `addresses`: `draw`, `submit` and `previous`; `token` proves that the request is this page's. */
  constructor(addresses, token) {
    this.#addresses = addresses;
    this.#headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  }

  draw(want) {
    return this.#post(this.#addresses.draw, { want });
  }

  /** One answer out, and the `want` items that come next in. */
  submit(answer, want, signal) {
    return this.#post(this.#addresses.submit, { answer, want }, signal);
  }

  previous(before) {
    return fetch(`${this.#addresses.previous}?before=${before}`);
  }

  #post(url, content, signal) {
    const body = JSON.stringify(content);
    // Kept alive: an answer that has set out arrives even if the page is left.
    return fetch(url, { method: "POST", headers: this.#headers, body, signal, keepalive: true });
  }
}
