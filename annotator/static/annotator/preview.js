// The rating page of a study's settings: the real page, on one example. Nothing is sent or stored.

import { startPage } from "./page.js";
import { MemoryStorage } from "./storage.js";

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

const example = JSON.parse(document.getElementById("example").textContent);
const total = document.getElementById("progress").max;
startPage({ server: new ExampleServer(example, total), storage: new MemoryStorage(), leave() {} });
