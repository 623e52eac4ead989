// SPDX-License-Identifier: EUPL-1.2
// What one does with what was said, without leaving the page: edit a question where it stands, choose other
// models in a dialog, load earlier messages. Each is a page of its own without this file; what is shown
// here is the same page's form, rendered by the server.

import { announce } from "./announce.js";
import { toLogin } from "./login.js";

async function part(address) {
  const response = await fetch(`${address}&part=1`).catch(() => null);
  if (response?.status === 401) toLogin();
  return response?.ok && !response.redirected ? response.text() : null;
}

/** The editor takes the place of the question's words; Escape gives them back. */
async function edit(link) {
  const html = await part(link.href);
  if (html === null) return location.assign(link.href);
  const article = link.closest("article");
  article.querySelector(".editor")?.remove();
  article.insertAdjacentHTML("beforeend", html);
  article.dataset.editing = "";
  const text = article.querySelector("textarea");
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
  text.scrollIntoView({ block: "nearest" });
}

function leave(form) {
  const article = form.closest("article");
  form.closest("dialog")?.close();
  if (!article) return;
  delete article.dataset.editing;
  form.remove();
  article.querySelector("[data-edit]").focus();
}

async function choose(link) {
  const html = await part(link.href);
  if (html === null) return location.assign(link.href);
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", link.textContent.trim());
  dialog.innerHTML = html;
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  link.closest(".room").append(dialog);
  dialog.showModal();
}

/** Earlier messages come above; what one reads stays where it is. */
export async function earlier(link) {
  const line = link.closest(".thread__more");
  if (line.dataset.loading !== undefined) return;
  line.dataset.loading = "";
  const html = await part(link.dataset.before);
  if (html === null) {
    delete line.dataset.loading;
    return;
  }
  const thread = line.parentElement;
  const mark = line.nextElementSibling;
  const focused = line.contains(document.activeElement);
  const before = mark.getBoundingClientRect().top;
  line.insertAdjacentHTML("afterend", html);
  line.remove();
  thread.scrollTop += mark.getBoundingClientRect().top - before;
  if (focused) (thread.querySelector("[data-before]") ?? thread).focus({ preventScroll: true });
  watchTop(thread);
}

/** Near the beginning of what is shown, what stands before it is fetched by itself. */
export function watchTop(thread) {
  const line = thread.querySelector(".thread__more");
  if (!line) return;
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting) || thread.scrollHeight <= thread.clientHeight) return;
    observer.disconnect();
    earlier(line.querySelector("a"));
  }, { root: thread, rootMargin: "600px 0px 0px" });
  observer.observe(line);
}

/** `ask(form)` sends an editor's form; gives whether it was taken. */
export function listen(thread, composer, ask) {
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest?.("[data-edit], [data-choose], [data-before], [data-cancel]");
    if (!link) return;
    event.preventDefault();
    if ("edit" in link.dataset) edit(link);
    else if ("choose" in link.dataset) choose(link);
    else if ("before" in link.dataset) earlier(link);
    else leave(link.closest("form"));
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches(".editor")) return;
    event.preventDefault();
    const dialog = form.closest("dialog");
    if (await ask(form)) dialog?.close();
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("article .editor");
    if (form && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      leave(form);
    } else if (form && event.key === "Enter" && event.target.matches("textarea") && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  }, true);
  composer.text.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" || composer.text.value || event.altKey || event.shiftKey) return;
    const links = thread.querySelectorAll("[data-edit]");
    if (!links.length || thread.querySelector("[aria-busy]")) return;
    event.preventDefault();
    edit(links[links.length - 1]);
    announce(links[links.length - 1].textContent);
  });
  watchTop(thread);
}
