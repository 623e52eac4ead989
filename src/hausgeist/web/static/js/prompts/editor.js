// SPDX-License-Identifier: EUPL-1.2
// The editor of a prompt shows its gaps and the finished text while one writes. The server checks.

import { fields, pieces, variables } from "./variables.js";

const source = document.getElementById("text");
const preview = document.getElementById("preview");
const blanks = document.getElementById("preview-blanks");
const result = document.getElementById("preview-text");
let shape = "";
let values = new Map();

function show(known) {
  result.replaceChildren(...pieces(source.value, known, values).map(([words, gap]) => {
    if (!gap) return document.createTextNode(words);
    const mark = document.createElement("mark");
    mark.textContent = words || "…";
    return mark;
  }));
}

function follow() {
  const known = variables(source.value);
  const now = JSON.stringify(known);
  if (now !== shape) {
    shape = now;
    const before = values;
    const form = fields(known, "preview-", () => show(known));
    values = form.values;
    for (const [place, one] of known.entries()) {
      const kept = before.get(one.name);
      if (!kept || (one.choices.length && !one.choices.includes(kept))) continue;
      values.set(one.name, kept);
      form.made[place].lastElementChild.value = kept;
    }
    blanks.replaceChildren(...form.made);
  }
  preview.hidden = !source.value.trim();
  show(known);
}

source.addEventListener("input", follow);
follow();
