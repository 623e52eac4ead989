// SPDX-License-Identifier: EUPL-1.2
// Background work on a page: how far it is, every second. Its beginning and its end are announced; the focus
// stays where it is. Without this script, reloading the page shows the same.

const EVERY = 1000;
const SLOW = 10000;  // while the house does not answer, or the page is not looked at

for (const card of document.querySelectorAll("[data-job]")) watch(card);

function watch(card) {
  const status = card.querySelector("[data-job-status]");
  let state = card.querySelector("[data-job-part]").dataset.state;

  async function look() {
    if (document.hidden) return EVERY;
    const response = await fetch(`/jobs/${card.dataset.job}/part`).catch(() => null);
    if (response?.redirected || response?.status === 404) return 0;  // logged out, or gone
    if (!response?.ok) return SLOW;
    const found = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-job-part]");
    const part = card.querySelector("[data-job-part]");
    const bar = part.querySelector("progress");
    const next = found.querySelector("progress");
    if (bar && next && found.dataset.state === part.dataset.state && bar.position >= 0 === next.position >= 0) advance(part, found);
    else part.replaceWith(found);
    if (found.dataset.state !== state) {
      state = found.dataset.state;
      status.textContent = found.dataset.words;
    }
    if (!("over" in found.dataset)) return EVERY;
    finish();
    return 0;
  }

  // The bar stays the same element, so that it moves and readers' software does not lose it.
  function advance(part, found) {
    const [bar, next] = [part, found].map((one) => one.querySelector("progress"));
    bar.max = next.max;
    if (next.hasAttribute("value")) bar.value = next.value;
    const notes = [part, found].map((one) => [...one.querySelectorAll(".progress__note")]);
    if (notes[0].length !== notes[1].length) part.replaceWith(document.importNode(found, true));
    else notes[0].forEach((note, place) => { note.textContent = notes[1][place].textContent; });
  }

  function finish() {
    const cancel = card.querySelector("[data-job-cancel]");
    const again = card.querySelector("[data-job-again]");
    again.hidden = false;
    if (cancel.contains(document.activeElement)) again.querySelector("a").focus();  // it would be lost
    cancel.remove();
    card.dispatchEvent(new CustomEvent("job:over", { bubbles: true }));
  }

  async function go() {
    const pause = await look();
    if (pause) setTimeout(go, pause);
  }

  setTimeout(go, EVERY);
}
