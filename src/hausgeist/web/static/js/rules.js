// SPDX-License-Identifier: EUPL-1.2
// The rules of a task: what a draft would find while it is typed, and keys for proposals. Works without it.

const WAIT = 250;

const form = document.querySelector("form[data-rule]");
const trial = document.getElementById("trial");

if (form && trial) {
  let timer = 0;
  let running = null;
  const ask = async () => {
    if (!form.pattern.value.trim()) {
      trial.replaceChildren();
      return;
    }
    running?.abort();
    const mine = new AbortController();
    running = mine;
    trial.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.try, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        signal: mine.signal,
      });
      if (answer.ok) trial.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") trial.textContent = "";
    } finally {
      if (running === mine) trial.removeAttribute("aria-busy");
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  if (form.pattern.value.trim() && !trial.children.length) ask();
}

const list = document.querySelector("[data-proposals]");

if (list) {
  const rows = [...list.children];
  document.querySelector("[data-keys]").hidden = false;
  const at = () => rows.findIndex((row) => row.contains(document.activeElement));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const key = event.key.toLowerCase();
    const now = at();
    if (key === "j" || key === "k") {
      const to = now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + (key === "j" ? 1 : -1)));
      rows[to].focus();
      event.preventDefault();
    } else if (now >= 0 && (key === "a" || key === "x")) {
      rows[now].querySelector(key === "a" ? "[data-accept]" : "[data-reject]").requestSubmit();
      event.preventDefault();
    }
  });
}
