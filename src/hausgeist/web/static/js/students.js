// SPDX-License-Identifier: EUPL-1.2
// While a training runs, its learning curves grow. Without this script, reloading the page shows the same.

const EVERY = 2000;
const SLOW = 10000;  // while the house does not answer

for (const place of document.querySelectorAll("[data-live]")) watch(place);

function watch(place) {
  let over = false;
  document.addEventListener("job:over", () => { over = true; });

  async function look() {
    if (document.hidden) return EVERY;
    const response = await fetch(place.dataset.live).catch(() => null);
    if (response?.redirected || response?.status === 404) return 0;  // logged out, or gone
    if (!response?.ok) return SLOW;
    const found = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!over && found.body.children.length) place.replaceChildren(...found.body.children);
    return over ? 0 : EVERY;
  }

  async function go() {
    const pause = await look();
    if (pause) setTimeout(go, pause);
  }

  setTimeout(go, EVERY);
}
