// SPDX-License-Identifier: EUPL-1.2
// Copying answers: formatted (HTML beside plain words), as the Markdown they were written in, and tables
// for spreadsheets. Without ClipboardItem the plain words are copied; without permission they are marked.

import { announce } from "./announce.js";

const DONE = 1500;  // milliseconds that a button says so

document.addEventListener("click", (event) => {
  const button = event.target.closest(".turn [data-copy], .turn [data-source], .table__copy");
  if (!button) return;
  event.stopPropagation();  // js/shell.js copies words only
  if (button.dataset.source) copy(button, null, { "text/plain": source(button.dataset.source) });
  else if (button.dataset.copy) formatted(button, document.querySelector(button.dataset.copy));
  else grid(button, button.closest(".grid").querySelector("table"));
}, true);

function formatted(button, prose) {
  copy(button, prose, { "text/html": plainer(prose).innerHTML, "text/plain": prose.innerText });
}

function grid(button, table) {
  const lines = [...table.rows].map((row) =>
    [...row.cells].map((cell) => cell.innerText.replace(/\s+/g, " ").trim()).join("\t"));
  const box = document.createElement("div");
  box.append(table.cloneNode(true));
  copy(button, table, { "text/html": plainer(box).innerHTML, "text/plain": lines.join("\n") });
}

async function source(address) {
  const answer = await fetch(address, { headers: { Accept: "text/markdown" } });
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  return answer.text();
}

/** What other programs need of the blocks: no buttons, no classes, lines around tables. */
function plainer(element) {
  const copied = element.cloneNode(true);
  copied.querySelectorAll("button, .code__head").forEach((one) => one.remove());
  copied.querySelectorAll("table").forEach((one) => one.setAttribute("border", "1"));
  for (const one of copied.querySelectorAll("*")) {
    for (const { name } of [...one.attributes]) {
      if (name === "class" || name === "title" || name === "target" || name.startsWith("data-")) one.removeAttribute(name);
    }
  }
  return copied;
}

async function copy(button, shown, kinds) {
  try {
    await write(kinds);
  } catch {
    if (shown) getSelection().selectAllChildren(shown);
    return;
  }
  button.dataset.done = "";
  announce(document.body.dataset.copied);
  setTimeout(() => delete button.dataset.done, DONE);
}

async function write(kinds) {
  if (!("ClipboardItem" in window)) {
    await navigator.clipboard.writeText(await kinds["text/plain"]);
    return;
  }
  const parts = Object.entries(kinds).map(([type, words]) =>
    [type, Promise.resolve(words).then((text) => new Blob([text], { type }))]);
  await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(parts))]);
}
