// SPDX-License-Identifier: EUPL-1.2
// Events of a turn, read from a response as they come. A stream that breaks off is taken up again after
// the last number seen; the turn itself goes on in the house meanwhile.

const LONGEST_WAIT = 10000;  // milliseconds between two attempts, at most

/** The frames of a response: id, event and data of each. A connection that breaks ends them. */
export async function* frames(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ done: true }));
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

const pause = (milliseconds) => new Promise((go) => { setTimeout(go, milliseconds); });

/**
 * Follow a turn until nothing more comes of it; gives the state it ended in.
 * `on(kind, data)` takes each event, `over(state)` is told the end (a title may still come after it),
 * `lost()` when the connection breaks.
 */
export async function follow(address, after, { on, over, lost }) {
  let state;
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetch(`${address}?after=${after}`).catch(() => null);
    if (response?.status === 404) state = "gone";
    if (response?.status === 401) { location.assign("/login"); state = "gone"; }
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
