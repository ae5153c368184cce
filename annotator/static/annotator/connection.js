// Where a page's items come from and its answers go: the server; on a preview, nowhere.

import { Server } from "./server.js";
import { MemoryStorage, storage } from "./storage.js";

const element = (id) => document.getElementById(id);

/** `{server, storage, leave}`: see `server.js`; where answers wait; what follows the last one. */
export function connect(page) {
  const example = element("example");
  if (example) return preview(JSON.parse(example.textContent));
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  return { server: new Server(page, token), storage, leave: () => location.assign(page.thanks) };
}

/** The real page, on one example, as often as it is answered. Nothing is sent or stored. */
function preview(example) {
  const server = new ExampleServer(example, element("progress").max);
  return { server, storage: new MemoryStorage(), leave() {} };
}

class ExampleServer {
  #example;
  #total;
  #drawn = 0;
  #answers = new Set();

  constructor(example, total) {
    this.#example = example;
    this.#total = total;
  }

  async draw() {
    return Response.json(this.#items());
  }

  async submit({ answer_id: id, assignment }) {
    this.#answers.add(assignment);
    return Response.json({ saved: id, ...this.#items() });
  }

  async previous() {
    return Response.json({ item: null });
  }

  #items() {
    const trial = this.#drawn++;
    const items = [{ ...this.#example, id: `example-${trial}`, trial }];
    return { items, progress: { done: this.#answers.size, total: this.#total }, finished: false };
  }
}
