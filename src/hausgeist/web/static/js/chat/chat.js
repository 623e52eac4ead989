// SPDX-License-Identifier: EUPL-1.2
// The chat made live: sends without leaving the page, follows running answers, stops them. The page
// works without this file; everything it shows was rendered by the server.

import { announce } from "./announce.js";
import { Composer } from "./composer.js";
import { looksFirst } from "./corrections.js";
import { toLogin } from "./login.js";
import { toTop } from "./side.js";
import { follow } from "./stream.js";
import { Thread } from "./thread.js";
import { listen } from "./versions.js";

const chat = document.getElementById("chat");
const words = chat.dataset;
const thread = new Thread(document.getElementById("thread"));
const composer = new Composer(document.getElementById("composer"), words);

const running = new Set();  // the articles of the answers that are being written
let stopped = null;  // what the border stopped of what is not in the composer

function failed(message, html) {
  composer.problem(message || words.unsent, html);
}

async function post(address, fields) {
  const response = await fetch(address, {
    method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" },
  });
  if (response.status === 401 || response.redirected) toLogin();
  const answer = await response.json();
  if (answer.code === "not_found") throw new Error(words.gone);
  if (!response.ok) throw Object.assign(new Error(answer.error?.message ?? answer.error), { html: answer.html });
  return answer;
}

/** Show what began, put a new conversation into the address and the list, and follow the answers. */
function began(answer, replaced) {
  if (!words.conversation) thread.clear();
  if (replaced && thread.cutFrom(replaced)) composer.text.focus();
  const articles = thread.add(answer.html);
  if (!words.conversation) {
    words.conversation = answer.conversation;
    history.replaceState(null, "", `/c/${answer.conversation}`);
    composer.moveTo(answer.conversation);
    thread.name(answer.title, answer.conversation);
  }
  toTop(answer.conversation, answer.side);
  labelled(answer.class);
  articles.forEach(watch);
}

/** Files and assistants raise the data class; the composer shows what it is now. */
function labelled(word) {
  const { class: pick, class_was: was } = composer.form.elements;
  if (was) was.value = word;
  if (!word || pick.value === word) return;
  pick.value = word;
  pick.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Send fields; gives whether they were taken. `replaced` is the message whose place is taken. */
async function ask(fields, replaced) {
  composer.hold();
  const under = words.conversation ? `/c/${words.conversation}/turns` : "/c/turns";
  try {
    began(await post(under, fields), replaced);
    return true;
  } catch (error) {
    failed(error instanceof TypeError ? "" : error.message, error.html);
    if (error.html) {
      stopped = ["edit", "again", "continue"].some((name) => fields.has(name)) && { fields, replaced };
      composer.form.closest(".room").querySelector("dialog[open]")?.close();
    }
    return false;
  } finally {
    composer.release();
  }
}

/** The person says yes, or lets a model in the house answer: once more, with that. */
function goOn(name, value) {
  const held = stopped;
  if (running.size || composer.busy || !composer.may(held, true)) return;
  stopped = null;
  const fields = held ? held.fields : composer.fields();
  fields.append(name, value);
  finish(fields, held?.replaced);
}

/** Ask; what was taken leaves the composer, unless it was not from there. */
async function finish(fields, replaced) {
  if (!await ask(fields, replaced) || replaced) return;
  composer.sent(fields.getAll("file"));
  composer.form.querySelectorAll("[name=against]:checked").forEach((box) => { box.checked = false; });
  composer.form.querySelector(".against")?.removeAttribute("open");
  if (composer.looked) composer.ask();
}

function seeWhatLeaves() {
  const under = words.conversation ? `/c/${words.conversation}/preview` : "/c/preview";
  const fetched = () => {
    const fields = composer.fields();
    fields.set("part", "1");
    return post(under, fields);
  };
  composer.problem("");
  import("./border.js")
    .then(({ look }) => look(composer.form, fetched, (html) => composer.seen(html)))
    .catch((error) => failed(error instanceof TypeError ? "" : error.message, error.html));
}

async function send(event) {
  const { name, value, formAction = "" } = event.submitter ?? {};
  if (formAction.endsWith("/branch") || formAction.endsWith("/keep")) return;  // ordinary pages
  event.preventDefault();
  if (event.submitter?.id === "stop") return stop(running);
  if (event.submitter && "look" in event.submitter.dataset) return seeWhatLeaves();
  if (name === "agree" || name === "instead") return goOn(name, value);
  if (formAction.endsWith("/stop")) return stop([event.submitter.closest("article")]);
  const replaced = name === "again" || name === "continue" ? value : "";
  stopped = null;
  if (running.size || composer.busy || !composer.may(replaced)) return;
  if (!replaced && !composer.looked && !("send" in (event.submitter?.dataset ?? {})) && looksFirst()) return seeWhatLeaves();
  const fields = composer.fields(replaced);
  if (replaced) {
    for (const other of ["again", "text", "file", "against"]) fields.delete(other);
    fields.set(name, value);
  }
  finish(fields, replaced);
}

/** A form within the conversation: it goes with the composer's model and data class. */
async function sendForm(form) {
  if (running.size || composer.busy || !composer.may(true)) return false;
  const fields = new FormData(form);
  const { model, class: pick, class_was: was } = composer.form.elements;
  if (fields.has("edit")) fields.set("model", model.value);
  fields.set("class", pick.value);
  if (was) fields.set("class_was", was.value);
  for (const field of document.getElementById("corrections").children) fields.append(field.name, field.value);
  return ask(fields, fields.get("edit") ?? fields.get("again"));
}

async function stop(articles) {
  try {
    await Promise.all([...articles].map((article) => fetch(article.dataset.stop, { method: "POST", redirect: "manual" })));
  } catch {
    failed(words.lost);
  }
}

/** Follow an answer to its end, from where the page has it; of several, the first is gone on from. */
async function watch(first) {
  let article = first;
  if (!running.size) {
    announce(words.begins);
    composer.follows(article.id.slice(2));
  }
  running.add(article);
  composer.running(true);
  await follow(article.dataset.events, Number(article.dataset.after), {
    on: (kind, data) => thread.take(article, kind, data, (now) => {
      if (running.delete(article)) running.add(now);
      article = now;
    }),
    over: (state) => {
      running.delete(article);
      if (running.size) return;
      composer.running(false);
      if (state === "gone") failed(words.gone);
      announce({ done: words.complete, stopped: words.stopped }[state] ?? words.failed);
    },
    lost: () => {
      thread.take(article, "wait", { words: words.lost });
      announce(words.lost);
    },
  });
}

composer.form.addEventListener("submit", send);
document.addEventListener("click", (event) => {
  const starter = event.target.closest?.("a.starters__one");
  if (!starter || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  composer.begin(`${starter.textContent} `);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running.size && !document.querySelector("details.menu[open], dialog[open], :popover-open")) {
    event.preventDefault();
    stop(running);
  } else if (event.altKey && event.code === "KeyN" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.getElementById("new").click();
  }
});

const mic = document.getElementById("mic");
if (mic || "speech" in words) {
  import("./voice.js").then(({ Dictation, readAloud }) => {
    if (mic) new Dictation(mic, composer);
    document.addEventListener("click", (event) => {
      const button = event.target.closest?.("[data-sound]");
      if (button) readAloud(button, failed);
    });
  });
}

listen(thread.element, composer, sendForm);
thread.toPlace();
thread.unfinished().forEach(watch);
words.live = "";  // from here on Enter sends; tests wait for it
