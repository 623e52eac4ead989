// SPDX-License-Identifier: EUPL-1.2
// A temporary chat: this page alone holds what was said, in its memory, and sends it along with each
// question. The answer comes on the response itself; leaving the page ends it. Nothing is stored here.

import { announce } from "./chat/announce.js";
import { looksFirst } from "./chat/corrections.js";
import { toLogin } from "./chat/login.js";
import { frames } from "./chat/stream.js";
import { Thread } from "./chat/thread.js";

const words = document.getElementById("chat").dataset;
const form = document.getElementById("composer");
const { text, model, class: dataClass } = form.elements;
const send = document.getElementById("send");
const stop = document.getElementById("stop");
const papers = document.getElementById("papers");
const thread = new Thread(document.getElementById("thread"));
const touch = matchMedia("(pointer: coarse)");
const mic = document.getElementById("mic");

const said = JSON.parse(document.getElementById("history").value);  // [{ role, text, files }]
let held = [];  // files that go with the next question
let wants = false;
let running = null;  // the AbortController of the answer that is being written

function problem(message, html = "") {
  const place = document.getElementById("problem");
  place.innerHTML = html;
  if (html) return;
  if (!message) return;
  const notice = document.createElement("div");
  notice.className = "notice notice--bad";
  notice.setAttribute("role", "alert");
  notice.textContent = message;
  place.append(notice);
}

async function refusal(response) {
  if (response.status === 401) toLogin();
  const answer = await response.json().catch(() => ({}));
  return [answer.error?.message ?? answer.error ?? words.unsent, answer.html];
}

/** What goes to the house: the question, what was said before, and what the person said of passages. */
function asked(fields) {
  const files = held.map(({ name, text: read, picture }) => ({ name, text: read, picture }));
  const corrections = { plain: [], hidden: [] };
  for (const field of document.getElementById("corrections").children) corrections[field.name].push(field.value);
  const question = { text: text.value, model: model.value, class: dataClass.value, files, said, ...corrections };
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ ...question, ...fields }),
  };
}

function seeWhatLeaves() {
  const fetched = async () => {
    const response = await fetch("/temporary/preview", asked());
    if (response.ok) return response.json();
    throw Object.assign(new Error(), { said: await refusal(response) });
  };
  problem("");
  import("./chat/border.js")
    .then(({ look }) => look(form, fetched, light))
    .catch((error) => problem(...(error.said ?? [words.unsent])));
}

function busy(yes) {
  const had = [send, stop].includes(document.activeElement);
  send.hidden = yes;
  stop.hidden = !yes;
  if (had) text.focus();
}

/** Take the answer's frames; gives its words and the state it ended in. */
async function take(response) {
  let article = null;
  for await (const frame of frames(response)) {
    const data = JSON.parse(frame.data);
    if (frame.event === "begin") {
      thread.add(data.html);
      article = thread.element.lastElementChild;
      announce(words.begins);
    } else {
      thread.take(article, frame.event, data, () => {});
      if (frame.event === "end") return data;
    }
  }
  if (!article) return { state: "lost", text: "" };
  const tail = article.querySelector(".turn__tail").textContent;
  const kept = [...article.querySelectorAll(".prose")].map((prose) => prose.innerText).join("\n") + tail;
  article.removeAttribute("aria-busy");
  return { state: running?.signal.aborted ? "stopped" : "lost", text: kept };
}

