// SPDX-License-Identifier: EUPL-1.2
// What every page can do with a script and does not need one for: menus close when one leaves them,
// copy buttons copy. Nothing here fetches or stores.

const status = document.getElementById("status");

/** Say something to readers' software without moving the focus. */
export function announce(words) {
  status.textContent = "";
  requestAnimationFrame(() => { status.textContent = words; });
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".code__copy, [data-copy]");
  if (!button) return;
  const source = button.dataset.copy
    ? document.querySelector(button.dataset.copy)
    : button.closest("figure").querySelector("pre");
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);  // no permission: at least it is marked
    return;
  }
  button.dataset.done = "";
  announce(document.body.dataset.copied);
  setTimeout(() => delete button.dataset.done, 1500);
});

// Announcements are said once in a browser's session, and put away without leaving the page.
const said = new Set((sessionStorage.getItem("said") ?? "").split(" "));
const fresh = [...document.querySelectorAll("[data-announcement]")].filter(
  (bar) => !said.has(bar.dataset.announcement),
);
if (fresh.length) {
  announce(fresh.map((bar) => bar.querySelector(".bar__text").textContent).join(" "));
  for (const bar of fresh) said.add(bar.dataset.announcement);
  sessionStorage.setItem("said", [...said].join(" "));
}

document.addEventListener("submit", async (event) => {
  const bar = event.target.closest("[data-announcement]");
  if (!bar) return;
  event.preventDefault();
  const answer = await fetch(event.target.action, { method: "POST", redirect: "manual", body: new URLSearchParams() });
  if (answer.type !== "opaqueredirect" && !answer.ok) { event.target.submit(); return; }
  const all = bar.parentElement;
  bar.remove();
  if (!all.children.length) all.remove();
  document.getElementById("main").focus({ preventScroll: true });
});

for (const here of document.querySelectorAll(".tabs [aria-current], .tabs--side [aria-current]")) {
  const row = here.parentElement;
  if (row.scrollWidth > row.clientWidth) {
    row.scrollLeft += here.getBoundingClientRect().left - row.getBoundingClientRect().left - 40;
  }
}
