// SPDX-License-Identifier: EUPL-1.2
// Variables of prompts, as hausgeist.chat.library.variables has them: {{name}}, {{name:long}},
// {{name:one|other}}, {{name=default}}. Plain replacement; values are put in as they are.

const VARIABLE = /\{\{([^{}\n]{1,600})\}\}/g;
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_ -]*$/u;

function parsed(words) {
  const at = words.indexOf("=");
  const head = at < 0 ? words : words.slice(0, at);
  const given = at < 0 ? "" : words.slice(at + 1).trim();
  const colon = head.indexOf(":");
  const name = (colon < 0 ? head : head.slice(0, colon)).trim().split(/\s+/).join(" ");
  const kind = colon < 0 ? "" : head.slice(colon + 1).trim();
  const long = kind === "long";
  const choices = long || !kind ? [] : [...new Set(kind.split("|").map((one) => one.trim()).filter(Boolean))];
  return { name, long, choices, default: choices.length && at < 0 ? choices[0] : given };
}

/** The variables of a text, in the order they first come. What is none is left out; the server says why. */
export function variables(text) {
  const found = new Map();
  for (const [, words] of text.matchAll(VARIABLE)) {
    const one = parsed(words);
    if (NAME.test(one.name) && !found.has(one.name)) found.set(one.name, one);
  }
  return [...found.values()];
}

/** The text as plain pieces and filled ones: pairs of words and whether they stand for a variable. */
export function pieces(text, known, values) {
  const byName = new Map(known.map((one) => [one.name, one]));
  const found = [];
  let end = 0;
  for (const place of text.matchAll(VARIABLE)) {
    const one = byName.get(parsed(place[1]).name);
    if (!one) continue;
    found.push([text.slice(end, place.index), false], [values.get(one.name) || one.default, true]);
    end = place.index + place[0].length;
  }
  found.push([text.slice(end), false]);
  return found;
}

export function filled(text, known, values) {
  return pieces(text, known, values).map(([words]) => words).join("");
}

/** Fields for variables, each in a label's company; `changed` is called with the values so far. */
export function fields(known, prefix, changed = () => {}) {
  const values = new Map(known.map((one) => [one.name, one.default]));
  const made = known.map((one, place) => {
    const field = document.createElement("div");
    field.className = "field";
    const label = document.createElement("label");
    label.className = "field__label";
    label.textContent = one.name;
    label.htmlFor = `${prefix}${place}`;
    const input = document.createElement(one.choices.length ? "select" : one.long ? "textarea" : "input");
    input.className = "input";
    input.id = label.htmlFor;
    input.autocomplete = "off";
    if (one.long) input.rows = 5;
    for (const choice of one.choices) input.append(new Option(choice, choice));
    input.value = one.default;
    input.addEventListener("input", () => { values.set(one.name, input.value); changed(values); });
    field.append(label, input);
    return field;
  });
  return { made, values };
}
