// SPDX-License-Identifier: EUPL-1.2
// Items that come next, fetched before they are needed: the one after this is always in memory.

import { ask } from "./outbox.js";

const FEW = 6;
const COUNT = 10;

export class Ahead {
  /** `items`: those that came with the page; `busy()`: ids that must not come again; `note(words)`. */
  constructor(task, wish, items, busy, note) {
    this.path = `/tasks/${task}/work/next`;
    this.wish = wish;
    this.items = items;
    this.busy = busy;
    this.note = note;
    this.asking = null;
    this.ended = false;
  }

  /** The next item out of memory, or undefined; what comes after it is fetched meanwhile. */
  take() {
    const next = this.items.shift();
    if (this.items.length < FEW) this.fill();
    return next;
  }

  /** An item to come next. */
  putBack(item) { this.items.unshift(item); }

  /** Fetch more; resolves with "more", "end" or "away". */
  fill() {
    this.asking ??= this.fetch().finally(() => { this.asking = null; });
    return this.asking;
  }

  async fetch() {
    if (this.ended) return "end";
    const have = [...new Set([...this.items.map((one) => one.id), ...this.busy()])].slice(0, 200);
    const answer = await ask(this.path, { ...this.wish, count: COUNT, have });
    if (!answer.found) return "away";
    const known = new Set([...have, ...this.busy(), ...this.items.map((one) => one.id)]);
    const fresh = answer.found.items.filter((one) => !known.has(one.id));
    this.items.push(...fresh);
    if (answer.found.note) this.note(answer.found.note);
    return fresh.length ? "more" : "end";
  }
}
