// SPDX-License-Identifier: EUPL-1.2
// While an import runs its part of the page is renewed; at the end the page is loaded once more.

const EVERY = 1000;  // milliseconds

async function renew() {
  const part = document.getElementById("import");
  if (!part || !("running" in part.dataset)) return;
  try {
    const answer = await fetch("/import", { headers: { Accept: "text/html" } });
    if (answer.redirected) return void location.reload();  // logged out meanwhile
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("import");
    if (!next || !("running" in next.dataset)) return void location.reload();
    const before = part.querySelector("progress");
    const now = next.querySelector("progress");
    before.value = now.value;
    before.closest("label").firstChild.textContent = now.closest("label").firstChild.textContent;
  } catch {
    // the connection is lost: the next round may reach the house
  }
  setTimeout(renew, EVERY);
}

setTimeout(renew, EVERY);
