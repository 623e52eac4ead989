// SPDX-License-Identifier: EUPL-1.2
// The annotation page: one question, one key, and the next item is there. An answer counts at once here and
// goes out by itself; nothing waits for the network but what must not be known before one's own answer.

import { announce } from "../shell.js";
import { Ahead } from "./ahead.js";
import { Choice } from "./choice.js";
import { Clock } from "./clock.js";
import { Keys, keysDialog } from "./keys.js";
import { Outbox, ask, newId } from "./outbox.js";
import { Past, beginOf } from "./past.js";
import { Record } from "./record.js";
import { Spans } from "./spans.js";
import { alertIn, around, inWords, same, syncing } from "./view.js";

const REVEAL_PATIENCE = 1500;
const SEEN_MOST = 300;
const by = (id) => document.getElementById(id);
const root = by("work");
const data = JSON.parse(root.dataset.work);
const { task, words } = data;
const form = by("answer");
const base = `/tasks/${task.id}/work`;
const many = task.labels.length > 10;
const seen = [];  // items that are done with: they must not come again while their answers are on their way

const clock = new Clock(() => { alertIn(words.break); announce(words.break); });
const outbox = new Outbox(task.id, data.member, syncing(words), (entry, why) => {
  alertIn(words.refused.replace("{reason}", why), entry.body.item && { href: `${base}?item=${entry.body.item}`, words: words.open });
});
const ahead = new Ahead(task.id, data.wish, data.items, () => [...outbox.items, ...seen, current?.id].filter(Boolean), (note) => announce(note));
const past = new Past(by("past"), task.id, reopen);
const keys = new Keys(task, data.keys, many, words);
const panel = task.kind === "spans" ? new Spans(task, root, many, words, announce)
  : task.kind === "record" ? new Record(task, root, words, announce, by("text"))
    : new Choice(task, root, many, words, commit, announce);
if (many) panel.claimed = (event) => Boolean(keys.action(event));
let counting = 0;
let current = null;
let revealed = null;  // the own answer was given, and the model's is being looked at
let waiting = false;
let backwards = null;  // the last of the steps back that are under way

function show(item, said = "") {
  current = item;
  revealed = null;
  form.hidden = false;
  by("empty").hidden = true;
  around(item, data, Boolean(item.answer || item.before));
  if (task.kind !== "spans") { by("text").textContent = item.text; by("text").scrollTop = 0; }
  form.elements.item.value = item.id;
  panel.show(item, item.before ?? item.shown);
  by("comment").value = item.comment ?? "";
  by("comment-field").hidden = !by("comment").value;
  by("comment-button").setAttribute("aria-expanded", String(!by("comment-field").hidden));
  by("hard-button").setAttribute("aria-pressed", String(Boolean(item.hard)));
  clock.start();
  if (said) announce(`${said} ${words.next} ${item.text.slice(0, 300)}`);
}

async function next(said = "") {
  const item = ahead.take();
  if (item) { show(item, said); return; }
  current = null;
  form.hidden = true;
  announce(`${said} ${words.waiting}`);
  await outbox.empty();
  const state = await ahead.fill();
  if (current) return;
  if (ahead.items.length) { show(ahead.take(), said); return; }
  if (state === "away") { setTimeout(() => { if (!current) next(); }, 3000); return; }
  by("empty").hidden = false;
  by("mode").hidden = true;
  announce(words.done);
}

/** Keep a decision (null: skipped) and go on. */
async function commit(value) {
  if (!current || waiting || backwards) return;
  if (revealed) { if (same(value, revealed.mine)) { finish(words.saved); return; } }
  const item = current;
  const first = item.mode === "own_first" && !item.before && !revealed && value;
  const id = newId();
  const hard = by("hard-button").getAttribute("aria-pressed") === "true";
  const comment = by("comment").value.trim();
  const body = { item: item.id, id, skipped: !value, ms: clock.ms, hard, comment, ...(value ?? {}) };
  const said = inWords(task, words, value, item.text);
  const sent = outbox.push("answers", body);
  seen.unshift(item.id);
  seen.length = Math.min(seen.length, SEEN_MOST);
  clock.worked();
  past.add({ answer: id, item: item.id, payload: item, value, said, begin: beginOf(item.text), hard, unsaved: () => outbox.entries.some((one) => one.body.id === id) });
  sent.then((found) => { if (found) { past.saved(id); countSoon(); } });
  if (!first) { finish(said); return; }
  waiting = true;
  const found = await Promise.race([sent, new Promise((go) => { setTimeout(go, REVEAL_PATIENCE, null); })]);
  waiting = false;
  if (current !== item) return;
  if (!found?.reveal || same(found.reveal, value)) { finish(found?.reveal ? `${said}. ${words.agrees}` : said); return; }
  revealed = { mine: value, other: found.reveal };
  const line = words.reveal.replace("{mine}", said).replace("{other}", inWords(task, words, found.reveal, item.text));
  by("reveal-words").textContent = line;
  by("reveal").hidden = false;
  announce(line);
}

function finish(said) { revealed = null; next(said); }
function submit() {
  if (!current) return;
  if (revealed) { finish(words.saved); return; }
  const value = panel.value();
  if (value) commit(value);
}

function accept() {
  if (revealed) { const { other } = revealed; commit(other); return; }
  if (!current?.shown || current.before) return;
  if (task.kind === "single") commit(current.shown);
  else { panel.take(current.shown); commit(panel.value() ?? current.shown); }
}

