// SPDX-License-Identifier: EUPL-1.2
// What was decided goes out one after another, and is kept in this browser until the house has it: a reload
// or a lost connection loses nothing. Every answer has an id of our making, so sending twice is harmless.
// Each entry has a key of its own, named by the member: two windows, or two people, never mix.

const WAITS = [1000, 2000, 4000, 8000, 15000];

/** An id for an answer: 32 hexadecimal digits. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  /** `changed(count, state)` is told how many wait, and whether there is a connection; `refused(entry, why)`. */
  constructor(task, member, changed, refused) {
    this.base = `/tasks/${task}/work/`;
    this.prefix = `hausgeist.work.${task}.${member}.`;
    this.changed = changed;
    this.refused = refused;
    this.entries = this.kept();
    this.waiting = new Map();
    this.tries = 0;
    this.sending = false;
    addEventListener("online", () => { this.tries = 0; this.send(); });
    this.tell("ok");
    this.send();
  }

  /** What an earlier visit left, in its order. */
  kept() {
    const found = [];
    try {
      for (let at = 0; at < localStorage.length; at += 1) {
        const key = localStorage.key(at);
        if (key.startsWith(this.prefix)) found.push({ key, ...JSON.parse(localStorage.getItem(key)) });
      }
    } catch { /* no storage, or not ours: memory has to do */ }
    return found.sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  get count() { return this.entries.length; }

  /** The items whose answers wait. */
  get items() { return this.entries.map((one) => one.body.item).filter(Boolean); }

  /** Send something; resolves with the house's answer, or null where it is refused. */
  push(path, body) {
    const place = `${Date.now()}`.padStart(15, "0") + `${Outbox.number += 1}`.padStart(6, "0");
    const entry = { key: this.prefix + place, path, body };
    this.entries.push(entry);
    try { localStorage.setItem(entry.key, JSON.stringify({ path, body })); } catch { /* full */ }
    const done = new Promise((resolve) => this.waiting.set(entry.key, resolve));
    this.tell(this.tries ? "offline" : "ok");
    this.send();
    return done;
  }

  tell(state) { this.changed(this.entries.length, state); }

  async send() {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    while (this.entries.length) {
      const entry = this.entries[0];
      const answer = await ask(this.base + entry.path, entry.body);
      if (answer.again) {
        this.timer = setTimeout(() => this.send(), WAITS[Math.min(this.tries, WAITS.length - 1)]);
        this.tries += 1;
        this.sending = false;
        this.tell(answer.login ? "login" : "offline");
        return;
      }
      this.tries = 0;
      this.entries.shift();
      try { localStorage.removeItem(entry.key); } catch { /* as above */ }
      if (answer.error) this.refused(entry, answer.error);
      this.waiting.get(entry.key)?.(answer.error ? null : answer.found);
      this.waiting.delete(entry.key);
      this.tell("ok");
    }
    this.sending = false;
  }

  /** Everything that was decided is in the house; false after a while without a connection. */
  async empty(patience = 3000) {
    const end = Date.now() + patience;
    while (this.entries.length && Date.now() < end) await new Promise((go) => { setTimeout(go, 40); });
    return !this.entries.length;
  }
}
Outbox.number = 0;

/** Ask the house; `again` where a later attempt may succeed, `error` in words where none will. */
export async function ask(path, body) {
  try {
    const answer = await fetch(path, body === undefined ? {} : {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    if (answer.ok) return { found: await answer.json() };
    if (answer.status === 401) return { again: true, login: true };
    if (answer.status === 429 || answer.status >= 500) return { again: true };
    const said = await answer.json().catch(() => ({}));
    return { error: said.error?.message ?? said.error ?? `${answer.status}` };
  } catch {
    return { again: true };
  }
}
