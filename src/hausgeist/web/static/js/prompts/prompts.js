// SPDX-License-Identifier: EUPL-1.2
// Prompts behind a slash: "/" at the start of the field opens a list that follows the typing; arrows
// choose, Enter or Tab takes, Escape closes. A prompt with gaps asks for them in a dialog first. The
// words land in the field, to be changed and sent by the person. Nothing is stored here. Loaded by
// slash.js at the first slash.

import { announce } from "../chat/announce.js";
import { fields, filled } from "./variables.js";

const list = document.getElementById("slash");
const text = document.getElementById("text");
const words = list.dataset;
const dialog = document.createElement("dialog");

let rows = [];
let at = 0;
let asked = 0;
let timer = 0;
let dismissed = "";

const open = () => !list.hidden;

function typed() {
  const found = /^\/([^\n]{0,60})$/.exec(text.value);
  return found ? found[1] : null;
}

function close() {
  asked += 1;
  clearTimeout(timer);
  if (!open()) return;
  list.hidden = true;
  text.removeAttribute("aria-activedescendant");
}

function row(prompt, place) {
  const one = document.createElement("div");
  one.className = "slash__one";
  one.id = `slash-${place}`;
  one.setAttribute("role", "option");
  for (const [name, content] of [
    ["name", prompt.name], ["short", prompt.shortcut && `/${prompt.shortcut}`], ["text", prompt.description],
  ]) {
    const part = document.createElement("span");
    part.className = `slash__${name}`;
    part.textContent = content;
    one.append(part);
  }
  one.addEventListener("pointerdown", (event) => event.preventDefault());  // the focus stays
  one.addEventListener("pointermove", () => mark(place));
  one.addEventListener("click", () => take(place));
  return one;
}

function mark(place) {
  at = place;
  for (const [number, one] of [...list.children].entries()) {
    one.setAttribute("aria-selected", number === at);
  }
  text.setAttribute("aria-activedescendant", `slash-${at}`);
}

function show(found) {
  const before = rows.length;
  const opened = !open();
  rows = found;
  if (!rows.length) {
    close();
    if (before || opened) announce(words.none);
    return;
  }
  list.replaceChildren(...rows.map(row));
  list.hidden = false;
  mark(0);
  if (opened || before !== rows.length) announce(words.found.replace("{count}", rows.length));
}

/** Ask for the prompts of what was typed, and show them. */
export async function look() {
  const query = typed();
  if (query === null || text.value === dismissed) return close();
  dismissed = "";
  const mine = ++asked;
  let answer;
  try {
    const response = await fetch(`/library/pick?${new URLSearchParams({ q: query })}`);
    if (!response.ok) return;
    answer = await response.json();
  } catch {
    return;  // the slash is a letter like any other
  }
  if (mine === asked && typed() !== null) show(answer.prompts);
}

async function take(place) {
  const chosen = rows[place];
  close();
  let prompt;
  try {
    const response = await fetch(`/library/${chosen.id}/prompt`);
    if (!response.ok) throw new Error();
    prompt = await response.json();
  } catch {
    announce(words.lost);
    return;
  }
  if (prompt.variables.length) ask(prompt);
  else put(prompt.text);
}

function ask(prompt) {
  const { made, values } = fields(prompt.variables, "gap-");
  title.textContent = prompt.name;
  form.querySelector(".gaps").replaceChildren(...made);
  form.onsubmit = () => put(filled(prompt.text, prompt.variables, values));
  dialog.showModal();
}

function put(content) {
  text.value = content.slice(0, text.maxLength > 0 ? text.maxLength : undefined);
  dismissed = text.value;
  text.dispatchEvent(new Event("input", { bubbles: true }));  // the draft is kept, the field grows
  dialog.close();
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
}

function key(event) {
  if (!open() || event.isComposing) return;
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) {
    mark((at + steps[event.key] + rows.length) % rows.length);
    list.children[at].scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && !event.shiftKey || event.key === "Tab" && !event.shiftKey) {
    take(at);
  } else if (event.key === "Escape") {
    dismissed = text.value;
    close();
  } else {
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();  // Enter does not send, Escape does not stop an answer
}

function element(kind, name, ...content) {
  const made = document.createElement(kind);
  made.className = name;
  made.append(...content);
  return made;
}

const title = element("h2", "dialog__title");
const cancel = element("button", "button button--ghost", words.cancel);
const form = element("form", "form", element("div", "gaps form"), element("div", "dialog__tools",
  cancel, element("button", "button button--primary", words.put)));
title.id = "gaps-title";
cancel.type = "button";
form.method = "dialog";
dialog.id = "gaps";
dialog.className = "dialog";
dialog.setAttribute("aria-labelledby", title.id);
dialog.append(title, form);
document.getElementById("chat").append(dialog);
cancel.addEventListener("click", () => dialog.close());

text.setAttribute("aria-autocomplete", "list");
text.setAttribute("aria-haspopup", "listbox");
text.setAttribute("aria-controls", "slash");
text.addEventListener("keydown", key, true);
text.addEventListener("blur", () => setTimeout(() => document.activeElement !== text && close(), 100));
text.addEventListener("input", () => {
  clearTimeout(timer);
  if (typed() === null) close();
  else timer = setTimeout(look, 80);
});
dialog.addEventListener("close", () => text.focus());
dialog.addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.stopPropagation();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