async function ask(event) {
  event.preventDefault();
  const { name, value, dataset = {} } = event.submitter ?? {};
  if (running || !text.value.trim()) return;
  if ("look" in dataset || (!looked && !("send" in dataset) && !name && looksFirst())) {
    seeWhatLeaves();
    return;
  }
  wants = held.some((one) => one.reading);  // it goes as soon as its files are read
  if (wants) return;
  problem("");
  if (name !== "instead" && "refused" in document.getElementById("ampel").dataset) {
    announce(document.getElementById("ampel").textContent);
    return;
  }
  const sent = [...held];
  const files = sent.map(({ name, text: read, picture }) => ({ name, text: read, picture }));
  const question = { role: "user", text: text.value, files };
  const more = name === "agree" ? { agree: [value] } : name === "instead" ? { model: value } : {};
  const request = asked(more);
  running = new AbortController();
  busy(true);
  try {
    const response = await fetch("/temporary/turns", { ...request, signal: running.signal });
    if (!response.ok) {
      problem(...await refusal(response));
      return;
    }
    if (text.value.startsWith(question.text)) text.value = text.value.slice(question.text.length);
    held = held.filter((one) => !sent.includes(one));  // what came meanwhile goes with the next one
    show();
    const answer = await take(response);
    said.push(question, { role: "assistant", text: answer.text });
    if (answer.state === "lost") problem(words.lost);
    announce({ done: words.complete, stopped: words.stopped }[answer.state] ?? words.failed);
  } catch (error) {
    if (error.name !== "AbortError") problem(words.unsent);
  } finally {
    running = null;
    busy(false);
  }
}

/** The files that are held, as chips with a way to take them off. */
function show() {
  papers.hidden = !held.length;
  papers.replaceChildren(...held.map((one) => {
    const item = document.createElement("li");
    const chip = document.createElement("span");
    chip.className = "paper";
    chip.textContent = one.reading ? words.reading.replace("{name}", one.name) : one.name;
    const off = document.createElement("button");
    off.type = "button";
    off.className = "button button--ghost button--icon";
    off.setAttribute("aria-label", words.remove.replace("{name}", one.name));
    off.textContent = "×";
    off.addEventListener("click", () => {
      held = held.filter((other) => other !== one);
      show();
      if (one.picture) ampel();
      text.focus();
      settle();
    });
    item.append(chip, off);
    return item;
  }));
}

/** What waited for files to be read is sent as soon as none is. */
function settle() {
  if (!wants || held.some((one) => one.reading)) return;
  wants = false;
  form.requestSubmit(send);
}

async function attach(file) {
  const one = { name: file.name, text: "", picture: "", reading: true };
  held.push(one);
  show();
  const response = await fetch("/temporary/files", {
    method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
  }).catch(() => null);
  const answer = response?.ok ? await response.json().catch(() => null) : null;
  if (!held.includes(one)) return;  // taken off while it was read
  if (answer) {
    Object.assign(one, answer, { reading: false });
    announce([one.name, ...one.notes].join(" "));
    if (one.picture) ampel();
  } else {
    held = held.filter((other) => other !== one);
    wants = false;  // without it the question may be another
    problem(...(response && !response.ok ? await refusal(response) : [words.unsent]));
  }
  show();
  settle();
}

let asking = null;  // only the answer to the last question counts
let looked = false;

async function ampel() {
  asking?.abort();
  asking = new AbortController();
  looked = false;
  const query = new URLSearchParams({ model: model.value, class: dataClass.value });
  if (held.some((one) => one.picture)) query.set("pictures", "1");
  const html = await fetch(`/ampel?${query}`, { signal: asking.signal })
    .then((response) => (response.ok ? response.text() : ""))
    .catch(() => "");
  if (html) light(html, false);
}

function light(html, seen = true) {
  if (!html) return;
  if (seen) asking?.abort();
  looked = seen;
  document.getElementById("ampel").outerHTML = html;
  const now = document.getElementById("ampel");
  send.setAttribute("aria-disabled", "refused" in now.dataset);
  announce(now.textContent);
}

form.addEventListener("submit", ask);
stop.addEventListener("click", () => running?.abort());
for (const pick of [model, dataClass]) pick.addEventListener("change", ampel);
text.addEventListener("input", () => { if (looked) ampel(); });
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || touch.matches) return;
  event.preventDefault();
  form.requestSubmit(send);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running && !document.querySelector("details.menu[open], :popover-open")) {
    event.preventDefault();
    running.abort();
  }
});
document.getElementById("files").addEventListener("change", (event) => {
  for (const file of event.target.files) attach(file);
  event.target.value = "";
});
addEventListener("beforeunload", (event) => {
  if (said.length || text.value) event.preventDefault();  // it would be gone
});
document.getElementById("attach").hidden = false;
thread.toEnd();
words.live = "";  // from here on Enter sends; tests wait for it
if (mic) import("./chat/voice.js").then(({ Dictation }) => new Dictation(mic, { form, problem }));
