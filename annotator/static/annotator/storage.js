// The browser's storage; this page's memory where it is forbidden or full.

export const storage = usableStorage();

function usableStorage() {
  try {
    localStorage.setItem("daam-probe", "");
    localStorage.removeItem("daam-probe");
    return localStorage;
  } catch {
    return new MemoryStorage();
  }
}

export class MemoryStorage {
  #entries = new Map();

  get length() {
    return this.#entries.size;
  }

  key(index) {
    return [...this.#entries.keys()][index];
  }

  getItem(key) {
    return this.#entries.get(key) ?? null;
  }

  setItem(key, value) {
    this.#entries.set(key, value);
  }

  removeItem(key) {
    this.#entries.delete(key);
  }
}
