// SPDX-License-Identifier: EUPL-1.2
// One menu for all rows of the list, renaming in place, moving by dialog or by dragging, and taking back.

import { announce } from "./announce.js";
import { page, refresh } from "./side_list.js";

const side = document.getElementById("side");
const body = document.getElementById("side-body");
const menu = document.getElementById("side-menu");
const dialog = document.getElementById("side-move");
const toast = document.getElementById("toast");
const chat = document.getElementById("chat");
const SHOWN = 20000;  // milliseconds that an undo stays

document.getElementById("side-stay").addEventListener("click", () => dialog.close(""));

let row = null;  // the one whose menu is open

for (const item of menu.children) {
  item.classList.add("menu__item");
  item.role = "menuitem";
}

async function post(address, fields) {
  const response = await page(address, {
    method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" },
  });
  return response.headers.get("content-type")?.startsWith("application/json") ? response.json() : null;
}

body.addEventListener("click", (event) => {
  const link = event.target.closest(".side__more");
  if (!link) return;
  row = link.closest(".side__item");
  const pinned = row.closest("[data-place]").dataset.place === "pinned";
  menu.querySelector("[data-do=pin]").hidden = pinned;
  menu.querySelector("[data-do=unpin]").hidden = !pinned;
  for (const [name, end] of [["more", "options"], ["share", "share"], ["export", "export"]]) {
    menu.querySelector(`[data-do=${name}]`).href = `/c/${row.id.slice(2)}/${end}`;
  }
  menu.showPopover();
  const place = link.getBoundingClientRect();
  const { offsetHeight: height, offsetWidth: width } = menu;
  menu.style.top = `${Math.max(8, Math.min(place.bottom + 2, innerHeight - height - 8))}px`;
  menu.style.left = `${Math.max(8, Math.min(place.left, innerWidth - width - 8))}px`;
  menu.querySelector("[role=menuitem]:not([hidden])").focus();
});

menu.addEventListener("click", (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (!what || event.target.closest("a")) return;
  menu.hidePopover();
  if (what === "rename") rename(row);
  else if (what === "move") choose(row.id.slice(2));
  else act(what, row.id.slice(2));
});

async function act(what, id, fields = {}) {
  const here = id === chat.dataset.conversation;
  try {
    const done = await post("/conversations", { do: what, conversation: id, ...fields });
    if (here && what === "delete") return location.assign(`/?deleted=${done.at}`);
    const beside = document.getElementById(`c-${id}`)?.nextElementSibling?.id;
    await refresh();
    if (!document.getElementById(`c-${id}`)) document.getElementById(beside)?.querySelector("a").focus();
    say(done);
  } catch {
    announce(side.dataset.failed);
    show(side.dataset.failed, "");
  }
}

function say(done) {
  announce(done.words);
  show(done.words, done.at);
  const at = document.getElementById("toast-at");
  at.name = done.field;
  at.value = done.at;
}

let hiding = 0;

function show(words, undo) {
  document.getElementById("toast-words").textContent = words;
  toast.querySelector(".toast__undo").hidden = !undo;
  toast.hidden = false;
  toast.popover = "manual";  // above the drawer, whichever of the two came first
  if (toast.matches(":popover-open")) toast.hidePopover();
  toast.showPopover();
  fade();
}

function fade() {
  clearTimeout(hiding);
  hiding = setTimeout(() => (toast.matches(":hover, :focus-within") ? fade() : (toast.hidden = true)), SHOWN);
}

toast.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const done = await post(toast.action, new FormData(toast));
    await refresh();
    toast.hidden = true;
    announce(done.words);
  } catch {
    show(side.dataset.failed, "");
  }
});

function rename(item) {
  const link = item.querySelector(".side__link");
  const edit = document.createElement("input");
  Object.assign(edit, { className: "input side__edit", value: link.textContent, maxLength: 200 });
  edit.setAttribute("aria-label", menu.querySelector("[data-do=rename]").textContent.trim());
  let over = false;
  const end = async (keep) => {
    if (over) return;
    over = true;
    const title = edit.value.trim();
    edit.replaceWith(link);
    link.focus();
    if (!keep || !title || title === link.textContent) return;
    try {
      await page(`/c/${item.id.slice(2)}/rename`, { method: "POST", body: new URLSearchParams({ title }), redirect: "follow" });
      if (link.matches("[aria-current]")) document.title = document.title.replace(/^.*(?= · )/, () => title);
      await refresh();
    } catch {
      show(side.dataset.failed, "");
    }
  };
  edit.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter");
  });
  edit.addEventListener("blur", () => end(true));
  link.replaceWith(edit);
  edit.select();
}

function choose(id) {
  const list = document.getElementById("side-folder");
  const folders = [...body.querySelectorAll(".side__folder")];
  const inside = document.getElementById(`c-${id}`)?.closest(".side__folder")?.id.slice(2) ?? "";
  const options = folders.map((one) => new Option(one.dataset.name, one.id.slice(2)));
  list.replaceChildren(new Option(list.dataset.none, ""), ...options);
  list.value = inside;
  document.getElementById("side-name").value = "";
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "move") return;
    act("move", id, { folder: list.value, name: document.getElementById("side-name").value });
  };
  dialog.showModal();
}

// -- drag and drop, beside the menu

const target = (event) => event.target.closest?.(".side__folder, #side-days");

body.addEventListener("dragstart", (event) => {
  const item = event.target.closest?.(".side__item");
  if (item) event.dataTransfer.setData("text/x-conversation", item.id.slice(2));
});
body.addEventListener("dragover", (event) => {
  if (!target(event) || !event.dataTransfer.types.includes("text/x-conversation")) return;
  event.preventDefault();
  target(event).dataset.over = "";
});
for (const over of ["dragleave", "drop", "dragend"]) {
  body.addEventListener(over, () => body.querySelectorAll("[data-over]").forEach((one) => delete one.dataset.over));
}
body.addEventListener("drop", (event) => {
  const id = event.dataTransfer.getData("text/x-conversation");
  const place = target(event);
  if (!id || !place) return;
  event.preventDefault();
  act("move", id, { folder: place.id.startsWith("f-") ? place.id.slice(2) : "" });
});

const address = new URL(location.href);
if (["deleted", "archived", "done"].some((name) => address.searchParams.has(name))) {
  for (const name of ["deleted", "archived", "done"]) address.searchParams.delete(name);
  history.replaceState(null, "", address);
}
if (!toast.hidden) {
  announce(document.getElementById("toast-words").textContent);
  fade();
}
