// SPDX-License-Identifier: EUPL-1.2
// Loads the list of prompts at the first slash.

const text = document.getElementById("text");

async function wake() {
  if (!text.value.startsWith("/")) return;
  text.removeEventListener("input", wake);
  (await import("../prompts/prompts.js")).look();
}

text?.addEventListener("input", wake);
