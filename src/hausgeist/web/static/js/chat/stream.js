// SPDX-License-Identifier: EUPL-1.2
// Events of a turn, read from a response as they come. A stream that breaks off is taken up again after
// the last number seen; the turn itself goes on in the house meanwhile.

import { toLogin } from "./login.js";

const LONGEST_WAIT = 10000;  // milliseconds between two attempts, at most
const SILENCE = 40000;  // milliseconds without a byte; the house gives a sign of life every 15 seconds

/** What is read next; a connection that breaks, or has died without a word, is done. */
async function heard(reader) {
  let timer;
  const dead = new Promise((go) => { timer = setTimeout(() => { reader.cancel().catch(() => {}); go({ done: true }); }, SILENCE); });
  const next = await Promise.race([reader.read().catch(() => ({ done: true })), dead]);
  clearTimeout(timer);
  return next;
}

/** The frames of a response: id, event and data of each. A connection that breaks ends them. */
export async function* frames(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await heard(reader);
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const frame = Object.fromEntries(part.split("\n").map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)];
      }));
      if (frame.data) yield frame;
    }
  }
}

/** Wait; a network that comes back ends the waiting. */
const pause = (milliseconds) => new Promise((go) => {
  setTimeout(go, milliseconds);
  addEventListener("online", go, { once: true });
});

/** A response, or null if none comes. */
async function asked(address) {
  const control = new AbortController();
  const late = setTimeout(() => control.abort(), SILENCE);
  const response = await fetch(address, { signal: control.signal }).catch(() => null);
  clearTimeout(late);
  return response;
}

/**
 * Follow a turn until nothing more comes of it; gives the state it ended in.
 * `on(kind, data)` takes each event, `over(state)` is told the end (a title may still come after it),
 * `lost()` when the connection breaks.
 */
export async function follow(address, after, { on, over, lost }) {
  let state;
  for (let attempt = 0; ; attempt += 1) {
    const response = await asked(`${address}?after=${after}`);
    if (response?.status === 404) state = "gone";
    if (response?.status === 401) { toLogin(); state = "gone"; }
    for await (const frame of response?.ok ? frames(response) : []) {
      attempt = 0;
      after = Math.max(after, Number(frame.id));
      const data = JSON.parse(frame.data);
      on(frame.event, data);
      if (frame.event === "end" || (frame.event === "whole" && data.state !== "running")) {
        state = data.state;
        over(state);
      }
    }
    if (state === "gone") over(state);
    if (state) return state;
    if (attempt === 1) lost();
    await pause(Math.min(300 * 2 ** attempt, LONGEST_WAIT));
  }
}
