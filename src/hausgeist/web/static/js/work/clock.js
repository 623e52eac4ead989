// SPDX-License-Identifier: EUPL-1.2
// How long an item was looked at: time with the page out of sight does not count. After 45 minutes of work
// a break is suggested; five minutes without a decision are one.

const BREAK_AFTER = 45 * 60_000;
const PAUSE = 5 * 60_000;

export class Clock {
  constructor(rest) {
    this.rest = rest;
    this.begun = performance.now();
    this.seen = this.begun;
    this.working = this.begun;
    this.last = this.begun;
    this.spent = 0;
    document.addEventListener("visibilitychange", () => {
      const now = performance.now();
      if (document.hidden) this.spent += now - this.seen;
      this.seen = now;
    });
  }

  /** A new item is on the screen. */
  start() { this.spent = 0; this.seen = performance.now(); }

  /** Milliseconds that the item was looked at. */
  get ms() { return Math.round(this.spent + (document.hidden ? 0 : performance.now() - this.seen)); }

  /** Something was decided. */
  worked() {
    const now = performance.now();
    if (now - this.last > PAUSE) this.working = now;
    this.last = now;
    if (now - this.working > BREAK_AFTER) { this.working = now; this.rest(); }
  }
}