function reject() {
  if (revealed) { finish(words.saved); return; }
  if (!current?.shown || current.before) return;
  const others = task.labels.filter((one) => !current.shown.labels.includes(one.key));
  if (task.kind === "single" && task.labels.length === 2) { commit({ labels: [others[0].key], spans: [], fields: [] }); return; }
  by("suggested").dataset.out = "";
  panel.show({ ...current, shown: null }, null);
  announce(words.reject);
}

/** One step back after the other, however fast the key is pressed; what is typed meanwhile is no answer. */
async function undo() {
  const mine = Promise.resolve(backwards).then(stepBack);
  backwards = mine;
  await mine;
  if (backwards === mine) backwards = null;
}

async function stepBack() {
  if (waiting) return;
  const entry = past.take();
  if (entry?.payload) {
    outbox.push("undo", { answer: entry.answer });
    back(entry.payload, entry.value);
    return;
  }
  if (!await outbox.empty()) { announce(words.needs_connection); return; }
  const answer = await ask(`${base}/undo`, { answer: entry?.answer ?? "" });
  if (answer.again) { if (entry) past.add(entry); announce(words.needs_connection); return; }
  if (!answer.found?.item) { announce(words.nothing_to_undo); return; }
  back(answer.found.item, answer.found.item.before);
}

/** An item whose answer was taken back comes first; what was on the screen comes after it. */
function back(item, value) {
  if (current && current.id !== item.id) ahead.putBack(current);
  const at = seen.indexOf(item.id);
  if (at >= 0) seen.splice(at, 1);
  show({ ...item, before: value, answer: "", kept: false }, "");
  announce(`${words.undone} ${item.text.slice(0, 200)}`);
}

async function reopen(entry) {
  let item = entry.payload;
  if (!item) {
    const answer = await ask(`${base}/items/${entry.item}`);
    if (!answer.found) { announce(words.needs_connection); return; }
    item = answer.found;
  }
  if (current && current.id !== item.id) ahead.putBack(current);
  show({ ...item, before: entry.value ?? item.before, answer: entry.answer }, "");
  announce(`${words.changed} ${item.text.slice(0, 200)}`);
}

async function reason() {
  const entry = current?.before || revealed ? { item: current.id } : past.entries[0];
  if (!entry || (current && !revealed && !current.before && current.shown && !past.entries.length)) { announce(words.reason_later); tell(words.reason_later); return; }
  await outbox.empty(1000);
  const answer = await ask(`${base}/reasons/${entry.item}`);
  const said = answer.found?.reason ? words.reason.replace("{reason}", answer.found.reason) : answer.error ?? words.no_reason;
  tell(entry.begin ? `${entry.begin}: ${said}` : said);
  announce(said);
}

function tell(said) { by("reason").textContent = said; by("reason").hidden = false; }

function hard() {
  const button = by("hard-button");
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  announce(on ? words.hard_on : words.hard_off);
}

function comment() {
  const field = by("comment-field");
  field.hidden = !field.hidden;
  by("comment-button").setAttribute("aria-expanded", String(!field.hidden));
  if (!field.hidden) by("comment").focus();
}

/** What is told of the progress is a moment old, and asked for once for many answers. */
function countSoon() {
  counting ||= setTimeout(() => { counting = 0; standing(); }, 1500);
}

async function standing() {
  const answer = await ask(`${base}/progress`);
  if (answer.found) by("progress").textContent = words.progress.replace(/\{(\w+)\}/g, (_, name) => answer.found[name]);
}

const help = keysDialog(keys, root, (own) => ask(`${base}/keys`, { keys: own }), announce);
const actions = { accept, reject, skip: () => commit(null), undo, reason, hard, comment, help };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || document.querySelector("dialog[open]") || event.isComposing) return;
  const at = event.target;
  if (panel.key?.(event)) { event.preventDefault(); return; }
  const field = at.matches("input:not([type=checkbox]), textarea, select");
  if (event.key === "Escape" && field) { at.blur(); return; }
  if (event.key === "Enter" && !event.ctrlKey && at.matches("textarea, button, a, summary")) return;
  if (event.key === "Enter" && current) { event.preventDefault(); if (revealed || task.kind !== "single") submit(); return; }
  if (field && (at.id !== "filter" || (at.value && !event.shiftKey))) return;
  if (event.key === " " && at.matches("button:focus-visible, input, summary, a")) return;
  const action = keys.action(event);
  if (!action || (!current && action !== "undo" && action !== "help")) return;
  event.preventDefault();
  if (action.startsWith("label:")) panel.set?.(action.slice(6));
  else actions[action]();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { submitter } = event;
  if (submitter?.id === "skip") commit(null);
  else if (submitter?.id === "undo") undo();
  else if (task.kind !== "single") submit();
});
const buttons = { accept, reject, keep: () => finish(words.saved), takeover: accept, "hard-button": hard, "comment-button": comment, "reason-button": reason, "help-button": help };
for (const [id, does] of Object.entries(buttons)) by(id).addEventListener("click", (event) => { if (event.detail) event.currentTarget.blur(); does(); });
for (const one of ["skip", "undo", "done"]) by(one)?.addEventListener("click", (event) => { if (event.detail) event.currentTarget.blur(); });
for (const one of root.querySelectorAll("[data-script]")) one.hidden = false;
for (const one of root.querySelectorAll("[data-label]")) one.dataset.ownCap = keys.caps.get(`label:${one.dataset.label}`) ?? "";
keys.print(root);
const busy = new Set(outbox.items);
ahead.items = ahead.items.filter((one) => !busy.has(one.id) || one.before);
const first = ahead.take();
if (first) show(first);
else by("comment-field").hidden = true;
root.dataset.live = "";
