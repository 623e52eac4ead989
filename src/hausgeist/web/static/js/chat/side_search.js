// SPDX-License-Identifier: EUPL-1.2
// The search beside the chat: results while one types, keys that lead there and through everything.

import { announce } from "./announce.js";
import { page } from "./side_list.js";

const side = document.getElementById("side");
const body = document.getElementById("side-body");
const field = document.getElementById("side-search");
const found = document.getElementById("side-found");
const menu = document.getElementById("side-menu");
const PAUSE = 150;  // milliseconds without a key after which it asks

let asking = null;
let pause = 0;

async function ask() {
  asking?.abort();
  const words = field.value;
  found.hidden = !words.trim();
  body.hidden = !found.hidden;
  if (found.hidden) return;
  asking = new AbortController();
  try {
    const address = `/search/live?${new URLSearchParams({ q: words })}`;
    found.innerHTML = await (await page(address, { signal: asking.signal })).text();
    announce(found.querySelector("[data-words]").dataset.words);
  } catch (error) {
    if (error.name !== "AbortError") found.textContent = side.dataset.failed;
  }
}

function toSearch() {
  if (!side.checkVisibility()) side.showPopover();
  field.focus();
  field.select();
}

field.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(ask, PAUSE);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const combined = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
  if (!combined && !(event.key === "/" && plain && !typing)) return;
  event.preventDefault();
  toSearch();
});

/** Arrows go through results, rows and the menu; Esc leaves the search as it was before. */
side.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && (event.target === field || found.contains(event.target))) {
    event.preventDefault();
    event.stopPropagation();
    if (!field.value) document.getElementById("text")?.focus();
    field.value = "";
    ask();
    if (event.target !== field) field.focus();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.matches(".side__edit")) return;
  const within = menu.matches(":popover-open") ? menu : side;
  const all = within === menu ? "[role=menuitem]" : "#side-search, #side-found a, #side-body :is(.side__link, .side__open)";
  const stops = [...within.querySelectorAll(all)].filter((one) => one.checkVisibility());
  const next = stops[stops.indexOf(event.target) + step];
  if (!next || !stops.includes(event.target)) return;
  event.preventDefault();
  next.focus();
});
