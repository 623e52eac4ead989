// SPDX-License-Identifier: EUPL-1.2
// The rows of the list beside the chat: asked for anew, continued on demand, one put on top. They were
// rendered by the server.

import { toLogin } from "./login.js";

const side = document.getElementById("side");
const body = document.getElementById("side-body");
const chat = document.getElementById("chat");
const LOOK = 4000;  // milliseconds between two looks while an answer is being written somewhere

export async function page(address, options) {
  const response = await fetch(address, options);
  if (response.status === 401) toLogin();
  if (!response.ok) throw new Error(response.status);
  return response;
}

/** Ask for the list anew, as long as it is; what is open and focused stays so. */
export async function refresh() {
  const focused = document.activeElement?.closest?.("#side-body .side__item")?.id;
  const rows = document.querySelectorAll("#side-days .side__item").length;
  const query = new URLSearchParams({ c: chat.dataset.conversation, rows });
  body.innerHTML = await (await page(`/side?${query}`)).text();
  ready();
  if (focused) document.getElementById(focused)?.querySelector("a").focus({ preventScroll: true });
}

const more = new IntersectionObserver((seen) => {
  if (seen.some((one) => one.isIntersecting)) older();
}, { root: null, rootMargin: "200px" });

function ready() {
  for (const item of body.querySelectorAll(".side__item:not(:has(.side__more))")) button(item);
  more.disconnect();
  const link = body.querySelector(".side__older");
  if (link) more.observe(link);
}

/** The button of a row's menu; without a script its page is reached by way of all conversations. */
function button(item) {
  const more = document.createElement("button");
  const title = item.querySelector(".side__link").textContent;
  Object.assign(more, { type: "button", className: "side__more", textContent: "⋯", ariaHasPopup: "menu" });
  more.ariaLabel = side.dataset.menu.replace("{title}", () => title);
  item.append(more);
}

/** Put the next page of the list under what is there. */
async function older() {
  const link = body.querySelector(".side__older a");
  if (!link || link.ariaBusy) return;
  link.ariaBusy = "true";
  const from = new URL(link.href).searchParams.get("older");
  try {
    const query = new URLSearchParams({ c: chat.dataset.conversation, older: from });
    const part = document.createElement("template");
    part.innerHTML = await (await page(`/side?${query}`)).text();
    const days = document.getElementById("side-days");
    days.querySelector(".side__older")?.remove();
    const came = part.content.querySelector("#side-days");
    const last = [...days.querySelectorAll(".side__day")].at(-1);
    const first = came.querySelector(".side__day");
    if (first && last?.textContent === first.textContent) {
      last.nextElementSibling.append(...first.nextElementSibling.children);
      first.nextElementSibling.remove();
      first.remove();
    }
    days.append(...came.children);
    ready();
  } catch {
    link.ariaBusy = null;  // the link itself still leads there
  }
}

/** A conversation in which something was asked goes to the top, under today's heading. */
export function toTop(id, html) {
  const old = document.getElementById(`c-${id}`);
  const list = old?.closest("ol");
  if (list && list.dataset.place !== "list") return list.prepend(old);
  const days = document.getElementById("side-days");
  old?.remove();
  days.querySelector(".side__empty")?.remove();
  if (days.querySelector(".side__day")?.textContent !== side.dataset.today) {
    const heading = document.createElement("h2");
    heading.className = "side__day";
    heading.textContent = side.dataset.today;
    const rows = document.createElement("ol");
    rows.className = "side__list";
    rows.dataset.place = "list";
    days.prepend(heading, rows);
  }
  days.querySelector(".side__list").insertAdjacentHTML("afterbegin", html);
  ready();
  for (const empty of days.querySelectorAll(".side__list:empty")) {
    empty.previousElementSibling.remove();
    empty.remove();
  }
}

/** What is open is remembered in a cookie: the server fills the folders before the page is seen. */
body.addEventListener("toggle", (event) => {
  if (!event.target.matches(".side__folder")) return;
  const open = [...body.querySelectorAll(".side__folder[open]")].map((folder) => folder.id.slice(2));
  document.cookie = `hausgeist_folders=${open.join(".")}; path=/; max-age=31536000; samesite=lax`;
  if (event.target.open && !event.target.querySelector(".side__list")) refresh().catch(() => {});
}, true);

setInterval(() => {
  const busy = document.hidden || body.hidden || side.querySelector("#side-menu:popover-open") || body.querySelector(".side__edit");
  if (!busy && body.querySelector(".side__live")) refresh().catch(() => {});
}, LOOK);

ready();
