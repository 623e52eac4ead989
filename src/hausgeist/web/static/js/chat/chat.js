// SPDX-License-Identifier: EUPL-1.2
// The chat made live: sends without leaving the page, follows running answers, stops them. The page
// works without this file; everything it shows was rendered by the server.

import { announce } from "./announce.js";
import { Composer } from "./composer.js";
import { follow } from "./stream.js";
import { Thread } from "./thread.js";

const chat = document.getElementById("chat");
const words = chat.dataset;
const thread = new Thread(document.getElementById("thread"));
const composer = new Composer(document.getElementById("composer"), words);

let running = null;  // { article, stop, over } of the answer that is being written

function failed(message) {
  composer.problem(message || words.unsent);
}

async function post(address, fields) {
  const response = await fetch(address, {
    method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" },
  });
  if (response.status === 401) location.assign("/login");
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? answer.error);
  return answer;
}

/** Show what began, put a new conversation into the address and the list, and follow the answer. */
function began(answer, replaced) {
  if (!words.conversation) thread.clear();
  if (replaced && thread.cutFrom(replaced)) composer.text.focus();
  const article = thread.add(answer.html);
  if (!words.conversation) {
    words.conversation = answer.conversation;
    history.replaceState(null, "", `/c/${answer.conversation}`);
    document.title = document.title.replace(/^.*(?= · )/, () => answer.title);
    composer.moveTo(answer.conversation);
    thread.name(answer.title);
  }
  thread.toTop(answer.conversation, answer.side);
  watch(article);
}

async function send(event) {
  const again = event.submitter?.name === "again" ? event.submitter.value : "";
  if (event.submitter?.formAction.endsWith("/branch")) return;  // an ordinary page
  event.preventDefault();
  if (event.submitter?.id === "stop") return stop();
  if (running || composer.busy || !composer.may(again)) return;
  composer.hold();
  const under = words.conversation ? `/c/${words.conversation}/turns` : "/c/turns";
  try {
    const answer = await post(under, composer.fields(again));
    if (!again) composer.sent();
    began(answer, again);
  } catch (error) {
    failed(error instanceof TypeError ? "" : error.message);
  } finally {
    composer.release();
  }
}

async function stop() {
  if (!running) return;
  try {
    await fetch(running.article.dataset.stop, { method: "POST", redirect: "manual" });
  } catch {
    failed(words.lost);
  }
}

/** Follow an answer to its end, from where the page has it. */
async function watch(article) {
  running = { article };
  composer.running(true);
  announce(words.begins);
  const state = await follow(article.dataset.events, Number(article.dataset.after), {
    on: (kind, data) => thread.take(running.article, kind, data, (now) => { running.article = now; }),
    lost: () => announce(words.lost),
  });
  composer.follows(running.article.id.slice(2));
  running = null;
  composer.running(false);
  announce({ done: words.complete, stopped: words.stopped }[state] ?? words.failed);
}

composer.form.addEventListener("submit", send);
document.addEventListener("click", (event) => {
  const starter = event.target.closest?.("a.starters__one");
  if (!starter || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  composer.begin(`${starter.textContent} `);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running && !document.querySelector("details.menu[open], :popover-open")) {
    event.preventDefault();
    stop();
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

const unfinished = thread.unfinished();
thread.toEnd();
if (unfinished) watch(unfinished);
words.live = "";  // from here on Enter sends; tests wait for it
