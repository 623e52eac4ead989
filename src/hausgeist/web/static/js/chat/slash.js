// SPDX-License-Identifier: EUPL-1.2
// Wakes the list of prompts at the first slash; until then nobody loads it.

const text = document.getElementById("text");

async function wake() {
  if (!text.value.startsWith("/")) return;
  text.removeEventListener("input", wake);
  (await import("../prompts/prompts.js")).look();
}

text?.addEventListener("input", wake);
